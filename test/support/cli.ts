import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { runProgram } from '../../src/cli/program.js';

export type CliResult = { readonly code: number; readonly stdout: string; readonly stderr: string };

/** Runs the real command line in this process, which saves the second that a new one takes to start. */
export async function cli(args: readonly string[], variables: NodeJS.ProcessEnv): Promise<CliResult> {
  const written = { stdout: '', stderr: '' };
  const restore = (['stdout', 'stderr'] as const).map((name) => {
    const stream = process[name];
    const own = Object.getOwnPropertyDescriptor(stream, 'write');
    const write = (chunk: string | Uint8Array): boolean => {
      written[name] += typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString('utf8');
      return true;
    };
    Object.defineProperty(stream, 'write', { value: write, configurable: true, writable: true });
    return () => {
      if (own === undefined) Reflect.deleteProperty(stream, 'write');
      else Object.defineProperty(stream, 'write', own);
    };
  });
  try {
    return { code: await runProgram(args, variables), ...written };
  } finally {
    for (const one of restore) one();
  }
}

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');

/** Starts the command line as a process of its own, for what only a process has: signals and pipes. */
export function spawnCli(args: readonly string[], variables: NodeJS.ProcessEnv): ChildProcessWithoutNullStreams {
  const entry = path.join(root, 'src/cli/main.ts');
  return spawn(process.execPath, ['--import', 'tsx', entry, ...args], {
    cwd: root,
    env: { PATH: process.env['PATH'], HOME: process.env['HOME'], ...variables },
  });
}
