/** One item of the go-live checklist. `unknown` is not ready: nobody has shown it yet. */
export type ReadinessItem = {
  readonly id: ReadinessId;
  readonly title: string;
  readonly state: 'ready' | 'not_ready' | 'unknown';
  readonly why: string;
  /** Where the evidence is: a run, a page, a ticket. */
  readonly link: string | null;
};

export const readinessTitles = {
  setup_validated: 'Setup validated: configuration, policy and roster read without complaint',
  pipeline_dry_run: 'Pipeline dry run: a complete run of a closed cycle',
  backfill_verified: 'Backfill verified: complete runs of as many closed cycles as the policy asks',
  alerts_tested: 'Alerts tested end to end',
  rollback_rehearsed: 'Rollback rehearsed: one that was never rehearsed is no way back',
  timeline_communicated: 'Timeline communicated to the stakeholders',
} as const;
export type ReadinessId = keyof typeof readinessTitles;

export type ReadinessFacts = {
  /** Complaints about configuration, policy and roster; empty when all three are fine. */
  readonly setupComplaints: readonly string[];
  readonly completeRuns: readonly { readonly runId: string; readonly cycle: string }[];
  readonly cyclesWanted: number;
  /** Newest record of each item that people show. */
  readonly shown: ReadonlyMap<
    string,
    { readonly outcome: 'pass' | 'fail'; readonly link: string; readonly by: string }
  >;
};

/** The whole checklist, computed; never ticked by hand without a link. */
export function readiness(facts: ReadinessFacts): readonly ReadinessItem[] {
  const [newest] = facts.completeRuns;
  const cycles = [...new Set(facts.completeRuns.map(({ cycle }) => cycle))];
  return [
    item(
      'setup_validated',
      facts.setupComplaints.length === 0 ? 'ready' : 'not_ready',
      facts.setupComplaints.length === 0 ? 'no complaint' : facts.setupComplaints.join('; '),
      'shadowbill config check',
    ),
    item(
      'pipeline_dry_run',
      newest === undefined ? 'unknown' : 'ready',
      newest === undefined ? 'no closed cycle has a complete run' : `cycle ${newest.cycle}`,
      newest === undefined ? null : `shadowbill runs show ${newest.runId}`,
    ),
    item(
      'backfill_verified',
      cycles.length >= facts.cyclesWanted ? 'ready' : cycles.length === 0 ? 'unknown' : 'not_ready',
      `${cycles.length} of ${facts.cyclesWanted} closed cycles complete`,
      cycles.length === 0 ? null : facts.completeRuns.map(({ runId }) => runId).join(', '),
    ),
    ...(['alerts_tested', 'rollback_rehearsed', 'timeline_communicated'] as const).map((id) => shownItem(id, facts)),
  ];
}

function shownItem(id: 'alerts_tested' | 'rollback_rehearsed' | 'timeline_communicated', facts: ReadinessFacts) {
  const record = facts.shown.get(id);
  if (record === undefined) return item(id, 'unknown', 'nobody has shown it yet', null);
  return item(id, record.outcome === 'pass' ? 'ready' : 'not_ready', `${record.outcome}, by ${record.by}`, record.link);
}

function item(id: ReadinessId, state: ReadinessItem['state'], why: string, link: string | null): ReadinessItem {
  return { id, title: readinessTitles[id], state, why, link };
}
