import { execFile } from 'node:child_process';
import { access, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { constants } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { AppError } from '../../errors.js';

const run = promisify(execFile);

const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];
const printTimeoutMs = 90_000;

/** The program that prints PDFs: the configured one, or the first of the usual names on the PATH. Null: there is none. */
export async function findChromium(
  configured: string | null,
  searchPath = process.env['PATH'] ?? '',
): Promise<string | null> {
  const candidates =
    configured === null
      ? searchPath.split(path.delimiter).flatMap((dir) => names.map((name) => path.join(dir, name)))
      : [configured];
  for (const candidate of candidates) {
    const isThere = await access(candidate, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (isThere) return candidate;
  }
  return null;
}

/**
 * Prints a page without scripts to PDF with Chromium, in a folder of its own and for a bounded time. Throws AppError
 * `pdf_unavailable` when there is no Chromium, or it fails or takes too long.
 */
export async function printPdf(page: string, configured: string | null, timeoutMs = printTimeoutMs): Promise<Buffer> {
  const program = await findChromium(configured);
  if (program === null) throw new AppError('pdf_unavailable', { detail: 'Chromium was not found' });
  const dir = await mkdtemp(path.join(os.tmpdir(), 'shadowbill-pdf-'));
  const source = path.join(dir, 'report.html');
  const target = path.join(dir, 'report.pdf');
  try {
    await writeFile(source, page);
    await run(program, [...printFlags(dir), `--print-to-pdf=${target}`, `file://${source}`], {
      timeout: timeoutMs,
      killSignal: 'SIGKILL',
      maxBuffer: 4 * 1024 * 1024,
    });
    return await readFile(target);
  } catch (error) {
    throw new AppError('pdf_unavailable', { detail: `${path.basename(program)} did not print it`, cause: error });
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

function printFlags(dir: string): readonly string[] {
  return [
    '--headless',
    // The superuser of a container has no sandbox; the page is our own and holds no script.
    ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
    '--disable-gpu',
    '--disable-javascript',
    '--no-first-run',
    '--no-pdf-header-footer',
    `--user-data-dir=${path.join(dir, 'profile')}`,
  ];
}
