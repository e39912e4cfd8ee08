import { AppError } from '../errors.js';
import { instantOfMs } from '../model/period.js';
import type { CheckFinding, PullContext } from '../model/source.js';
import type { SolvimonClient } from './client.js';
import { findPlatform } from './platform.js';
import { oddCurrencies, readCurrencies, readSubscriptions } from './read-model.js';
import { readPlatformState, whyBehind } from './readiness.js';
import { isObject, type Json } from './shape.js';

export type CheckDeps = {
  readonly client: SolvimonClient;
  /** The same key on the host of the other environment; null when the address is not one of the two known ones. */
  readonly otherEnvironment: { readonly name: string; readonly open: () => SolvimonClient } | null;
  readonly environment: string;
  readonly keyName: string;
  readonly platformId: string | null;
  readonly pageSize: number;
  readonly readAhead: number;
  readonly requiresHold: boolean;
  readonly checksEvents: boolean;
  readonly webhookActions: readonly string[];
};

export const found = (topic: string, sentence: string): CheckFinding => ({ level: 'ok', topic, sentence, next: null });

/** Whether a refusal is about what the key may see and not about the key itself. */
export function isMissingPermission(error: AppError): boolean {
  return error.context['code'] === 'USER_NOT_ALLOWED';
}

/** What the platform's own settings and state say: whether it is ready, and whether its shadow invoices are safe. */
export async function platformFindings(deps: CheckDeps, context: PullContext): Promise<readonly CheckFinding[]> {
  let platform;
  try {
    platform = await findPlatform(deps.client, deps.platformId, context);
  } catch (error) {
    // Without INVOICE.VIEW no invoice can name the platform; that is the permissions' finding.
    if (error instanceof AppError && isMissingPermission(error)) return [];
    throw error;
  }
  if (platform.id === null)
    return [
      {
        level: 'problem',
        topic: 'platform',
        sentence: 'No platform id is configured and no invoice names one.',
        next: 'Set sources.solvimon.platform_id (plat_…).',
      },
    ];
  if (platform.settings === null)
    return [
      {
        level: 'problem',
        topic: 'platform',
        sentence: `There is no platform ${platform.id} for this key.`,
        next: 'Correct sources.solvimon.platform_id.',
      },
    ];
  const findings: CheckFinding[] = [];
  const behind = whyBehind(await readPlatformState(deps.client, platform.id, context), instantOfMs(context.now()), 0);
  if (behind !== null && !behind.startsWith('events are processed until'))
    findings.push({
      level: 'warning',
      topic: 'readiness',
      sentence: `Nothing could be judged right now: ${behind}.`,
      next: 'Wait until the platform has caught up.',
    });
  findings.push(...(await currencyFindings(deps, platform.id, context)));
  if (deps.requiresHold)
    findings.push(...shadowSettings(platform.settings), ...(await subscriptionFindings(deps, context)));
  findings.push(...(await webhookFindings(deps, context)));
  return findings;
}

async function currencyFindings(
  deps: CheckDeps,
  platformId: string,
  context: PullContext,
): Promise<readonly CheckFinding[]> {
  let odd;
  try {
    odd = oddCurrencies(await readCurrencies(deps.client, platformId, context));
  } catch (error) {
    if (error instanceof AppError && isMissingPermission(error)) return [];
    throw error;
  }
  if (odd.length === 0) return [];
  const shown = odd.map((one) => `${one.code} (${one.theirs} decimals, ISO 4217 has ${one.ours})`).join(', ');
  return [
    {
      level: 'warning',
      topic: 'currencies',
      sentence: `Solvimon counts other minor units than ISO 4217 in ${shown}.`,
      next: 'Amounts are compared by ISO 4217; give these currencies a tolerance.',
    },
  ];
}

/** What could let a shadow draft reach a customer, by the platform's settings (contract 2.2, the safety list). */
function shadowSettings(settings: Json): readonly CheckFinding[] {
  const findings: CheckFinding[] = [];
  const at = (path: readonly string[]) =>
    path.reduce<Json | undefined>((from, key) => (isObject(from) ? from[key] : undefined), settings);
  if (at(['default_pricing_plan_subscription_settings', 'init_invoice_on_hold']) !== true)
    findings.push({
      level: 'warning',
      topic: 'shadow',
      sentence: 'New subscriptions do not start with their invoices on hold.',
      next: 'Switch init_invoice_on_hold on in the platform’s subscription defaults, or on every cohort subscription.',
    });
  for (const [name, words] of [
    ['send_by_email', 'mailed'],
    ['export_to_erp', 'exported'],
  ] as const)
    if (at(['invoice_settings', name, 'trigger_type']) === 'AUTOMATIC')
      findings.push({
        level: 'warning',
        topic: 'shadow',
        sentence: `An invoice that turns FINAL is ${words} by itself.`,
        next: `Set invoice_settings.${name} to MANUAL while shadow invoices exist.`,
      });
  return findings;
}

async function subscriptionFindings(deps: CheckDeps, context: PullContext): Promise<readonly CheckFinding[]> {
  let [free, paying, active] = [0, 0, 0];
  try {
    for await (const one of readSubscriptions(deps.client, deps, context)) {
      if (one.status !== 'ACTIVE') continue;
      active += 1;
      if (one.startsOnHold === false) free += 1;
      if (one.hasPaymentMethod) paying += 1;
    }
  } catch (error) {
    if (error instanceof AppError && isMissingPermission(error)) return [];
    throw error;
  }
  const findings: CheckFinding[] = [];
  if (free > 0)
    findings.push({
      level: 'problem',
      topic: 'shadow',
      sentence: `${free} of ${active} active subscriptions start their invoices without a hold, so these turn FINAL by themselves.`,
      next: 'Set init_invoice_on_hold on them, or switch sources.solvimon.writes.hold on.',
    });
  if (paying > 0)
    findings.push({
      level: 'warning',
      topic: 'shadow',
      sentence: `${paying} of ${active} active subscriptions have a payment method that an invoice turning FINAL would charge.`,
      next: 'Take payment_method_id off shadow subscriptions.',
    });
  return findings;
}

/** The actions we want to be woken by, held against those the platform knows (contract 7.1, row 25). */
async function webhookFindings(deps: CheckDeps, context: PullContext): Promise<readonly CheckFinding[]> {
  if (deps.webhookActions.length === 0) return [];
  const outcome = await deps.client.tryGet('/v1/webhooks/actions', {}, context);
  if (outcome.kind !== 'ok') return [];
  const list = isObject(outcome.json) ? outcome.json['data'] : outcome.json;
  const known = new Set<string>();
  for (const entry of Array.isArray(list) ? list : [])
    if (isObject(entry) && typeof entry['object_type'] === 'string' && Array.isArray(entry['actions']))
      for (const action of entry['actions'])
        if (typeof action === 'string') known.add(`${entry['object_type']}.${action}`);
  const missing = deps.webhookActions.filter((action) => !known.has(action));
  if (missing.length === 0) return [found('webhooks', 'The platform knows every webhook action we listen to.')];
  return [
    {
      level: 'problem',
      topic: 'webhooks',
      sentence: `The platform does not know the webhook actions ${missing.join(', ')}.`,
      next: 'Look at GET /v1/webhooks/actions and ask Solvimon for their present names.',
    },
  ];
}
