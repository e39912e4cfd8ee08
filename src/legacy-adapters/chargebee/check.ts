import { AppError } from '../../errors.js';
import type { CheckFinding } from '../../model/source.js';
import { clockFinding, ok, warning, wrong } from '../http/findings.js';
import { objectsOf, textOf } from '../http/json.js';
import { type ChargebeeClient, type ChargebeeReply, type Kind, names } from './client.js';
import { recordsOf, secondsOf } from './listing.js';
import type { ChargebeeConfig } from './shape.js';

/** Documents whose periods are looked at to see the billing mode. */
const sample = 20;

/** Looks at key, permissions, site, catalog, clock and completeness; every finding in plain words. */
export async function checkChargebee(
  config: ChargebeeConfig,
  client: ChargebeeClient,
  nowMs: number,
): Promise<readonly CheckFinding[]> {
  const findings: CheckFinding[] = [];
  let invoices: ChargebeeReply | undefined;
  for (const kind of ['invoice', 'credit_note'] as const) {
    try {
      const reply = await client.newest(kind, sample);
      if (reply.status === 404) return [noSite(config)];
      recordsOf(reply, kind);
      if (kind === 'invoice') invoices = reply;
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      if (error.context['status'] === 403) findings.push(forbidden(kind));
      // Whatever else fails here fails for both: one finding says it.
      else return [...findings, unreachable(error, config)];
    }
  }
  if (findings.length === 0) findings.push(ok('permissions', 'The key can read invoices and credit notes.'));
  if (invoices === undefined) return findings;
  findings.push(environment(config, invoices), await catalog(client));
  findings.push(clockFinding('Chargebee', invoices.serverMs, nowMs), writable());
  findings.push(billingMode(config, invoices), completeness(config));
  return findings;
}

function noSite(config: ChargebeeConfig): CheckFinding {
  return wrong(
    'reachability',
    `Chargebee knows no site ${config.site}.`,
    'Write the part before .chargebee.com of the address that you sign in at into sources.legacy.site.',
  );
}

function forbidden(kind: Kind): CheckFinding {
  return wrong(
    'permissions',
    `The key may not read ${names[kind]}.`,
    'Make a read-only key with access to all, under Settings, Configure Chargebee, API keys.',
  );
}

function unreachable(error: AppError, config: ChargebeeConfig): CheckFinding {
  if (error.code === 'source_unauthorised')
    return wrong(
      'credentials',
      `Chargebee refuses the key in ${config.api_key_env} for the site ${config.site}.`,
      'Make a read-only key of this site, under Settings, Configure Chargebee, API keys, and put it into that variable.',
    );
  return wrong('reachability', error.message, error.next);
}

function environment(config: ChargebeeConfig, reply: ChargebeeReply): CheckFinding {
  if (/-test(\.|$)/.test(config.site))
    return warning(
      'environment',
      `The site ${config.site} is a test site, so no real invoice is read.`,
      'Use the live site when the comparison is meant to count.',
    );
  return objectsOf(reply.body['list']).length > 0
    ? ok('environment', `The key reads the live site ${config.site}.`)
    : warning(
        'environment',
        `The site ${config.site} has no invoice at all.`,
        'Check that it is the right site, and that the key sees all business entities.',
      );
}

/** Both catalogs are read; which one it is helps whoever writes the mapping of products. */
async function catalog(client: ChargebeeClient): Promise<CheckFinding> {
  try {
    const reply = await client.configurations();
    const [first] = objectsOf(reply.body['configurations']);
    const version = textOf(first?.['product_catalog_version']);
    if (reply.status === 200 && version !== null)
      return ok(
        'version',
        `The site answers in API version 2 with product catalog ${version}: a product is ${version === 'v1' ? 'a plan or addon' : 'an item price'} in the mapping.`,
      );
    return ok('version', `The site answers in API version 2 and does not say which product catalog it has.`);
  } catch (error) {
    if (error instanceof AppError && error.code === 'source_unauthorised')
      return ok('version', 'The site answers in API version 2; the key may not see which product catalog it has.');
    if (error instanceof AppError) return warning('version', error.message, error.next);
    throw error;
  }
}

/** Nothing can be tried without sending a change, and nothing in a reply tells. */
function writable(): CheckFinding {
  return ok(
    'writable',
    'Only reading requests are ever sent. Whether the key could write cannot be seen from here: Settings, Configure Chargebee, API keys shows it.',
  );
}

/** The mode is a setting of the site that no reply states, but the seconds that periods end at tell it. */
function billingMode(config: ChargebeeConfig, reply: ChargebeeReply): CheckFinding {
  const lines = recordsOf(reply, 'invoice').flatMap(({ object }) => objectsOf(object['line_items']));
  const ends = lines.flatMap((line) => {
    const [from, to] = [secondsOf(line['date_from']), secondsOf(line['date_to'])];
    return from === null || to === null || to <= from ? [] : [to % 60 === 59];
  });
  const closed = ends.filter(Boolean).length;
  const isDay = config.billing_mode === 'day';
  if (ends.length > 0 && !isDay && closed === ends.length)
    return warning(
      'completeness',
      `All ${ends.length} periods of the newest invoices end at second 59, as they do on a site with day-based billing.`,
      'Set sources.legacy.billing_mode: day, or each period ends a second early.',
    );
  if (ends.length > 0 && isDay && closed === 0)
    return warning(
      'completeness',
      `None of ${ends.length} periods of the newest invoices ends at second 59, although billing_mode is day.`,
      'Set sources.legacy.billing_mode: millisecond.',
    );
  return ok('completeness', `Periods end as billing_mode ${config.billing_mode} says.`);
}

function completeness(config: ChargebeeConfig): CheckFinding {
  return ok(
    'completeness',
    `Lines are paged to the last one, deleted invoices are seen, and a cycle counts as billed ${config.settle_hours} hours after its end.`,
  );
}
