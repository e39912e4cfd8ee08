import { insertAlert } from '../../store/alerts.js';
import type { AlertContext, Watcher } from './context.js';
import { watchBillers, watchDecisions, watchFinalInvoices, watchGates } from './watch-decisions.js';
import { watchMessages } from './watch-messages.js';
import { watchDigests, watchTrouble } from './watch-runs.js';
import { watchSignoffs } from './watch-signoff.js';
import { watchUsage } from './watch-usage.js';
import { watchAcceptances, watchUnexplained } from './watch-work.js';

/** Everything that is looked for. Each reads what the tables say now, so that nothing is missed however often anybody was killed. */
const watchers: readonly Watcher[] = [
  watchBillers,
  watchFinalInvoices,
  watchTrouble,
  watchUsage,
  watchSignoffs,
  watchUnexplained,
  watchDigests,
  watchAcceptances,
  watchGates,
  watchDecisions,
  watchMessages,
];

/**
 * Looks for what people should know and writes it down, once; answers the ids of what is new. Looking again, or at the same
 * moment somewhere else, finds the same alerts by what they are about and changes nothing.
 */
export async function watchForAlerts(context: AlertContext): Promise<readonly string[]> {
  const found: string[] = [];
  for (const watcher of watchers) {
    for (const alert of await watcher(context)) {
      const { id, isNew } = await insertAlert(context.db, alert, context.now());
      if (!isNew) continue;
      context.log('alert', { alertId: id, kind: alert.kind, cycle: alert.cycle, runId: alert.run });
      found.push(id);
    }
  }
  return found;
}
