import type { ApiRoute } from '../route.js';
import { alertRoutes } from './alerts.js';
import { auditRoutes } from './audit.js';
import { cohortRoutes } from './cohorts.js';
import { cycleRoutes } from './cycles.js';
import { expansionRoutes } from './expansion.js';
import { exportRoutes } from './exports.js';
import { jobRoutes } from './jobs.js';
import { meRoutes } from './me.js';
import { mismatchRoutes } from './mismatches.js';
import { pairRoutes } from './pairs.js';
import { runRoutes } from './runs.js';
import { settingsRoutes } from './settings.js';
import { signoffRoutes } from './signoff.js';
import { tokenRoutes } from './tokens.js';
import { workRoutes } from './work.js';

/** Every route there is: what the server serves, the description lists, and the matrix of who may what is tested by. */
export const routeTable: readonly ApiRoute[] = [
  ...meRoutes,
  ...cycleRoutes,
  ...runRoutes,
  ...mismatchRoutes,
  ...pairRoutes,
  ...workRoutes,
  ...signoffRoutes,
  ...cohortRoutes,
  ...expansionRoutes,
  ...exportRoutes,
  ...settingsRoutes,
  ...jobRoutes,
  ...alertRoutes,
  ...auditRoutes,
  ...tokenRoutes,
];
