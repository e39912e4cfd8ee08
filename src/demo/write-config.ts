/**
 * The demo's shadowbill.yml: everything that a first configuration needs, with a word on why. Amounts are in quotes, as
 * the product wants them.
 */
export function writeConfig(): string {
  return `# Configuration of the demo. Copy it as a start for your own; \`shadowbill config check\` reads it line by line.
version: 1
# Midnights of this zone cut the cycles.
timezone: Europe/Amsterdam
# The embedded database lives here, beside the demo's files.
data_dir: data

sources:
  # The billing system you leave: one CSV file a cycle, one row a line, written the way a European ERP writes it.
  legacy:
    kind: csv
    path: legacy/{cycle}/invoices.csv
    # Row count, checksum and totals per currency: tells a cut-off file from a whole one.
    manifest: legacy/{cycle}/manifest.json
    encoding: windows-1252
    delimiter: ';'
    timezone: Europe/Amsterdam
    date_format: DD-MM-YYYY
    # UNTIL names the last day that is billed.
    period_end: inclusive_day
    decimal_mark: ','
    thousands_mark: '.'
    # A credit note has positive amounts; its TYPE says that they lower the bill.
    credits: positive
    tax_mode: exclusive
    columns:
      document_id: INVOICE
      document_number: INVOICE
      customer: ACCOUNT
      currency: CUR
      document_kind: TYPE
      document_state: STATUS
      issued_at: DATE
      document_net: NET_TOTAL
      document_tax: VAT_TOTAL
      document_gross: GROSS_TOTAL
      line_id: POS
      line_kind: KIND
      product: ITEM
      description: TEXT
      period_start: FROM
      period_end: UNTIL
      quantity: QTY
      unit_price: PRICE
      amount: AMOUNT
      discount: DISCOUNT
      discount_rate: DISC_PCT
      tax: VAT
      tax_rate: VAT_PCT
      tier_mode: TIERS
      included_volume: FREE
      minimum_amount: MINIMUM
      block_size: BLOCK
      proration_factor: SHARE
      full_price: FULL_PRICE
      pricing_amount: FX_AMOUNT
      pricing_currency: FX_CUR
      fx_rate: FX_RATE
    kinds:
      INV: invoice
      CRN: credit_note
      FEE: recurring
      LIC: recurring
      MTR: usage
      ONE: one_time
      MIN: minimum
      PRO: proration_charge
    states:
      POSTED: final
      CANCELLED: void
      PROFORMA: draft
  # Replies of GET /v1/invoices, saved as files.
  solvimon:
    kind: pages
    path: solvimon/{cycle}/invoices
    # A draft that is not on hold can still become final by itself and is not judged.
    require_hold: 'true'
    customer_key: reference

# What was used, event by event: checked before invoices are compared, so that a missing event is not taken for a wrong price.
usage:
  legacy:
    kind: csv
    path: legacy/{cycle}/usage.csv
    delimiter: ';'
    # The log has local times without an offset; one in the hour that happens twice in October would be refused.
    timezone: Europe/Amsterdam
    decimal_mark: ','
    columns: { reference: EVENT, customer: ACCOUNT, meter: METER, at: AT, quantity: QTY }
  # Events as GET /v1/events gives them: the whole list, which has no filter by time.
  solvimon:
    kind: ndjson
    path: solvimon/events.ndjson

# Nothing joins by being spelled alike: what is in neither file is reported as unmapped.
mapping:
  customers: mapping/customers.csv
  products: mapping/products.csv
  # Meters, and what each is billed as.
  meters: mapping/meters.csv
  strict: true

compare:
  quantity: true
  unit_price: true
  tax: line
  period: exact

# Without a rule, amounts must be equal to the minor unit (EUR 0.01, JPY 1, KWD 0.001).
tolerance:
  rules:
    - name: tax rounded once
      when: { cause: rounding.level }
      over: '1mu'
      under: '1mu'
      budget: '0.05'
      reason: Solvimon rounds the tax of an invoice once, the old system that of each line
      owner: finance@example.com

# Accepted for a while, in the open; on the day named the difference counts again.
known:
  - id: KD-1
    match: { cause: metadata.differs, max_abs: '0.00' }
    reason: Solvimon dates some invoices a day later; agreed with the auditors until the go-live
    owner: finance@example.com
    expires: 2026-12-31
    max_amount: '0.00'

# So much one person may accept alone in a cycle; more, or another currency, takes a second one.
work:
  accept_limits: { EUR: '50.00', USD: '50.00' }

run:
  slack_days: 7
  chunk_size: 100

# When a group may move: the defaults of the gate policy, but for what policy.yml says.
policy: policy.yml

# Who should be billed, from the contracts: whom both systems forgot can only be seen here.
roster: roster.csv

# One fixed rate for each currency of a cycle, so that conversion never makes a difference.
reporting:
  currency: EUR
  rates: { USD: '0.92', GBP: '1.16', JPY: '0.0061', KWD: '2.99' }

# Groups that move together; roster.csv names the members and what they pay. Each is everybody whom it selects, so what it
# proves holds for customers like these and for nobody else.
cohorts:
  # Large and simple: fees and seats, no usage.
  - id: nl-basic
    step: s5
    selection: random
    seed: soft-launch-1
    select: { country: NL, plan: [starter, team], usage: false, max_mrr: '500.00' }
    gates:
      coverage: '>= 99.5%'
      explained_rate: '>= 100%'
      amount_at_risk: { max_over: '50.00', max_under: '250.00', per: cycle }
      consecutive_clean_cycles: 2
      single_biller: required
  # As simple, and too few to prove anything by themselves.
  - id: jp-team
    step: pilot
    selection: random
    seed: soft-launch-1
    select: { country: JP, plan: [team] }
  - id: ireland
    step: pilot
    selection: random
    seed: soft-launch-1
    select: { country: IE }
  - id: de-growth
    step: s5
    selection: random
    seed: soft-launch-1
    select: { country: DE, plan: [growth] }
`;
}

/** The demo's policy.yml: the default gates, for a launch that has had one night. */
export function writePolicy(): string {
  return `version: 1
# The demo has one night; a real launch asks three nights running for the same recommendation (the default).
cycles: { agreeNights: 1 }
`;
}
