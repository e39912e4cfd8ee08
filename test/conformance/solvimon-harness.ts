import { httpConfig } from '../../src/solvimon-adapter/http-config.js';
import { openHttp } from '../../src/solvimon-adapter/http-source.js';
import { decimalText, toDecimal, toDecimalText, type DecimalText } from '../../src/model/money.js';
import { type Invoice, type LineInput, makeInvoice, type PeriodInput, tier } from '../fakes/solvimon/invoice.js';
import { FakeSolvimon, readKey } from '../fakes/solvimon/server.js';
import { fakeTime } from '../solvimon/harness.js';
import type { Fault, Harness, SampleDocument, SampleLine, Setup } from './harness.js';

/** Three days after the end of the suite's cycle; two days before it for a cycle that is not billed yet. */
const afterCycle = Date.UTC(2026, 10, 4);
const beforeEnd = Date.UTC(2026, 9, 30);
const pageSize = 10;

export const solvimonHarness: Harness = {
  side: 'solvimon',
  timezone: 'Europe/Amsterdam',
  faults: ['rate_limited', 'server_error', 'unauthorised', 'html', 'cut_off', 'hangs', 'inserts', 'deletes', 'repeats'],
  cycleIsCutBy: 'scope',
  knowsUnbilled: true,
  pageSize,
  inlineLines: null,
  amountDigits: () => null,
  isMetered: true,
  discounts: 'detached',
  // ARCHIVED is only implied (contract 3.7).
  knowsVoid: false,
  open: openFake,
};

async function openFake(setup: Setup) {
  const faults = setup.faults ?? [];
  const server = await FakeSolvimon.start({
    now: setup.isCycleBilled === false ? beforeEnd : afterCycle,
    ...(faults.some((fault) => fault.kind === 'unauthorised') && { keys: {} }),
  });
  for (const document of setup.documents) {
    server.customers.push({ id: `cust_${document.customer}`, reference: document.customer });
    server.addInvoice(toInvoice(document));
  }
  for (const fault of faults) plan(server, fault);
  const source = openHttp(
    httpConfig.parse({
      kind: 'http',
      api_key_env: 'KEY',
      platform_id: 'plat_shadow',
      allow_private_address: 'true',
      page_size: pageSize,
      require_hold: 'true',
    }),
    {
      baseDir: '.',
      variables: { KEY: readKey },
      surroundings: fakeTime(server).surroundings,
      environmentUrls: { live: server.url, test: 'http://127.0.0.1:9' },
    },
  );
  return {
    source,
    requests: () => server.requests.length,
    writes: () =>
      server.requests.filter(({ method }) => method !== 'GET').map(({ method, path }) => `${method} ${path}`),
    now: () => server.now,
    close: async () => {
      await source.close();
      await server.close();
    },
  };
}

function plan(server: FakeSolvimon, fault: Fault): void {
  const everything = /./;
  switch (fault.kind) {
    case 'unauthorised':
      return;
    case 'rate_limited': {
      const headers = fault.retryAfterSeconds === null ? {} : { 'retry-after': String(fault.retryAfterSeconds) };
      return server.fault({
        path: everything,
        skip: fault.after,
        times: fault.times,
        trouble: { kind: 'status', status: 429, headers },
      });
    }
    case 'server_error':
      return server.fault({
        path: everything,
        skip: fault.after,
        times: fault.times,
        trouble: { kind: 'status', status: 500, code: 'INTERNAL_ERROR' },
      });
    case 'html':
      return server.fault({
        path: everything,
        skip: fault.after,
        times: fault.times,
        trouble: { kind: 'html', status: 200 },
      });
    case 'cut_off':
      return server.fault({ path: everything, skip: fault.after, times: fault.times, trouble: { kind: 'cut' } });
    case 'hangs':
      return server.fault({
        path: everything,
        skip: fault.after,
        times: Number.POSITIVE_INFINITY,
        trouble: { kind: 'hang', onHang: fault.onHang },
      });
    case 'repeats':
      server.repeatsLastRow = true;
      return;
    case 'inserts':
      return afterFirstPage(server, () => void server.addInvoice(toInvoice(fault.document), { first: true }));
    case 'deletes':
      return afterFirstPage(server, () => {
        const id = server.invoices[0]?.id ?? '';
        server.removeInvoice(id);
        fault.onDelete(id);
      });
  }
}

/** Changes the list once, when its second page is asked for: what was read has moved. */
function afterFirstPage(server: FakeSolvimon, change: () => void): void {
  let isDone = false;
  server.onRequest = ({ path, query }) => {
    if (isDone || path !== '/v1/invoices' || query.get('page') !== '2') return;
    isDone = true;
    change();
  };
}

const models: Partial<Record<SampleLine['kind'], LineInput['model']>> = { usage: 'USAGE_BASED', one_time: 'ONE_OFF' };

function toInvoice(sample: SampleDocument): Invoice {
  // Solvimon's credits are taken to state what is given back as positive amounts (contract 7.1, row 6).
  const turn = (amount: DecimalText) =>
    sample.kind === 'credit_note' ? toDecimalText(toDecimal(amount).negated()) : amount;
  const status = { final: 'FINAL', draft: 'DRAFT', void: 'ARCHIVED' }[sample.state];
  return makeInvoice({
    id: sample.id,
    customer: sample.customer,
    currency: sample.currency,
    periods: toPeriods(sample, turn),
    extra: {
      status,
      on_hold: false,
      type: sample.kind === 'credit_note' ? 'CREDIT' : 'STANDARD',
      created_at: sample.issuedAt,
      updated_at: sample.issuedAt,
      invoice_date: sample.issuedAt,
    },
  });
}

function toPeriods(sample: SampleDocument, turn: (amount: DecimalText) => DecimalText): readonly PeriodInput[] {
  const spans = new Map<string, SampleLine[]>();
  for (const line of sample.lines) {
    const key = `${line.period.start} ${line.period.end}`;
    spans.set(key, [...(spans.get(key) ?? []), line]);
  }
  return [...spans.values()].map((lines) => ({
    start: lines[0]?.period.start ?? '',
    end: lines[0]?.period.end ?? '',
    groups: [{ lines: lines.map((line) => toLine(line, sample.currency, turn)) }],
  }));
}

function toLine(line: SampleLine, currency: string, turn: (amount: DecimalText) => DecimalText): LineInput {
  if (line.discount !== decimalText('0')) throw new Error('Solvimon’s discounts are lines of their own');
  return {
    product: line.product,
    model: models[line.kind] ?? 'RECURRING',
    type: line.kind === 'discount' ? 'DISCOUNT' : 'REVENUE',
    pricing: line.kind === 'discount' ? 'PRODUCT_ITEM' : line.tiers.length > 0 ? 'TIERED' : 'FLAT',
    net: turn(line.amount),
    tax: turn(line.tax),
    ...(line.quantity !== null && { quantity: line.quantity }),
    rate: line.taxRate ?? '0',
    extra: {
      id: line.id,
      pricing_item_config_id: line.price,
      ...(line.tiers.length > 0 && {
        sub_lines: line.tiers.map((one, index) =>
          tier(index + 1, one.from, one.to, one.quantity, one.unitPrice, one.amount, currency),
        ),
      }),
    },
  };
}
