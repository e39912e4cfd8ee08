import { AppError } from '../../errors.js';
import type { CheckFinding } from '../../model/source.js';
import { clockFinding, ok, warning, wrong } from '../http/findings.js';
import { decimalOf, isObject, type JsonObject, textOf } from '../http/json.js';
import { type Kind, type LagoClient, type LagoReply, names, paths } from './client.js';
import { recordsOf } from './listing.js';
import type { LagoConfig } from './shape.js';

/** The newest version of an invoice's arithmetic that this adapter knows. */
const newestVersion = 4;

/** Looks at address, key, permissions, version, clock and completeness; every finding in plain words. */
export async function checkLago(
  config: LagoConfig,
  client: LagoClient,
  nowMs: number,
): Promise<readonly CheckFinding[]> {
  const findings: CheckFinding[] = [];
  let invoices: LagoReply | undefined;
  for (const kind of ['invoice', 'credit_note'] as const) {
    try {
      const reply = await client.get(paths[kind], [
        ['per_page', '1'],
        ['page', '1'],
      ]);
      if (reply.status === 404) return [noApi(config)];
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
  const organization = await organizationOf(client);
  findings.push(environment(config, organization, invoices), version(invoices));
  findings.push(clockFinding('Lago', invoices.serverMs, nowMs), writable());
  findings.push(zeroInvoices(organization), completeness(config));
  return findings;
}

function noApi(config: LagoConfig): CheckFinding {
  return wrong(
    'reachability',
    `There is no Lago API below ${config.base_url}/api/v1.`,
    'Write the address of the API, not of the user interface, into sources.legacy.base_url.',
  );
}

function forbidden(kind: Kind): CheckFinding {
  return wrong(
    'permissions',
    `The key may not read ${names[kind]}.`,
    `Give the key the permission to read ${names[kind]}, under Developers, API keys.`,
  );
}

function unreachable(error: AppError, config: LagoConfig): CheckFinding {
  if (error.code === 'source_unauthorised')
    return wrong(
      'credentials',
      `Lago at ${config.base_url} refuses the key in ${config.api_key_env}.`,
      'Copy a key from Developers, API keys, into that variable; the clusters of Lago have keys of their own.',
    );
  return wrong('reachability', error.message, error.next);
}

/** The organization, null when the key may not see it or the server is too old to show it. */
async function organizationOf(client: LagoClient): Promise<JsonObject | null> {
  try {
    const { status, body } = await client.get('organizations');
    return status === 200 && isObject(body['organization']) ? body['organization'] : null;
  } catch (error) {
    if (error instanceof AppError && error.code !== 'source_rate_limited') return null;
    throw error;
  }
}

function environment(config: LagoConfig, organization: JsonObject | null, invoices: LagoReply): CheckFinding {
  const name = textOf(organization?.['name']) ?? 'an organization whose name the key may not see';
  return recordsOf(invoices, 'invoice').length > 0
    ? ok('environment', `The key reads ${name} at ${config.base_url}.`)
    : warning(
        'environment',
        `The key reads ${name} at ${config.base_url}, and there is no invoice at all.`,
        'Check that it is the right organization and cluster.',
      );
}

function version(invoices: LagoReply): CheckFinding {
  const [newest] = recordsOf(invoices, 'invoice');
  const found = decimalOf(newest?.object['version_number']);
  if (found === undefined)
    return ok('version', 'The server answers as API version 1; no invoice states its own version.');
  if (Number(found) <= newestVersion)
    return ok('version', `The server answers as API version 1, and its newest invoice is of version ${found}.`);
  return warning(
    'version',
    `The newest invoice is of version ${found}; what its subtotals mean is known up to version ${newestVersion}.`,
    'Compare one invoice by hand before you rely on the result, and ask for the new version to be supported.',
  );
}

/** Nothing can be tried without sending a change, and nothing in a reply tells. */
function writable(): CheckFinding {
  return ok(
    'writable',
    'Only reading requests are ever sent. Whether the key could write cannot be seen from here: Developers, API keys shows it.',
  );
}

function zeroInvoices(organization: JsonObject | null): CheckFinding {
  const setting = organization?.['finalize_zero_amount_invoice'];
  if (setting !== false)
    return ok('completeness', 'A cycle that comes to nothing has an invoice, unless a customer is set otherwise.');
  return warning(
    'completeness',
    'Lago makes no invoice for a cycle that comes to nothing, so such a cycle is there in Solvimon only.',
    'Expect documents of zero on one side; they carry no money and are no difference.',
  );
}

function completeness(config: LagoConfig): CheckFinding {
  return ok(
    'completeness',
    `Pages are read until one is empty, twice, whatever count comes with them, and a cycle counts as billed ${config.settle_hours} hours after its end.`,
  );
}
