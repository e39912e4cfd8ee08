import { msOfInstant } from '../model/period.js';
import type { PullContext, Scope } from '../model/source.js';
import type { PullDeps } from './pull-deps.js';
import { noUnusedEvents, readPlatformState, readUnusedEvents, type UnusedEvents, whyBehind } from './readiness.js';

/** What stands before every verdict of a pull, whichever way it reads. */
export type Gate = { readonly behind: string | null; readonly events: UnusedEvents };

/** Reads the platform's progress and the events nothing billed; `known` are those already read. */
export async function readGate(
  deps: PullDeps,
  scope: Scope,
  platformId: string | null,
  context: PullContext,
  known?: UnusedEvents,
): Promise<Gate> {
  const behind =
    platformId === null
      ? 'no platform id is configured, and no invoice names one'
      : whyBehind(await readPlatformState(deps.client, platformId, context), scope.period.end, deps.latenessMs);
  if (behind !== null) context.log('solvimon is not ready', { because: behind });
  const events =
    known ??
    (deps.checksEvents
      ? await readUnusedEvents(
          deps.client,
          { period: scope.period, customerId: null, pageSize: deps.pageSize, readAhead: deps.readAhead },
          context,
        )
      : noUnusedEvents);
  return { behind, events };
}

/** Why a pull cannot be whole whatever it reads: the cycle is not over. */
export function whyUnbilled(scope: Scope, context: PullContext): readonly string[] {
  return context.now() < msOfInstant(scope.period.end)
    ? [`the cycle ends at ${scope.period.end} and is not billed yet`]
    : [];
}

/** Whether the platform was up to date before and is not any more: what was read in between may be half done. */
export async function whyChanged(
  before: Gate,
  deps: PullDeps,
  scope: Scope,
  platformId: string | null,
  context: PullContext,
): Promise<readonly string[]> {
  const after = await readGate(deps, scope, platformId, context, before.events);
  if (before.behind !== null || after.behind === null) return [];
  return [`the platform began to change while it was read: ${after.behind}`];
}
