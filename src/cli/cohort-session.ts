import { openConfidence } from '../app-confidence.js';
import type { LoadedConfig } from '../config.js';
import type { ConfidenceContext } from '../run/confidence-context.js';
import { type Session, withConfiguredStore } from './session.js';

/** Opens the store and everything that the cohort commands need. */
export async function withConfidence(
  current: Session,
  work: (context: ConfidenceContext, loaded: LoadedConfig) => Promise<void>,
): Promise<void> {
  await withConfiguredStore(current, async (store, loaded) =>
    work(await openConfidence(store, loaded, () => new Date()), loaded),
  );
}
