import type { z } from 'zod';
import type * as schemas from '../../api/schemas/cohorts.js';

export type CohortRow = z.output<typeof schemas.cohort>;
export type CohortDetail = z.output<typeof schemas.cohortDetail>;
export type Decision = z.output<typeof schemas.decision>;
export type DecisionBody = z.input<typeof schemas.proposeBody>;
