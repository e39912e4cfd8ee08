import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';

/** What one run of a contender took. Seconds and megabytes; the server's part is apart. */
export type Measured = {
  readonly wallS: number;
  readonly cpuS: number;
  readonly serverCpuS: number;
  readonly peakMb: number;
  /** Most anonymous memory of all server processes together; shared buffers are not in it. */
  readonly serverPeakMb: number;
  readonly output: string;
};

export type Command = {
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  /** Exit codes that are no failure; 0 when left out. */
  readonly success?: readonly number[];
};

const sampleMs = 50;
const ticksPerSecond = 100;

/** Runs a Node command to its end and measures it. `serverPid`: the postmaster whose processes count as well. */
export async function measure(command: Command, serverPid: number | null): Promise<Measured> {
  const dir = mkdtempSync(path.join(os.tmpdir(), 'shadowbill-bench-'));
  const usageFile = path.join(dir, 'usage.json');
  const hook = path.join(import.meta.dirname, 'usage-hook.mjs');
  const serverBefore = serverPid === null ? 0 : serverCpu(serverPid);
  let serverPeakKb = 0;
  const sampler = setInterval(() => {
    if (serverPid !== null) serverPeakKb = Math.max(serverPeakKb, serverAnonKb(serverPid));
  }, sampleMs);
  const startedAt = performance.now();
  try {
    const output = await run(command, { BENCH_USAGE: usageFile }, ['--import', hook]);
    const wallS = (performance.now() - startedAt) / 1000;
    const usage = JSON.parse(readFileSync(usageFile, 'utf8')) as { cpuMs: number; peakRssKb: number };
    return {
      wallS,
      cpuS: usage.cpuMs / 1000,
      serverCpuS: serverPid === null ? 0 : serverCpu(serverPid) - serverBefore,
      peakMb: usage.peakRssKb / 1024,
      serverPeakMb: serverPeakKb / 1024,
      output,
    };
  } finally {
    clearInterval(sampler);
    rmSync(dir, { recursive: true, force: true });
  }
}

async function run(command: Command, env: Record<string, string>, nodeArgs: readonly string[]): Promise<string> {
  const child = spawn(process.execPath, [...nodeArgs, ...command.args], {
    cwd: command.cwd,
    env: { ...process.env, ...command.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [output, errors] = [[] as Buffer[], [] as Buffer[]];
  child.stdout.on('data', (chunk: Buffer) => output.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => errors.push(chunk));
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  if (code === null || !(command.success ?? [0]).includes(code))
    throw new Error(`${command.args.join(' ')} ended with ${code}: ${Buffer.concat(errors).toString().slice(-2000)}`);
  return Buffer.concat(output).toString();
}

function childrenOf(pid: number): readonly number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((other) => statOf(other)?.parent === pid);
}

function statOf(pid: number): { readonly parent: number; readonly own: number; readonly reaped: number } | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = text
      .slice(text.lastIndexOf(')') + 2)
      .split(' ')
      .map(Number);
    const at = (index: number) => fields[index] ?? 0;
    return { parent: at(1), own: at(11) + at(12), reaped: at(13) + at(14) };
  } catch {
    return undefined;
  }
}

/** CPU seconds of a postmaster, the backends it has and those it has buried. */
function serverCpu(pid: number): number {
  const own = statOf(pid);
  const children = childrenOf(pid).reduce((sum, child) => sum + (statOf(child)?.own ?? 0), 0);
  return ((own?.own ?? 0) + (own?.reaped ?? 0) + children) / ticksPerSecond;
}

function serverAnonKb(pid: number): number {
  return [pid, ...childrenOf(pid)].reduce((sum, one) => sum + anonKb(one), 0);
}

function anonKb(pid: number): number {
  try {
    return Number(/^RssAnon:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0);
  } catch {
    return 0;
  }
}
