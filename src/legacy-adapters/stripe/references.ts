import { AppError } from '../../errors.js';
import { idOf, isObject, type JsonObject, objectsOf, textOf } from '../http/json.js';
import type { Query, StripeClient } from './client.js';
import { isOfSubscription, originOf } from './to-line.js';

const paths = { prices: '/v1/prices', taxRates: '/v1/tax_rates', coupons: '/v1/coupons' } as const;
type Kind = keyof typeof paths;

/** Tiers are neither on a line nor on an unexpanded price (contract 3.1). */
const query: Readonly<Record<Kind, Query>> = { prices: [['expand[]', 'tiers']], taxRates: [], coupons: [] };

/** Without prices nobody can tell usage from a fee; without the others only a rate is missing. */
const isNeeded: Readonly<Record<Kind, boolean>> = { prices: true, taxRates: false, coupons: false };

const maxKept = 5000;

/** Prices, tax rates and coupons, each asked for once per pull and kept in bounded number. Class, because it remembers. */
export class References {
  readonly #client: StripeClient;
  readonly #log: (event: string, data: Readonly<Record<string, unknown>>) => void;
  readonly #kept = new Map<string, Promise<JsonObject | null>>();

  constructor(client: StripeClient, log: (event: string, data: Readonly<Record<string, unknown>>) => void) {
    this.#client = client;
    this.#log = log;
  }

  /** The objects with these ids, by id; those that are gone are left out. */
  async get(kind: Kind, ids: readonly string[]): Promise<ReadonlyMap<string, JsonObject>> {
    const distinct = [...new Set(ids)].sort();
    const found = await Promise.all(distinct.map(async (id) => [id, await this.#one(kind, id)] as const));
    return new Map(found.filter((entry): entry is [string, JsonObject] => entry[1] !== null));
  }

  #one(kind: Kind, id: string): Promise<JsonObject | null> {
    const key = `${kind} ${id}`;
    const known = this.#kept.get(key);
    if (known !== undefined) return known;
    if (this.#kept.size >= maxKept) this.#kept.clear();
    const asked = this.#ask(kind, id);
    this.#kept.set(key, asked);
    // A failure is not kept: the next document asks again. The caller of `get` sees it.
    asked.catch(() => this.#kept.delete(key));
    return asked;
  }

  async #ask(kind: Kind, id: string): Promise<JsonObject | null> {
    try {
      const { status, body } = await this.#client.get(`${paths[kind]}/${encodeURIComponent(id)}`, query[kind]);
      return status === 200 ? body : null;
    } catch (error) {
      const isOnlyForbidden = error instanceof AppError && error.context['status'] === 403 && !isNeeded[kind];
      if (!isOnlyForbidden) throw error;
      this.#log('stripe_reference_forbidden', { kind, id });
      return null;
    }
  }
}

/** Prices that the lines need beside themselves: those of subscriptions whose line does not carry a whole price. */
export function neededPrices(lines: readonly JsonObject[]): readonly string[] {
  return lines.flatMap((line) => {
    const origin = originOf(line, { prices: new Map() });
    const isWhole = origin.price !== null && origin.price['billing_scheme'] !== 'tiered';
    return isOfSubscription(origin) && origin.priceRef !== null && !isWhole ? [origin.priceRef] : [];
  });
}

/** Tax rates whose percentage the lines and the shipping do not carry themselves. */
export function neededTaxRates(object: JsonObject, lines: readonly JsonObject[]): readonly string[] {
  const inline = new Set(lines.flatMap((line) => objectsOf(line['tax_rates']).map((rate) => textOf(rate['id']))));
  const shipping = isObject(object['shipping_cost']) ? objectsOf(object['shipping_cost']['taxes']) : [];
  const ofTaxes = lines.flatMap((line) => [
    ...objectsOf(line['taxes']).map((tax) =>
      isObject(tax['tax_rate_details']) ? tax['tax_rate_details']['tax_rate'] : null,
    ),
    ...objectsOf(line['tax_amounts']).map((tax) => tax['tax_rate']),
  ]);
  const unexpanded = [...ofTaxes, ...shipping.map((tax) => tax['rate'])].flatMap((rate) => textOf(rate) ?? []);
  return unexpanded.filter((id) => !inline.has(id));
}

/** Coupons behind the discounts of a document; a discount names its coupon only when it is expanded. */
export function neededCoupons(object: JsonObject): readonly string[] {
  return [...objectsOf(object['total_discount_amounts']), ...objectsOf(object['discount_amounts'])].flatMap((one) => {
    const discount = isObject(one['discount']) ? one['discount'] : {};
    const source = isObject(discount['source']) ? discount['source'] : {};
    const isInline = isObject(source['coupon']) || isObject(discount['coupon']);
    return isInline ? [] : (idOf(source['coupon']) ?? idOf(discount['coupon']) ?? []);
  });
}
