import { AppError } from '../errors.js';
import type { CheckFinding, PullContext } from '../model/source.js';
import { type CheckDeps, found, isMissingPermission, platformFindings } from './check-platform.js';
import type { GoodReply, SolvimonClient } from './client.js';
import type { Query } from './wire.js';
import { permissionOf } from './permissions.js';

/** Beyond this our clock and theirs are too far apart for the five-minute window of webhook signatures. */
const mostSkewMs = 120_000;
const thin: Query = { page: '1', limit: '1' };

/**
 * Whether a pull would work, each finding one sentence with its next step. Reachability, key and environment are told
 * apart first; only when the key is good are permissions, clock and the safety of shadow drafts looked at. Reads only.
 */
export async function checkSolvimon(deps: CheckDeps, context: PullContext): Promise<readonly CheckFinding[]> {
  const probe = await probeKey(deps, context);
  if (probe.kind === 'finding') return [probe.finding];
  const findings: CheckFinding[] = [
    found('reachability', `Solvimon answers at ${deps.client.host} and the key is good for ${deps.environment}.`),
    clockFinding(probe.reply),
  ];
  findings.push(await permissionFinding(deps, context));
  findings.push(...(await platformFindings(deps, context)));
  return findings;
}

type Probe =
  | { readonly kind: 'finding'; readonly finding: CheckFinding }
  | { readonly kind: 'good'; readonly reply: GoodReply | null };

/** One small request. A key without INVOICE.VIEW is still a good key: the permissions are a finding of their own. */
async function probeKey(deps: CheckDeps, context: PullContext): Promise<Probe> {
  const problem = (topic: string, sentence: string, next: string): Probe => ({
    kind: 'finding',
    finding: { level: 'problem', topic, sentence, next },
  });
  try {
    const outcome = await deps.client.tryGet('/v1/invoices', thin, context);
    if (outcome.kind === 'ok') return { kind: 'good', reply: outcome };
    if (outcome.kind === 'refused' && isMissingPermission(outcome.error)) return { kind: 'good', reply: null };
    if (outcome.kind === 'refused' && outcome.error.code === 'source_unauthorised') {
      const { otherEnvironment: other } = deps;
      if (other !== null && (await isGoodKey(other.open, context)))
        return problem(
          'environment',
          `The key in ${deps.keyName} belongs to the ${other.name} environment and the configuration says ${deps.environment}.`,
          `Set sources.solvimon.environment: ${other.name}, or put a ${deps.environment} key into ${deps.keyName}.`,
        );
      return problem(
        'credentials',
        `Solvimon at ${deps.client.host} refuses the key in ${deps.keyName}.`,
        'Make a READ_ONLY key in Solvimon’s settings and put it there; a revoked or mistyped key answers the same.',
      );
    }
    const detail = outcome.kind === 'refused' ? detailOf(outcome.error) : outcome.code;
    return problem(
      'reply',
      `Something answers at ${deps.client.host}, but not as Solvimon does: ${detail}.`,
      'Correct sources.solvimon.base_url.',
    );
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    if (error.code === 'source_unreachable')
      return problem(
        'reachability',
        `Solvimon cannot be reached: ${detailOf(error)}.`,
        'Check sources.solvimon.base_url, the name service and the firewall for outgoing HTTPS.',
      );
    if (error.code === 'source_rate_limited')
      return problem(
        'rate',
        `Solvimon at ${deps.client.host} asks us to slow down: ${detailOf(error)}.`,
        'Wait, or lower sources.solvimon.requests_per_second.',
      );
    if (error.code === 'source_reply_invalid')
      return problem(
        'reply',
        `Something answers at ${deps.client.host}, but not as Solvimon does: ${detailOf(error)}.`,
        'Correct sources.solvimon.base_url; a proxy or login page may be in between.',
      );
    throw error;
  }
}

function detailOf(error: AppError): string {
  return (error.detail ?? error.message).replace(/\.$/, '');
}

async function isGoodKey(open: () => SolvimonClient, context: PullContext): Promise<boolean> {
  const client = open();
  try {
    const outcome = await client.tryGet('/v1/invoices', thin, context);
    return outcome.kind === 'ok' || (outcome.kind === 'refused' && isMissingPermission(outcome.error));
  } catch (error) {
    // The other host not answering says nothing about the key; it then counts as refused.
    if (error instanceof AppError) return false;
    throw error;
  } finally {
    await client.close();
  }
}

function clockFinding(reply: GoodReply | null): CheckFinding {
  const theirs = Date.parse(reply?.headers['date'] ?? '');
  if (reply === null || Number.isNaN(theirs))
    return {
      level: 'warning',
      topic: 'clock',
      sentence: 'The reply names no time, so the clocks could not be compared.',
      next: 'Check that this machine keeps its time with NTP.',
    };
  const skewMs = reply.receivedAt - theirs;
  const seconds = Math.round(Math.abs(skewMs) / 1000);
  if (Math.abs(skewMs) <= mostSkewMs)
    return found('clock', `This machine and Solvimon agree on the time within ${seconds} s.`);
  return {
    level: 'problem',
    topic: 'clock',
    sentence: `The clock of this machine is ${seconds} s ${skewMs > 0 ? 'ahead of' : 'behind'} Solvimon’s.`,
    next: 'Set the clock with NTP; webhook signatures and waiting times depend on it.',
  };
}

/** Every list a run reads, asked for one row each; what is missing is named together. */
async function permissionFinding(deps: CheckDeps, context: PullContext): Promise<CheckFinding> {
  const paths = [
    '/v1/invoices',
    '/v1/customers',
    '/v1/pricing-plan-subscriptions',
    '/v1/product-items',
    '/v1/meters',
    '/v1/coupons',
    ...(deps.checksEvents ? ['/v1/events'] : []),
    ...(deps.platformId === null ? [] : [`/v1/platforms/${encodeURIComponent(deps.platformId)}/currencies`]),
    ...(deps.webhookActions.length > 0 ? ['/v1/webhooks/actions'] : []),
  ];
  const missing: string[] = [];
  for (const path of paths) {
    const isPaged = path !== '/v1/meters' && !path.endsWith('/currencies');
    const outcome = await deps.client.tryGet(path, isPaged ? thin : {}, context);
    if (outcome.kind !== 'refused') continue;
    if (!isMissingPermission(outcome.error)) throw outcome.error;
    missing.push(permissionOf('GET', path) ?? path);
  }
  if (missing.length === 0) return found('permissions', 'The key may read everything a run needs.');
  return {
    level: 'problem',
    topic: 'permissions',
    sentence: `The key in ${deps.keyName} lacks ${missing.length === 1 ? 'the permission' : 'the permissions'} ${missing.join(', ')}.`,
    next: 'Give the role of this key those permissions in Solvimon.',
  };
}
