import { writeFileSync } from 'node:fs';
import os from 'node:os';
import { clopperPearsonUpper } from '../../src/confidence/clopper-pearson.js';
import { gridVersion } from '../../src/confidence/e-process.js';
import { type Gate, gates, type Outcome, type Scenario, simulate } from './simulate.js';

/*
 * False promotion and nights to promote over workload W6: `npm run bench:gates`. Writes docs/GATES.md. Exits 1 when our
 * gate promotes a system at or over its tolerance more often than the risk limit in any scenario.
 */

const seed = 20261124;
const runs = 4000;
const limit = 0.01;
const factors = [0, 0.3, 0.9, 1, 1.1, 1.5];
const riskLimit = 0.05;

const scenarios: readonly Scenario[] = [
  { name: 'independent, 100 invoices a night', customersPerNight: 100, invoicesPerCustomer: 1, icc: 0, nights: 30 },
  { name: 'independent, 1,000 invoices a night', customersPerNight: 1000, invoicesPerCustomer: 1, icc: 0, nights: 30 },
  { name: 'independent, 5,000 invoices a night', customersPerNight: 5000, invoicesPerCustomer: 1, icc: 0, nights: 30 },
  {
    name: 'independent, 100 invoices a night, 90 looks',
    customersPerNight: 100,
    invoicesPerCustomer: 1,
    icc: 0,
    nights: 90,
  },
  {
    name: '10 invoices a customer, ICC 0.05, 1,000 a night',
    customersPerNight: 100,
    invoicesPerCustomer: 10,
    icc: 0.05,
    nights: 30,
  },
  {
    name: '10 invoices a customer, ICC 0.2, 1,000 a night',
    customersPerNight: 100,
    invoicesPerCustomer: 10,
    icc: 0.2,
    nights: 30,
  },
  {
    name: '10 invoices a customer, ICC 0.5, 1,000 a night',
    customersPerNight: 100,
    invoicesPerCustomer: 10,
    icc: 0.5,
    nights: 30,
  },
  {
    name: '10 invoices a customer, all right or all wrong, 1,000 a night',
    customersPerNight: 100,
    invoicesPerCustomer: 10,
    icc: 1,
    nights: 30,
  },
];

type Row = { readonly scenario: Scenario; readonly factor: number; readonly outcomes: Readonly<Record<Gate, Outcome>> };

const began = performance.now();
const rows: readonly Row[] = scenarios.flatMap((scenario) =>
  factors.map((factor) => ({
    scenario,
    factor,
    outcomes: simulate(scenario, { limit, rate: limit * factor, runs, seed }),
  })),
);
const seconds = ((performance.now() - began) / 1000).toFixed(1);
const worst = worstFalse();
const text = report();
writeFileSync(new URL('../../docs/GATES.md', import.meta.url), text);
process.stdout.write(`${text}\n${seconds} s\n`);
if (worst.share > riskLimit) {
  process.stderr.write(`the gate promoted ${percent(worst.share)} of unsafe systems in "${worst.name}"\n`);
  process.exitCode = 1;
}

function worstFalse(): { readonly share: number; readonly name: string } {
  return rows
    .filter(({ factor }) => factor >= 1)
    .map(({ scenario, factor, outcomes }) => ({
      share: outcomes.shadowbill.promoted / runs,
      name: `${scenario.name}, ${factor} x limit`,
    }))
    .reduce((most, one) => (one.share > most.share ? one : most));
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}

function cell({ promoted, medianNight }: Outcome): string {
  return `${percent(promoted / runs)}${medianNight === null ? '' : ` · ${medianNight}`}`;
}

function table(scenario: Scenario): readonly string[] {
  return [
    `### ${scenario.name}${scenario.nights === 30 ? '' : ` (${scenario.nights} nights)`}`,
    '',
    `| true rate | ${gates.join(' | ')} |`,
    `|---|${gates.map(() => '---|').join('')}`,
    ...rows
      .filter((row) => row.scenario === scenario)
      .map(
        ({ factor, outcomes }) =>
          `| ${factor} x limit${factor >= 1 ? ' **unsafe**' : ''} | ${gates.map((gate) => cell(outcomes[gate])).join(' | ')} |`,
      ),
    '',
  ];
}

function report(): string {
  const upper = clopperPearsonUpper({ k: Math.round(worst.share * runs), n: runs, conf: 0.95 });
  const [cpu] = os.cpus();
  return [
    '# How often a gate promotes a system that is not good enough',
    '',
    'Written by `npm run bench:gates`; do not edit. Every night shadow bills new customers, and every gate looks every night.',
    `The limit is ${percent(limit)} of invoices wrong. A cell shows how many of ${runs.toLocaleString('en')} runs were promoted within the nights, and the`,
    'median night of those. Where the true rate is at the limit or above it, every promotion is a false one.',
    '',
    '- *naive latest*: the latest run has at most the limit. *naive cumulative*: all runs together have at most the limit.',
    '- *Clopper-Pearson peeking*: the one-look 95 % upper limit of all invoices is at most the limit, looked at nightly.',
    `- *shadowbill*: the count evidence of the product (${gridVersion}) with customers as units, risk limit ${percent(riskLimit)}. Only the evidence is`,
    '  simulated; the product also asks for clean cycles, an exact census, agreeing nights and a billing boundary.',
    '- Customers are the unit because the invoices of one customer fail together. In the clustered scenarios a customer with one',
    '  wrong invoice is a bad customer, so at a low correlation our gate asks for more than the limit on invoices: it is strict.',
    '',
    `**Worst false promotion of our gate: ${percent(worst.share)}** (${worst.name}; 95 % upper limit of the simulation ${percent(upper)}); the risk limit is ${percent(riskLimit)}.`,
    '',
    ...scenarios.flatMap(table),
    '## Reading it',
    '',
    '- Looking at the latest run only, a system at the limit is promoted sooner or later with certainty, and at small volumes so is one well above it.',
    '- Adding the nights up still promotes nine in ten systems at the limit, most of them on the first night; correlation makes it worse above the limit.',
    '- The textbook limit is right for one planned look. Looked at nightly it promotes several times its nominal 5 % of the systems at the limit, and invoices that fail together break it.',
    '- With no event at all the first row shows the price of our gate: 339 clean customers for 1 %, not 299.',
    '',
    `Seed ${seed}, ${runs.toLocaleString('en')} runs, date ${new Date().toISOString().slice(0, 10)}, Node ${process.version}, ${cpu?.model.trim() ?? 'unknown processor'} x ${os.cpus().length}.`,
    '',
  ].join('\n');
}
