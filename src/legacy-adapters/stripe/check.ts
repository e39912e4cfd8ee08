import { AppError } from '../../errors.js';
import type { CheckFinding } from '../../model/source.js';
import { clockFinding, ok, warning, wrong } from '../http/findings.js';
import { objectsOf } from '../http/json.js';
import { type StripeClient, type StripeReply, writeProbePath } from './client.js';
import type { StripeConfig } from './shape.js';

/** What a pull reads, in the words of the dashboard's list of permissions. Without the last two only rates are missing. */
const resources = [
  { path: '/v1/invoices', name: 'Invoices', isNeeded: true },
  { path: '/v1/credit_notes', name: 'Credit notes', isNeeded: true },
  { path: '/v1/prices', name: 'Prices', isNeeded: true },
  { path: '/v1/tax_rates', name: 'Tax rates', isNeeded: false },
  { path: '/v1/coupons', name: 'Coupons', isNeeded: false },
] as const;
const forPreviews = { path: '/v1/subscriptions', name: 'Subscriptions', isNeeded: true } as const;

/** Looks at key, permissions, environment, version, clock and completeness; every finding in plain words. */
export async function checkStripe(
  config: StripeConfig,
  apiKey: string,
  client: StripeClient,
  nowMs: number,
): Promise<readonly CheckFinding[]> {
  const findings: CheckFinding[] = [];
  let first: StripeReply | undefined;
  for (const resource of config.previews ? [...resources, forPreviews] : resources) {
    try {
      const reply = await client.get(resource.path, [['limit', '1']]);
      first ??= reply;
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      const isForbidden = error.context['status'] === 403;
      if (isForbidden) findings.push(forbidden(resource));
      // Whatever else fails here fails for every resource: one finding says it.
      else return [...findings, unreachable(error, config)];
    }
  }
  if (first === undefined) return findings;
  if (!findings.some(({ level }) => level === 'problem'))
    findings.push(ok('permissions', 'The key can read invoices, credit notes and prices.'));
  findings.push(
    environment(apiKey, first),
    version(client.apiVersion, first),
    clockFinding('Stripe', first.serverMs, nowMs),
  );
  findings.push(await writable(config, apiKey, client), completeness(config));
  return findings;
}

function forbidden(resource: { readonly name: string; readonly isNeeded: boolean }): CheckFinding {
  const next = `Give the restricted key the permission ${resource.name}: Read, under Developers, API keys.`;
  return resource.isNeeded
    ? wrong('permissions', `The key may not read ${resource.name}.`, next)
    : warning('permissions', `The key may not read ${resource.name}, so their percentages are not known.`, next);
}

function unreachable(error: AppError, config: StripeConfig): CheckFinding {
  if (error.code === 'source_unauthorised')
    return wrong(
      'credentials',
      `Stripe refuses the key in ${config.api_key_env}.`,
      'Make a restricted key that can read, under Developers, API keys, and put it into that variable.',
    );
  return wrong('reachability', error.message, error.next);
}

function environment(apiKey: string, reply: StripeReply): CheckFinding {
  const isTest = /^(sk|rk)_test_/.test(apiKey);
  const hasInvoices = objectsOf(reply.body['data']).length > 0;
  if (isTest)
    return warning(
      'environment',
      'This is a key for test data, so no real invoice is read.',
      'Use a live key when the comparison is meant to count.',
    );
  return hasInvoices
    ? ok('environment', 'The key reads live data.')
    : warning(
        'environment',
        'The key reads live data, and the account has no invoice at all.',
        'Check that the key is of the right account, or set account to the connected one.',
      );
}

function version(asked: string, reply: StripeReply): CheckFinding {
  if (reply.apiVersion === null || reply.apiVersion === asked)
    return ok('version', `Stripe answers in API version ${asked}, which is pinned.`);
  return warning(
    'version',
    `Stripe answers in API version ${reply.apiVersion} although ${asked} was asked for.`,
    'Check what lies between this machine and api.stripe.com.',
  );
}

/** A key that can write may be used for more than comparing if it leaks. The prefix tells a secret key; a restricted one is tried. */
async function writable(config: StripeConfig, apiKey: string, client: StripeClient): Promise<CheckFinding> {
  const next = 'Use a restricted key whose permissions are all Read or None.';
  if (apiKey.startsWith('sk_'))
    return warning('writable', 'This is a secret key, which can change and charge everything in the account.', next);
  if (!config.write_probe)
    return ok(
      'writable',
      'This is a restricted key. Whether it can write was not tried: we send nothing to a legacy system that could change it, unless write_probe: true allows one attempt that cannot succeed.',
    );
  try {
    const { status } = await client.post(writeProbePath, []);
    return status === 404 || status === 400
      ? warning('writable', 'The key can change invoices, which a comparison does not need.', next)
      : wrong('writable', `Stripe answers ${status} to a change of an invoice that does not exist.`, next);
  } catch (error) {
    if (error instanceof AppError && error.context['status'] === 403)
      return ok('writable', 'The key cannot change invoices.');
    if (error instanceof AppError)
      return warning('writable', `Whether the key can write could not be tried: ${error.message}`, next);
    throw error;
  }
}

function completeness(config: StripeConfig): CheckFinding {
  return ok(
    'completeness',
    `Lines are paged to the last one, and a cycle counts as billed ${config.settle_hours} hours after its end.`,
  );
}
