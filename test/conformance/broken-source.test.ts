import { AssertionError } from 'node:assert';
import { describe, expect, test } from 'vitest';
import { AppError } from '../../src/errors.js';
import { type Breakage, breakages } from './breakages.js';
import { memoryHarness } from './memory-source.js';
import { conformanceChecks } from './suite.js';

/*
 * A suite that cannot fail proves nothing. Each source here is whole but for one thing, and the law named beside it must
 * find that out; others may too.
 */
const caughtBy = {
  loses_the_last_page: 'pages are read to the last one',
  trusts_the_first_pass: 'a document that appears while pages are read is not lost',
  trips_over_a_lost_cursor: 'a document that vanishes while pages are read takes no other with it',
  doubles_a_document: 'pages are read to the last one',
  keeps_repeated_records: 'a record that is sent twice is one document',
  swallows_a_500: 'a lasting failure of the server is never an empty or smaller cycle',
  takes_a_cut_off_reply_for_the_end: 'a reply that is always cut off is never a smaller cycle',
  takes_a_web_page_for_an_empty_list: 'a web page instead of data is never an empty cycle',
  retries_401: 'refused credentials end the pull at once and for good',
  says_nothing_about_429: 'a request to slow down with Retry-After reaches the queue and is obeyed',
  does_not_wait_after_429: 'a request to slow down without Retry-After reaches the queue and is obeyed',
  rounds_an_amount: 'amounts are exact to the last digit',
  reads_numbers_as_floats: 'amounts are exact to the last digit',
  loses_lines_after_the_tenth: 'every line of every document is there, however many there are',
  drops_zero_lines: 'every shape of money arrives as it was billed',
  ignores_abort: 'an abort stops the pull promptly',
  writes: 'nothing is ever written',
  drops_what_it_cannot_read: 'an unknown currency rejects its document and no other',
  miscounts: 'every record is accounted for',
  forgets_where_it_was: 'a pull killed at any checkpoint goes on to the same documents',
  resumes_from_the_start: 'a pull killed at any checkpoint goes on to the same documents',
  gives_no_checkpoint: 'a pull killed at any checkpoint goes on to the same documents',
  closes_periods: 'periods are half-open in the zone of the source',
  takes_the_neighbours_in: 'periods are half-open in the zone of the source',
  ignores_the_customers_asked_for: 'only the customers asked for are read',
  bills_credits: 'credit notes are there when they are declared, and negative',
  flattens_tiers: 'tiers are where they are declared',
  hides_line_tax: 'tax is stated on the level that is declared',
  judges_drafts: 'a draft is not ready, and a void document owes nothing',
  calls_an_unbilled_cycle_empty: 'a cycle that is not billed yet is never an empty one',
  calls_an_empty_cycle_incomplete: 'an empty cycle is complete and has no documents',
  translates_by_the_clock: 'raw records replay to the same documents',
  keeps_no_raw_record: 'raw records replay to the same documents',
  cannot_read_one_again: 'one document can be read again by its id',
  takes_no_tokens: 'each request asks for a token first',
  checks_nothing: 'check names refused credentials in plain words',
  answers_in_another_order: 'the same input gives the same documents in the same order',
  gives_up_at_a_500: 'a passing failure of the server changes nothing',
  gives_up_at_a_cut_off_reply: 'a cut-off reply changes nothing when it passes',
  repeats_line_ids: 'every document is in itself sound',
  speaks_in_fragments: 'check finds nothing wrong with a healthy source',
  forgets_its_side: 'the source says which side and system it is',
} as const satisfies Record<Breakage, string>;

const checkNamed = (name: string) => {
  const found = conformanceChecks.find((check) => check.name === name);
  if (found === undefined) throw new Error(`there is no check named ${name}`);
  return found;
};

describe('the suite finds out a source that', () => {
  for (const breakage of breakages)
    test(breakage.replaceAll('_', ' '), async () => {
      // Caught by the law itself or by what the source threw against it, never by a slip of the suite.
      await expect(checkNamed(caughtBy[breakage]).run(memoryHarness(breakage))).rejects.toSatisfy(
        (error: unknown) => error instanceof AssertionError || error instanceof AppError,
      );
    });

  test('is broken is told from a whole one by the same checks', async () => {
    for (const name of new Set<string>(Object.values(caughtBy))) await checkNamed(name).run(memoryHarness());
  });

  test('has names that stand once', () => {
    expect(new Set(conformanceChecks.map(({ name }) => name)).size).toBe(conformanceChecks.length);
  });

  test('breaks any one law: there is none that nothing breaks', () => {
    const named = new Set<string>(Object.values(caughtBy));
    expect(conformanceChecks.map(({ name }) => name).filter((name) => !named.has(name))).toEqual([]);
  });
});
