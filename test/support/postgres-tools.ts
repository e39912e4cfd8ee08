import { spawnSync } from 'node:child_process';

/**
 * Why the pg_dump of this machine cannot dump the server at `databaseUrl`: it is not installed, or older than the server.
 * Null when it can.
 */
export function whyNoDump(serverVersion: string): string | null {
  const asked = spawnSync('pg_dump', ['--version'], { encoding: 'utf8' });
  if (asked.error !== undefined) return 'pg_dump is not installed';
  const own = majorOf(/(\d+)(?:\.\d+)?/.exec(asked.stdout)?.[0] ?? '0');
  return own < majorOf(serverVersion) ? `pg_dump is of version ${own}, the server of ${serverVersion}` : null;
}

const majorOf = (version: string) => Number(version.split('.')[0]);
