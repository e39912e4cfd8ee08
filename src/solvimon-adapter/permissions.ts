/** The permission that an operation's description names (contract 2.9), by the path behind /v1; null where none is stated. */
const byPath: readonly (readonly [RegExp, string])[] = [
  [/^\/v1\/invoices(\/[^/]+)?$/, 'INVOICE.VIEW'],
  [/^\/v1\/customers(\/|$)/, 'CUSTOMER.VIEW'],
  [/^\/v1\/pricing-plan-subscriptions(\/|$)/, 'PRICING_PLAN_SUBSCRIPTION.VIEW'],
  [/^\/v1\/product-items(\/|$)/, 'PRODUCT_ITEM.VIEW'],
  [/^\/v1\/meters(\/|$)/, 'METER.VIEW'],
  [/^\/v1\/coupons(\/|$)/, 'COUPON.VIEW'],
  [/^\/v1\/events(\/|$)/, 'METER_DATA.VIEW'],
  [/^\/v1\/platforms\/[^/]+\/currencies$/, 'CURRENCIES.VIEW'],
  [/^\/v1\/report-generate-requests\/[^/]+\/report$/, 'REPORT.VIEW'],
  [/^\/v1\/report-generate-requests\/[^/]+$/, 'REPORT_GENERATE_REQUEST.VIEW'],
  [/^\/v1\/reports\/[^/]+(\/download-url)?$/, 'REPORT.VIEW'],
  [/^\/v1\/webhooks(\/|$)/, 'WEBHOOK.VIEW'],
];

const byWrite: readonly (readonly [string, RegExp, string])[] = [
  ['PATCH', /^\/v1\/invoices\/[^/]+$/, 'INVOICE.UPDATE'],
  ['POST', /^\/v1\/report-generate-requests$/, 'REPORT_GENERATE_REQUEST.CREATE'],
  ['POST', /^\/v1\/reprocess$/, 'REPROCESSING.REPROCESS.CREATE'],
];

/** The name of the permission a request needs, for messages; null when the contract states none. */
export function permissionOf(method: string, path: string): string | null {
  if (method !== 'GET') return byWrite.find(([verb, form]) => verb === method && form.test(path))?.[2] ?? null;
  return byPath.find(([form]) => form.test(path))?.[1] ?? null;
}
