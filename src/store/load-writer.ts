import { hash } from 'node:crypto';
import type { Pool, PoolClient } from 'pg';
import type { PreparedDocument } from '../model/prepared.js';
import type { RawRecord } from '../model/source.js';
import { copyValue, CopyWriter } from './copy-text.js';
import { documentColumns, encodeDocument, encodeLine, lineColumns } from './document-rows.js';
import { leaf } from './load-leaves.js';

const rawColumns =
  'load_id, doc_no, is_rejected, object_type, object_id, sha256, bytes, api_version, request_id, fetched_at';

/** One COPY stream a table, each on a connection of its own. Class, because it is opened and must be closed. */
export class LoadWriter {
  readonly #pool: Pool;
  readonly #loadId: string;
  readonly #open: { readonly client: PoolClient; readonly statement: string; copy: CopyWriter }[] = [];
  #documentCount: number;

  private constructor(pool: Pool, loadId: string, documentCount: number) {
    this.#pool = pool;
    this.#loadId = loadId;
    this.#documentCount = documentCount;
  }

  /** `documentCount`: documents that an earlier attempt has already stored; numbering goes on from there. */
  static async open(pool: Pool, loadId: string, documentCount: number): Promise<LoadWriter> {
    const writer = new LoadWriter(pool, loadId, documentCount);
    try {
      await writer.#stream(0);
      await writer.#stream(1);
      return writer;
    } catch (error) {
      writer.abort(error instanceof Error ? error : new Error(String(error)));
      throw error;
    }
  }

  /** Documents stored in this load, those of earlier attempts included. */
  get documentCount(): number {
    return this.#documentCount;
  }

  async write(prepared: PreparedDocument, inCycle: boolean, raw: RawRecord | null): Promise<void> {
    this.#documentCount += 1;
    const [documents, lines] = [await this.#stream(0), await this.#stream(1)];
    for (const line of prepared.lines) await lines.row(encodeLine(this.#loadId, this.#documentCount, line));
    await documents.row(encodeDocument(this.#loadId, this.#documentCount, inCycle, prepared));
    if (raw !== null) await this.#writeRaw(raw, this.#documentCount, false);
  }

  /** The bytes of a record that could not be read, for whoever mends the reading. `rejectedNo` is its number among the rejected. */
  async writeRejectedRaw(raw: RawRecord, rejectedNo: number): Promise<void> {
    await this.#writeRaw(raw, rejectedNo, true);
  }

  /** Makes everything written so far durable; writing goes on in new COPY statements. */
  async commit(): Promise<void> {
    for (const one of this.#open) await one.copy.end();
    for (const one of this.#open) one.copy = new CopyWriter(one.client, one.statement);
  }

  async finish(): Promise<void> {
    for (const one of this.#open) await one.copy.end();
    for (const one of this.#open.splice(0)) one.client.release();
  }

  /** Gives the connections up; what was sent since the last commit is thrown away by the server or trimmed by the next attempt. */
  abort(cause: Error): void {
    for (const one of this.#open.splice(0)) {
      one.copy.abort(cause);
      one.client.release(cause);
    }
  }

  async #writeRaw(raw: RawRecord, no: number, isRejected: boolean): Promise<void> {
    const stream = await this.#stream(2);
    await stream.row(
      [
        this.#loadId,
        String(no),
        copyValue(isRejected),
        copyValue(raw.objectType),
        copyValue(raw.id),
        `\\\\x${hash('sha256', raw.bytes, 'hex')}`,
        `\\\\x${Buffer.from(raw.bytes.buffer, raw.bytes.byteOffset, raw.bytes.byteLength).toString('hex')}`,
        copyValue(raw.apiVersion),
        copyValue(raw.requestId),
        raw.fetchedAt,
      ].join('\t'),
    );
  }

  /** The stream of a table, opened when it is first needed: a file source never needs the third. */
  async #stream(index: 0 | 1 | 2): Promise<CopyWriter> {
    const known = this.#open[index];
    if (known !== undefined) return known.copy;
    const [table, columns] = (
      [
        ['document', documentColumns],
        ['line', lineColumns],
        ['raw_record', rawColumns],
      ] as const
    )[index];
    const client = await this.#pool.connect();
    const statement = `copy ${leaf(table, this.#loadId)} (${columns}) from stdin`;
    const copy = new CopyWriter(client, statement);
    this.#open[index] = { client, statement, copy };
    return copy;
  }
}
