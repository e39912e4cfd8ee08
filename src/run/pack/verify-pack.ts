import { hash } from 'node:crypto';
import { unzipSync } from 'fflate';
import { type Manifest, manifestSchema } from './manifest.js';

export type PackVerdict = {
  readonly isWhole: boolean;
  readonly manifest: Manifest | null;
  readonly manifestHash: string | null;
  /** Everything that is not as the manifest says, in words. */
  readonly faults: readonly string[];
};

/** Checks a sign-off pack without a database: every file there, none besides, each with its hash. `expectedManifest`: the manifest's hash as it was kept elsewhere. */
export function verifyPack(zip: Uint8Array, expectedManifest: string | null): PackVerdict {
  const broken = (fault: string): PackVerdict => ({
    isWhole: false,
    manifest: null,
    manifestHash: null,
    faults: [fault],
  });
  let files: Readonly<Record<string, Uint8Array>>;
  try {
    files = unzipSync(zip);
  } catch (error) {
    return broken(`it is no zip file: ${error instanceof Error ? error.message : 'unreadable'}`);
  }
  const text = files['manifest.json'];
  if (text === undefined) return broken('manifest.json is missing');
  const manifestHash = hash('sha256', text, 'hex');
  const read = readManifest(Buffer.from(text).toString('utf8'));
  if (read === null) return { ...broken('manifest.json is not the manifest of a pack'), manifestHash };
  const faults = [...fileFaults(read, files)];
  if (expectedManifest !== null && expectedManifest !== manifestHash)
    faults.push(`the manifest is ${manifestHash}, not ${expectedManifest}`);
  return { isWhole: faults.length === 0, manifest: read, manifestHash, faults };
}

function readManifest(text: string): Manifest | null {
  try {
    return manifestSchema.safeParse(JSON.parse(text)).data ?? null;
  } catch {
    return null;
  }
}

function* fileFaults(manifest: Manifest, files: Readonly<Record<string, Uint8Array>>): Iterable<string> {
  for (const { name, sha256 } of manifest.files) {
    const content = files[name];
    if (content === undefined) yield `${name} is missing`;
    else if (hash('sha256', content, 'hex') !== sha256) yield `${name} was changed`;
  }
  const listed = new Set(['manifest.json', ...manifest.files.map((file) => file.name)]);
  for (const name of Object.keys(files)) if (!listed.has(name)) yield `${name} is not in the manifest`;
}
