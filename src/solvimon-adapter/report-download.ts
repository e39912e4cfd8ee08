import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { Agent, request } from 'undici';
import { AppError } from '../errors.js';
import { type Instant, instantOfMs, parseInstant } from '../model/period.js';
import { publicLookup, refusePrivateHost } from '../address-guard.js';
import type { CallContext, SolvimonClient } from './client.js';
import { isObject, type JsonObject } from './shape.js';
import type { Surroundings } from './wait.js';

const firstPollMs = 2000;
const longestPollMs = 30_000;
/** A report that is not there after this long is not coming. */
const patienceMs = 2 * 3_600_000;
const mostBytes = 8 * 1024 * 1024 * 1024;
const downloadTimeoutMs = 120_000;

/**
 * Waits until a requested report is made; gives the report. Its status words are undocumented (contract 7.1, row 1), so the
 * report being there is what counts, and only a word that plainly says failure ends the wait early.
 */
export async function awaitReport(
  client: SolvimonClient,
  requestId: string,
  surroundings: Surroundings,
  context: CallContext,
): Promise<JsonObject> {
  const path = `/v1/report-generate-requests/${encodeURIComponent(requestId)}`;
  const startedAt = context.now();
  for (let pollMs = firstPollMs, waitedMs = 0; ; pollMs = Math.min(longestPollMs, pollMs * 2)) {
    const { json } = await client.get(path, {}, context);
    const status = isObject(json) && typeof json['status'] === 'string' ? json['status'] : '';
    if (/fail|error|cancel|reject/i.test(status))
      throw new AppError('source_reply_invalid', {
        detail: `Solvimon could not make the report ${requestId}: ${status}`,
      });
    const outcome = await client.tryGet(`${path}/report`, {}, context);
    if (outcome.kind === 'refused') throw outcome.error;
    if (outcome.kind === 'ok' && isObject(outcome.json) && typeof outcome.json['id'] === 'string') return outcome.json;
    if (Math.max(waitedMs, context.now() - startedAt) > patienceMs)
      throw new AppError('timeout', {
        detail: `the report ${requestId} is still ${status === '' ? 'not there' : status}`,
      });
    context.log('solvimon report awaited', { requestId, status, pollMs });
    await surroundings.wait(pollMs, context.signal);
    waitedMs += pollMs;
  }
}

export type Downloaded = { readonly sha256: string; readonly extractedAt: Instant | null; readonly bytes: number };

/**
 * Saves a report's file. The signed link is asked for afresh, since it expires; it is fetched without our key, from public
 * addresses only, and is not followed elsewhere. A short body throws and leaves a file that nobody reads.
 */
export async function downloadReport(
  client: SolvimonClient,
  report: JsonObject,
  target: string,
  options: { readonly allowsPrivateAddress: boolean },
  context: CallContext,
): Promise<Downloaded> {
  const id = typeof report['id'] === 'string' ? report['id'] : '';
  const { json } = await client.get(`/v1/reports/${encodeURIComponent(id)}/download-url`, {}, context);
  const link = isObject(json) ? json['url'] : undefined;
  const url = checkedLink(id, link, options.allowsPrivateAddress);
  const hash = createHash('sha256');
  let size = 0;
  const agent = new Agent({
    connect: { rejectUnauthorized: true, ...(options.allowsPrivateAddress ? {} : { lookup: publicLookup }) },
  });
  try {
    const signal = AbortSignal.any([context.signal, AbortSignal.timeout(downloadTimeoutMs)]);
    const response = await request(url, { dispatcher: agent, signal, headers: { 'accept-encoding': 'identity' } });
    if (response.statusCode !== 200) {
      await response.body.dump();
      throw new AppError('source_unreachable', {
        detail: `the file of report ${id} on ${url.host} answered ${response.statusCode}`,
      });
    }
    await pipeline(
      response.body,
      async function* (chunks: AsyncIterable<Buffer>) {
        for await (const chunk of chunks) {
          size += chunk.length;
          if (size > mostBytes)
            throw new AppError('source_reply_invalid', {
              detail: `the file of report ${id} is larger than ${mostBytes} bytes`,
            });
          hash.update(chunk);
          yield chunk;
        }
      },
      createWriteStream(target),
    );
  } catch (error) {
    context.signal.throwIfAborted();
    if (error instanceof AppError) throw error;
    throw new AppError('source_unreachable', {
      detail: `the file of report ${id} could not be fetched from ${url.host}`,
      cause: error,
    });
  } finally {
    await agent.destroy();
  }
  const extracted = report['data_extracted_at'];
  context.log('solvimon report saved', { id, bytes: size, extractedAt: extracted ?? null });
  return {
    sha256: hash.digest('hex'),
    bytes: size,
    extractedAt: typeof extracted === 'string' ? (parseInstant(extracted) ?? null) : null,
  };
}

function checkedLink(id: string, link: unknown, allowsPrivateAddress: boolean): URL {
  if (typeof link !== 'string' || !URL.canParse(link))
    throw new AppError('source_reply_invalid', { detail: `report ${id} has no download link` });
  const url = new URL(link);
  const isSafe = url.protocol === 'https:' || (allowsPrivateAddress && url.protocol === 'http:');
  if (!isSafe)
    throw new AppError('source_reply_invalid', {
      detail: `report ${id} links to ${url.protocol}//${url.host}, which is not https`,
    });
  if (!allowsPrivateAddress) refusePrivateHost(url);
  return url;
}

/** The earliest extraction of several files: before it everything was in all of them. */
export function earliest(files: readonly Downloaded[], nowMs: number): Instant {
  const times = files.flatMap((file) => (file.extractedAt === null ? [] : [file.extractedAt])).sort();
  return times[0] ?? instantOfMs(nowMs);
}
