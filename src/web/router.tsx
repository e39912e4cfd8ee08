import { createRootRoute, createRoute, createRouter } from '@tanstack/react-router';
import { MismatchPage } from './mismatches/mismatch-page.js';
import { PairPage } from './invoices/pair-page.js';
import { AlertsPage } from './pages/alerts.js';
import { AuditPage } from './pages/audit.js';
import { CausesPage } from './pages/causes.js';
import { CohortPage, CohortsPage } from './pages/cohorts.js';
import { CyclePage } from './pages/cycle.js';
import { DecisionsPage } from './pages/decisions.js';
import { JobsPage } from './pages/jobs.js';
import { OverviewPage } from './pages/overview.js';
import { RunbookPage } from './pages/runbook.js';
import { RunPage } from './pages/run.js';
import { SettingsPage } from './pages/settings.js';
import { UsagePage } from './pages/usage.js';
import { parseSearch, type Search, searchText } from './search-text.js';
import { NotThere, Shell } from './shell.js';

const root = createRootRoute({
  component: Shell,
  notFoundComponent: NotThere,
  validateSearch: (search): Search => search as Search,
});

const at = <Path extends string>(path: Path, component: () => React.JSX.Element) =>
  createRoute({ getParentRoute: () => root, path, component });

const routes = root.addChildren([
  at('/', OverviewPage),
  at('/cycles/$cycle', CyclePage),
  at('/cycles/$cycle/mismatches', MismatchPage),
  at('/cycles/$cycle/causes', CausesPage),
  at('/cycles/$cycle/usage', UsagePage),
  at('/pairs/$pair', PairPage),
  at('/cohorts', CohortsPage),
  at('/cohorts/$cohort', CohortPage),
  at('/decisions', DecisionsPage),
  at('/settings', SettingsPage),
  at('/jobs', JobsPage),
  at('/alerts', AlertsPage),
  at('/runbooks/$runbook', RunbookPage),
  at('/runs/$run', RunPage),
  at('/audit', AuditPage),
]);

/** Addresses are the only source of truth for what a page shows. */
export const router = createRouter({ routeTree: routes, parseSearch, stringifySearch: searchText });

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router;
  }
}
