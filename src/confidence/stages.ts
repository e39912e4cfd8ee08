import type { Stage, StageEvent, Standing } from '../model/cohort.js';

/** Every move of a cohort; code and tests read this one table. */
export const stageMoves = {
  shadow: { expand: 'pilot', roll_back: 'shadow', complete: 'refused' },
  pilot: { expand: 'ladder', roll_back: 'shadow', complete: 'refused' },
  ladder: { expand: 'live', roll_back: 'pilot', complete: 'refused' },
  live: { expand: 'refused', roll_back: 'ladder', complete: 'complete' },
  complete: { expand: 'refused', roll_back: 'refused', complete: 'refused' },
} as const satisfies Record<Stage, Record<StageEvent, Stage | 'refused'>>;

/**
 * Where an event takes a cohort: the rung moves one along the ladder with it, and a cohort on the middle of a long ladder
 * stays in stage `ladder` until its last rung has passed. 'refused' when the event makes no sense there.
 */
export function moveStage(standing: Standing, event: StageEvent, ladder: readonly string[]): Standing | 'refused' {
  const stage: Stage | 'refused' = stageMoves[standing.stage][event];
  const at = ladder.indexOf(standing.step);
  if (stage === 'refused' || at < 0) return 'refused';
  if (event === 'complete') return { stage, step: standing.step };
  if (event === 'roll_back') return { stage, step: ladder[Math.max(0, at - 1)] ?? standing.step };
  const isLastRung = at === ladder.length - 1;
  const step = ladder[Math.min(at + 1, ladder.length - 1)] ?? standing.step;
  if (standing.stage === 'ladder' && !isLastRung) return { stage: 'ladder', step };
  return { stage, step };
}
