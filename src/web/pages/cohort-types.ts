import type { z } from 'zod';
import type * as schemas from '../../api/schemas/cohorts.js';
import type * as expansion from '../../api/schemas/expansion.js';

export type CohortRow = z.output<typeof schemas.cohort>;
export type CohortDetail = z.output<typeof schemas.cohortDetail>;
export type Decision = z.output<typeof schemas.decision>;
export type DecisionBody = z.input<typeof schemas.proposeBody>;
export type Gate = CohortDetail['gates'][number];
export type Weighed = z.output<typeof expansion.consequences>;
export type Preview = z.output<typeof expansion.preview>;
