import { mkdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { invariant } from '../model/invariant.js';
import { type CycleId, parseCycleId } from '../model/ids.js';
import { decimalText, toDecimal, toDecimalText } from '../model/money.js';
import { type Customer, makeCustomers } from './business.js';
import type { Case } from './case.js';
import { countUsage, goodwill, mainInvoice } from './contracts.js';
import { makeEvents } from './events.js';
import { type CycleCases, plantAll, type PlantedCase } from './planting.js';
import { Random } from './random.js';
import { rate } from './rate.js';
import { truthFile, type TruthFile, truthsOf } from './truth.js';
import { writeConfig, writePolicy } from './write-config.js';
import { writeLegacyEvents, writeSolvimonEvents } from './write-events.js';
import { writeLegacy } from './write-legacy.js';
import { writeCustomerMapping, writeMeterMapping, writeProductMapping, writeRoster } from './write-lists.js';
import { writeSolvimon } from './write-solvimon.js';

/** The cycles of the demo, in order. */
export const demoCycles: readonly CycleId[] = ['2026-09', '2026-10'].map((text) => {
  const cycle = parseCycleId(text);
  invariant(cycle !== undefined, 'a cycle id is expected', { text });
  return cycle;
});

/** A file of the demo: its path under the demo's folder, and its bytes. */
export type DemoFile = { readonly path: string; readonly content: string | Buffer };

/**
 * Makes the demo: two months of a made-up business, billed by the old system and by Solvimon, with differences of every
 * cause planted in between. Pure but for the seed: the same seed gives the same bytes. `truth.json` lists what was planted
 * and by how much it must differ.
 */
export function makeDemo(seed: number): { readonly files: readonly DemoFile[]; readonly truth: TruthFile } {
  const random = new Random(`shadowbill demo ${seed}`);
  const customers = makeCustomers(random);
  const months = demoCycles.map((cycle) => monthOf(cycle, customers, random));
  const planted = plantAll(months, customers, random.fork('plants'));
  const written = planted.map(({ cycle, cases }) => writeCycle(cycle, cases, random));
  const truth = truthFile(seed, customers.length, written);
  return {
    truth,
    files: [
      { path: 'shadowbill.yml', content: writeConfig() },
      { path: 'policy.yml', content: writePolicy() },
      ...listFiles(customers, planted),
      ...written.flatMap((one) => one.files),
      {
        path: 'solvimon/events.ndjson',
        content: writeSolvimonEvents(planted.flatMap(({ cases }) => cases.map(({ one }) => one))),
      },
      { path: 'truth.json', content: `${JSON.stringify(truth, null, 1)}\n` },
    ],
  };
}

/** Writes the demo under `dir`. Files of an earlier demo are replaced; the database beside them is left alone. */
export async function writeDemo(input: { readonly dir: string; readonly seed: number }): Promise<TruthFile> {
  const { files, truth } = makeDemo(input.seed);
  for (const folder of ['legacy', 'solvimon', 'mapping'])
    await rm(path.join(input.dir, folder), { recursive: true, force: true });
  for (const folder of new Set(files.map((file) => path.dirname(path.join(input.dir, file.path)))))
    await mkdir(folder, { recursive: true });
  for (const file of files) await writeFile(path.join(input.dir, file.path), file.content);
  return truth;
}

/** Every customer's month, the same in both systems. One month in eighty has a goodwill credit. */
function monthOf(cycle: CycleId, customers: readonly Customer[], random: Random): CycleCases {
  const cases = customers.map((customer): readonly [number, Case] => {
    const own = random.fork(`${cycle} ${customer.number}`);
    const counted = countUsage(customer, own.fork('usage'));
    const input = { customer, cycle, counted, currency: customer.currency, random: own };
    const hasCredit =
      customer.plan !== 'developer' && customer.cohort !== 'ireland' && own.fork('credit').int(1, 80) === 1;
    const documents = [mainInvoice(input), ...(hasCredit ? [goodwill(input)] : [])];
    const events = makeEvents(customer, cycle, counted, own.fork('events'));
    return [
      customer.number,
      {
        input,
        legacy: documents,
        solvimon: documents,
        legacyEvents: events,
        solvimonEvents: events,
        isCustomerMapped: true,
        isAmbiguous: false,
      },
    ];
  });
  return { cycle, cases: new Map(cases) };
}

function writeCycle(cycle: CycleId, planted: readonly PlantedCase[], random: Random) {
  const cases = planted.map(({ one }) => one);
  const legacy = writeLegacy(cycle, cases);
  const solvimon = writeSolvimon(cycle, cases, random.fork(`solvimon ${cycle}`));
  const files: readonly DemoFile[] = [
    { path: `legacy/${cycle}/invoices.csv`, content: legacy.csv },
    { path: `legacy/${cycle}/manifest.json`, content: legacy.manifest },
    { path: `legacy/${cycle}/usage.csv`, content: writeLegacyEvents(cases) },
    ...solvimon.pages.map((content, index) => ({
      path: `solvimon/${cycle}/invoices/page-${String(index + 1).padStart(3, '0')}.json`,
      content,
    })),
  ];
  return { cycle, files, truths: truthsOf(cycle, planted, { legacy, solvimon }) };
}

function listFiles(
  customers: readonly Customer[],
  planted: readonly { readonly cases: readonly PlantedCase[] }[],
): readonly DemoFile[] {
  const [first] = planted;
  const forgotten = new Set(
    planted
      .flatMap(({ cases }) => cases)
      .filter(({ one }) => !one.isCustomerMapped)
      .map(({ one }) => one.input.customer.number),
  );
  const roster = (first?.cases ?? []).map(({ one }) => ({ customer: one.input.customer, mrr: monthlyFees(one) }));
  return [
    { path: 'mapping/customers.csv', content: writeCustomerMapping(customers, forgotten) },
    { path: 'mapping/products.csv', content: writeProductMapping() },
    { path: 'mapping/meters.csv', content: writeMeterMapping() },
    { path: 'roster.csv', content: writeRoster(roster) },
  ];
}

/** Net fees of a whole month, before anything was planted. */
function monthlyFees({ input }: Case) {
  const { charges, currency } = mainInvoice(input);
  return toDecimalText(
    charges
      .filter((charge) => (charge.kind === 'fee' || charge.kind === 'seat') && charge.share === null)
      .reduce((sum, charge) => sum.plus(rate(charge, currency).net), toDecimal(decimalText('0'))),
  );
}
