import { isDeepStrictEqual } from 'node:util';

/*
 * What may be sent, and which permission it needs, written down a second time from the contract: a fake that asked the
 * adapter for its own rules could never find it breaking them.
 */

/** Whether a request that is not a GET is one of the three that may leave the adapter. */
export function isAllowedWrite(method: string, path: string, body: string): boolean {
  const json: unknown = body === '' ? null : JSON.parse(body);
  if (method === 'PATCH') return /^\/v1\/invoices\/[\w-]+$/.test(path) && isDeepStrictEqual(json, { on_hold: true });
  return method === 'POST' && ['/v1/report-generate-requests', '/v1/reprocess'].includes(path);
}

const views: Readonly<Record<string, string>> = {
  invoices: 'INVOICE.VIEW',
  customers: 'CUSTOMER.VIEW',
  'pricing-plan-subscriptions': 'PRICING_PLAN_SUBSCRIPTION.VIEW',
  'product-items': 'PRODUCT_ITEM.VIEW',
  meters: 'METER.VIEW',
  coupons: 'COUPON.VIEW',
  events: 'METER_DATA.VIEW',
  reports: 'REPORT.VIEW',
  webhooks: 'WEBHOOK.VIEW',
};

/** The permission a request needs (contract 2.9); null where none is stated. */
export function neededPermission(method: string, path: string): string | null {
  const [, , resource = '', , last = ''] = path.split('/');
  if (method === 'PATCH') return 'INVOICE.UPDATE';
  if (method === 'POST')
    return resource === 'reprocess' ? 'REPROCESSING.REPROCESS.CREATE' : 'REPORT_GENERATE_REQUEST.CREATE';
  if (resource === 'platforms') return last === 'currencies' ? 'CURRENCIES.VIEW' : null;
  if (resource === 'report-generate-requests')
    return last === 'report' ? 'REPORT.VIEW' : 'REPORT_GENERATE_REQUEST.VIEW';
  return views[resource] ?? null;
}
