import { AppError } from '../errors.js';

/** Writes the demo's two systems under `dir`. */
export async function writeDemo(input: { readonly dir: string; readonly seed: number }): Promise<void> {
  throw new AppError('internal', { detail: `the demo is not written yet: ${input.dir} ${input.seed}` });
}
