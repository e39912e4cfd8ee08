import { z } from 'zod';
import { causes, componentNames, levels } from '../model/verdict.js';
import { alertsSchema } from './alerts.js';
import * as s from './scalars.js';
import { sourceBlock, type SourceSchemas } from './source-block.js';

/** What the schema needs from outside: the blocks that adapters understand, and the calendar day for expiries. */
export type SchemaInput = {
  readonly legacy: SourceSchemas;
  readonly solvimon: SourceSchemas;
  /** Blocks of the sources of usage. */
  readonly usage: { readonly legacy: SourceSchemas; readonly solvimon: SourceSchemas };
  /** "YYYY-MM-DD". */
  readonly today: string;
};

const matchFields = {
  cause: s.oneOf(causes).optional().describe('Cause id, e.g. rounding.level'),
  level: s.oneOf(levels).optional().describe('usage, line, tax or header'),
  customer: s.customerKey.optional().describe('Customer key, after mapping'),
  currency: s.currency.optional().describe('ISO 4217 code'),
};

const ruleSchema = z.strictObject({
  name: s.text.optional().describe('Shown beside every mismatch that the rule lets pass'),
  when: z
    .strictObject({
      ...matchFields,
      component: s
        .oneOf(componentNames)
        .optional()
        .describe('What all of the difference is made of: quantity, price, rounding, tax_rate and so on'),
    })
    .describe('Which mismatches the rule is for; every field given must fit'),
  over: s.limit.describe('How much more Solvimon may bill: 1mu, 0.02 or 0.5%'),
  under: s.limit.describe('How much less Solvimon may bill: 1mu, 0.02 or 0.5%'),
  budget: s.amount.optional().describe('Most that is tolerated per customer and cycle in total, in major units'),
  reason: s.text.describe('Why this difference is fine'),
  expires: s.date.optional().describe('First day on which the rule no longer holds'),
  owner: s.text.optional().describe('Who answers for it'),
});

const knownSchema = (today: string) =>
  z.strictObject({
    id: s.text.describe('Your name for it, e.g. KD-7'),
    match: z
      .strictObject({
        ...matchFields,
        fingerprint: s.text.optional().describe('Fingerprint of the root cause'),
        max_abs: s.amount.optional().describe('Largest single difference it covers, in major units'),
      })
      .refine((match) => Object.keys(match).some((key) => key !== 'max_abs'), {
        error: 'fits every mismatch. Name at least a cause, level, customer, currency or fingerprint',
      })
      .describe('Which mismatches it covers; every field given must fit'),
    reason: s.text.describe('Why the difference is accepted'),
    owner: s.text.describe('Who answers for it'),
    expires: s.expiryFrom(today).describe(`First day on which it no longer holds; at most ${s.maxKnownDays} days away`),
    max_amount: s.amount.describe('Most money it may cover per cycle and currency, in major units'),
    legacy_is_wrong: s.bool
      .default(false)
      .describe('true: Solvimon is right, and what it covers was billed wrongly by the old system'),
  });

const cohortSchema = z.strictObject({
  id: s.text.describe('Name of the cohort'),
  step: s.text.optional().describe('Rung of the policy whose gate is asked; the first one when it is not named'),
  selection: s
    .oneOf(['random', 'convenience'])
    .default('convenience')
    .describe('random: the members were drawn by chance from the frame; only then they feed a bound'),
  seed: s.text.optional().describe('Seed of the draw, when the selection is random'),
  select: z
    .strictObject({
      customers: z.array(s.customerKey).optional().describe('Customer keys, when the members are named'),
      country: s.text.optional().describe('Country of the customer'),
      plan: z.array(s.text).optional().describe('Plans'),
      usage: s.bool.optional().describe('Whether customers with usage charges are in'),
      max_mrr: s.amount.optional().describe('Largest monthly amount of a member, in major units'),
    })
    .describe('Who is in; resolved once and kept as a list of members'),
  gates: z
    .strictObject({
      coverage: s.comparison.optional().describe('Share of pairs that were compared'),
      explained_rate: s.comparison.optional().describe('Share of mismatches with a proven or likely cause'),
      amount_at_risk: z
        .strictObject({
          max_over: s.amount.describe('Most that customers may be billed too much, in major units'),
          max_under: s.amount.describe('Most that may be billed too little, in major units'),
          per: s.oneOf(['cycle']).describe('cycle'),
        })
        .optional()
        .describe('Money at risk'),
      consecutive_clean_cycles: s.count(1, 24).optional().describe('Clean cycles in a row'),
      single_biller: s
        .oneOf(['required'])
        .optional()
        .describe('required, which always holds: nobody is billed by both systems, and nothing switches that off'),
      usage_variance: s.comparison.optional().describe('Difference in usage between the sides'),
    })
    .optional()
    .describe('Requirements that differ from the policy'),
});

const goliveSchema = z.strictObject({
  close_days: s
    .count(0, 30)
    .default(5)
    .describe('Working days after the end of a cycle that finance needs to close it'),
  holidays: z.array(s.date).default([]).describe('Days on which nobody works'),
  away: z
    .array(
      z.strictObject({
        from: s.date.describe('First day'),
        to: s.date.describe('Last day'),
        who: s.text.describe('Who or what is away, e.g. a change freeze'),
      }),
    )
    .default([])
    .describe('Calendar of the team: no cutover on these days'),
  bill_run_day: s.count(1, 28).default(1).describe('Day of the month on which Solvimon bills'),
  fix_deploy_hours: s.count(0, 2000).default(24).describe('Hours a fix needs until it works'),
  rollback_cycles: s.count(1, 12).default(2).describe('Live cycles after which the way back closes'),
  events: z
    .array(z.strictObject({ on: s.date.describe('Day'), what: s.text.describe('What happens') }))
    .default([])
    .describe('Further dates for the timeline'),
});

/** The whole of shadowbill.yml. Strict everywhere: a key we do not know is a mistake and not a wish. */
export function configSchema(input: SchemaInput) {
  return z.strictObject({
    version: s.oneOf(['1']).describe('Version of this file: 1'),
    timezone: s.zone.describe('Zone whose midnights cut the cycles'),
    data_dir: s.text.default('.data').describe('Folder of the embedded database and of working files'),
    base_url: s.webAddress.optional().describe('Address of the web pages, for links in output and alerts'),
    sources: z
      .strictObject({
        legacy: sourceBlock(input.legacy).describe('The billing system you leave; its kind decides the other keys'),
        solvimon: sourceBlock(input.solvimon).describe('Solvimon; its kind decides the other keys'),
      })
      .describe('The two systems'),
    usage: z
      .strictObject({
        legacy: sourceBlock(input.usage.legacy).describe(
          'Usage as the old system counted it; its kind decides the other keys',
        ),
        solvimon: sourceBlock(input.usage.solvimon).describe(
          'Usage as Solvimon took it in; its kind decides the other keys',
        ),
        slack_hours: s
          .count(0, 240)
          .default(48)
          .describe('Hours around the cycle in which an event that went to the wrong day is still looked for'),
      })
      .optional()
      .describe('Where the usage of both systems is read, to check it before invoices are compared'),
    mapping: z
      .strictObject({
        customers: s.text.optional().describe('CSV with the columns legacy,solvimon, relative to this file'),
        products: s.text.optional().describe('CSV with the columns legacy,solvimon, relative to this file'),
        meters: s.text
          .optional()
          .describe(
            'CSV with the columns legacy,solvimon and, where they are needed, product (legacy’s id of what the meter is billed as) and aggregation, relative to this file',
          ),
        strict: s.bool.default(false).describe('true: an unmapped id never joins by being spelled alike'),
      })
      .prefault({})
      .describe('How ids of both systems are joined'),
    compare: z
      .strictObject({
        quantity: s.bool.default(true).describe('Whether quantities are compared'),
        unit_price: s.bool.default(true).describe('Whether unit prices are compared'),
        tax: s.oneOf(['line', 'document', 'off']).default('line').describe('line, document or off'),
        period: s.oneOf(['exact', 'date', 'off']).default('exact').describe('exact, date or off'),
      })
      .prefault({})
      .describe('What is compared'),
    tolerance: z
      .strictObject({
        default: z
          .strictObject({
            over: s.limit.describe('How much more Solvimon may bill where no rule fits'),
            under: s.limit.describe('How much less Solvimon may bill where no rule fits'),
          })
          .optional()
          .describe('For whatever no rule fits; without it amounts must be equal to the minor unit'),
        rules: z.array(ruleSchema).default([]).describe('The first rule that fits applies'),
      })
      .prefault({})
      .describe('How much may differ'),
    known: z
      .array(knownSchema(input.today))
      .default([])
      .describe('Known differences: accepted for a while, in the open'),
    run: z
      .strictObject({
        slack_days: s
          .count(0, 60)
          .default(7)
          .describe('Days around the cycle read from a source without a period filter'),
        chunk_size: s.count(1, 10_000).default(500).describe('Most customers per job'),
      })
      .prefault({})
      .describe('How a run works'),
    snapshots: z
      .strictObject({
        keep: z
          .array(s.text)
          .default([])
          .describe('Fields about people that are kept in records as they were sent: email, billing_address, …'),
        remove: z
          .array(s.text)
          .default([])
          .describe('Further fields that are taken out of records before they are stored'),
      })
      .optional()
      .describe('What is kept of the records of billing systems besides what is compared'),
    schedule: z
      .strictObject({
        nightly: s.cron.optional().describe('Cron fields, in the timezone above'),
        settle_grace: s.duration.optional().describe('How long after the end of a cycle late usage may arrive'),
        must_finish_by: s.clockTime.optional().describe('When a missing run raises an alert'),
        look_back: s.count(1, 12).default(1).describe('How many ended cycles each night compares, the newest first'),
        running_cycle: s.bool
          .default(false)
          .describe('true: the cycle that is still running is compared each night as well'),
      })
      .optional()
      .describe('When runs start by themselves'),
    policy: s.text.optional().describe('YAML file of the gate policy, relative to this file; its defaults without it'),
    roster: s.text
      .optional()
      .describe('CSV of the expected customers from contract data, relative to this file: customer,currency,…'),
    reporting: z
      .strictObject({
        currency: s.currency.describe('Currency in which cohorts are judged as a whole'),
        rates: z
          .record(s.currency, s.amount)
          .default({})
          .describe('Fixed rate of each other currency: reporting units for one of its units'),
      })
      .optional()
      .describe('How currencies are brought together; not needed for one currency'),
    golive: goliveSchema.optional().describe('Calendar of the cutover'),
    cohorts: z.array(cohortSchema).default([]).describe('Groups of customers that move together'),
    alerts: alertsSchema.optional().describe('Who is told what'),
    api: z
      .strictObject({
        host: s.text.optional().describe('Address to listen on'),
        port: s.count(1, 65_535).optional().describe('Port to listen on'),
      })
      .optional()
      .describe('The web pages and their API'),
    ops: z
      .strictObject({
        host: s.text.default('127.0.0.1').describe('Address to listen on'),
        port: s.count(1, 65_535).describe('Port to listen on; everybody who reaches it may read'),
      })
      .optional()
      .describe('Health and metrics of serve and worker: /healthz, /readyz, /metrics'),
    auth: z
      .strictObject({
        session_hours: s.count(1, 72).default(8).describe('Hours after which somebody signs in again'),
        issuer: s.webAddress.describe('OpenID Connect issuer'),
        client_id: s.text.describe('Client id at the issuer'),
        client_secret_env: s.variableName.optional().describe('Variable that holds the client secret'),
        roles: z
          .strictObject({
            admin: z.array(s.text).optional(),
            approver: z.array(s.text).optional(),
            operator: z.array(s.text).optional(),
            analyst: z.array(s.text).optional(),
            viewer: z.array(s.text).optional(),
            auditor: z.array(s.text).optional(),
          })
          .optional()
          .describe('Groups of the issuer that have each role'),
      })
      .optional()
      .describe('Signing in'),
    work: z
      .strictObject({
        accept_limits: z
          .record(s.currency, s.amount)
          .default({})
          .describe(
            'By currency: most money that one person may accept alone in a cycle, in major units. Not named: none',
          ),
      })
      .optional()
      .describe('Accepting differences'),
    signoff: z
      .strictObject({
        approvers: s
          .count(2, 10)
          .default(2)
          .describe('How many people sign a cycle: the preparer and the reviewers, at least two'),
        allow_maker: s.bool
          .default(false)
          .refine((allowed) => !allowed, { error: 'cannot be true: who prepared never reviews. Remove the key' })
          .describe('Always false: who prepared never reviews'),
        certification: s.text.optional().describe('The text that people sign'),
      })
      .optional()
      .describe('Signing a cycle off'),
  });
}

/** The configuration with every default filled in. Plain JSON: it is stored with each run and hashed. */
export type Config = z.output<ReturnType<typeof configSchema>>;
