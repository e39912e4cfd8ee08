import { makeInvoice, october } from '../test/fakes/solvimon/invoice.js';
import { FakeSolvimon } from '../test/fakes/solvimon/server.js';

/*
 * The fake Solvimon in a process of its own, so that its memory and its work are not the puller's. Argument: how many
 * invoices of eight lines. Prints its address and waits for its parent to go away.
 */

const count = Number(process.argv[2] ?? '20000');
const linesPerInvoice = 8;
const server = await FakeSolvimon.start({ largestPage: 1000, latencyMs: Number(process.argv[3] ?? '0') });
const start = Date.parse('2026-10-01T00:00:00Z');
for (let index = 0; index < count; index += 1) {
  const lines = Array.from({ length: linesPerInvoice }, (_, line) => ({
    product: `product-${line}`,
    model: line % 2 === 0 ? ('RECURRING' as const) : ('USAGE_BASED' as const),
    net: `${(index % 900) + line}.50`,
    tax: '0.10',
    quantity: `${index + line}`,
  }));
  server.addInvoice(
    makeInvoice({
      id: `invo_${index}`,
      customer: `customer-${index}`,
      periods: [{ ...october, groups: [{ lines }] }],
      extra: { created_at: new Date(start + index * 100).toISOString() },
    }),
  );
}
process.stdout.write(`${server.url}\n`);
process.on('disconnect', () => process.exit(0));
