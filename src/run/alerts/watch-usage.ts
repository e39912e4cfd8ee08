import { troubledUsage } from '../../store/alert-facts.js';
import { newsSince, type Watcher } from './context.js';

/**
 * Usage that differs, failed or could not all be read. Usage grows every night, so an alert is about how many findings of
 * which class there are: it comes again when that changes, and not because another night has passed.
 */
export const watchUsage: Watcher = async (context) =>
  (await troubledUsage(context.db, newsSince(context))).map((usage) => {
    const { cycle, run, isComplete, incompleteBecause, findings, rejected } = usage;
    const count = findings.reduce((sum, { events }) => sum + events, 0);
    const parts = [
      ...(count === 0
        ? []
        : [`${count} ${count === 1 ? 'event is not as it should be' : 'events are not as they should be'}`]),
      ...(rejected === 0 ? [] : [`${rejected} could not be read`]),
      ...(isComplete ? [] : ['not all of it was there']),
    ];
    return {
      kind: 'usage.events',
      about: JSON.stringify([cycle, isComplete, incompleteBecause, findings, rejected]),
      cycle,
      run,
      title: `Usage of ${cycle}: ${parts.join(', ')}`,
      lines: [
        ...findings.map((one) => `${one.class.replaceAll('_', ' ')}: ${one.events}`),
        ...incompleteBecause.map((because) => `not complete: ${because}`),
        `shadowbill usage show ${cycle}`,
      ],
      detail: { isComplete, incompleteBecause, findings, rejected },
      customers: [],
      owners: [],
      link: `/cycles/${encodeURIComponent(cycle)}/usage`,
    };
  });
