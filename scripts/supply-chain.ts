import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

/*
 * `npm run supply-chain`: the bill of materials as CycloneDX, tools of development included because `--omit dev` also leaves out what both need, checked against the lock file, and the
 * known vulnerabilities of it. What could not be asked is said as such: "not checked" is never "clean".
 */

const root = path.resolve(import.meta.dirname, '..');
const target = path.join(root, 'dist/sbom.cdx.json');

type Component = {
  readonly name: string;
  readonly version: string;
  readonly hashes?: readonly { readonly alg: string; readonly content: string }[];
};
type Bill = {
  serialNumber?: string;
  metadata: { timestamp?: string; tools?: unknown; component: { name: string } };
  readonly components: readonly Component[];
};
type Lock = {
  readonly packages: Readonly<
    Record<
      string,
      {
        readonly version?: string;
        readonly dev?: boolean;
        readonly integrity?: string;
        readonly link?: boolean;
        readonly optional?: boolean;
        readonly devOptional?: boolean;
      }
    >
  >;
};

const npm = (...args: readonly string[]) =>
  spawnSync('npm', args, {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 256 * 1024 * 1024,
    shell: process.platform === 'win32',
  });

/** Writes the bill without what differs from one call to the next; answers what is wrong with it. */
function billOfMaterials(): readonly string[] {
  const made = npm('sbom', '--sbom-format', 'cyclonedx', '--package-lock-only');
  if (made.status !== 0) return [`npm sbom ended with ${made.status}: ${made.stderr.trim()}`];
  const bill = JSON.parse(made.stdout) as Bill;
  delete bill.serialNumber;
  delete bill.metadata.timestamp;
  delete bill.metadata.tools;
  bill.metadata.component.name = 'shadowbill';
  mkdirSync(path.dirname(target), { recursive: true });
  writeFileSync(target, `${JSON.stringify(bill, null, 1)}\n`);
  const listed = new Map(bill.components.map((one) => [`${one.name}@${one.version}`, one]));
  const locked = shippedPackages();
  const missing = [...locked]
    .filter(([name]) => !listed.has(name))
    .map(([name]) => `${name} is shipped and not in the bill`);
  const unproven = [...locked]
    .filter(
      ([name, integrity]) =>
        integrity !== undefined &&
        listed
          .get(name)
          ?.hashes?.some((hash) => integrity.includes(Buffer.from(hash.content, 'hex').toString('base64'))) !== true,
    )
    .map(([name]) => `${name} is in the bill without the hash of the lock file`);
  process.stdout.write(
    `bill of materials: ${bill.components.length} components, ${locked.size} locked packages, all with their hash: ${unproven.length === 0 ? 'yes' : 'no'}; dist/sbom.cdx.json\n`,
  );
  return locked.size === 0 ? ['the lock file names no package'] : [...missing, ...unproven];
}

/** What the lock file installs without the tools of development, by name and version, with its integrity. */
function shippedPackages(): ReadonlyMap<string, string | undefined> {
  const lock = JSON.parse(readFileSync(path.join(root, 'package-lock.json'), 'utf8')) as Lock;
  return new Map(
    Object.entries(lock.packages).flatMap(([place, one]): [string, string | undefined][] =>
      place === '' || one.dev === true || one.devOptional === true || one.link === true || one.version === undefined
        ? []
        : [
            [
              `${place.slice(place.lastIndexOf('node_modules/') + 'node_modules/'.length)}@${one.version}`,
              one.integrity,
            ],
          ],
    ),
  );
}

type Audit = { readonly metadata?: { readonly vulnerabilities?: Readonly<Record<string, number>> } };

/** Asks for known vulnerabilities; high and critical ones are wrong. */
function knownVulnerabilities(): readonly string[] {
  const asked = npm('audit', '--omit', 'dev', '--json');
  const counts = readAudit(asked.stdout)?.metadata?.vulnerabilities;
  if (counts === undefined) {
    const why = /audit (.*)$/m.exec(asked.stderr)?.[1] ?? `npm audit ended with ${asked.status}`;
    process.stdout.write(`known vulnerabilities: NOT CHECKED, the registry did not answer the question (${why})\n`);
    return [];
  }
  const found = Object.entries(counts).filter(([kind, count]) => kind !== 'total' && count > 0);
  const text = found.map(([kind, count]) => `${count} ${kind}`).join(', ');
  process.stdout.write(`known vulnerabilities: ${text === '' ? 'none' : text}\n`);
  return found
    .filter(([kind]) => kind === 'high' || kind === 'critical')
    .map(([kind, count]) => `${count} ${kind} vulnerabilities are known; see npm audit --omit dev`);
}

function readAudit(text: string): Audit | undefined {
  try {
    return JSON.parse(text) as Audit;
  } catch {
    return undefined;
  }
}

const faults = [...billOfMaterials(), ...knownVulnerabilities()];
for (const fault of faults) process.stdout.write(`${fault}\n`);
process.exitCode = faults.length === 0 ? 0 : 1;
