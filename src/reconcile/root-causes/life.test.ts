import { expect, test } from 'vitest';
import { decisions, life, nextState, rootCauseEvents, rootCauseStates } from './life.js';

test('every state answers every event, with a state or a refusal', () => {
  for (const state of rootCauseStates) {
    expect(Object.keys(life[state]).sort()).toEqual([...rootCauseEvents].sort());
    for (const event of rootCauseEvents) expect([...rootCauseStates, 'refused']).toContain(nextState(state, event));
  }
});

test('what a cycle finds is never refused: each state can be seen, changed and gone', () => {
  for (const state of rootCauseStates)
    for (const event of ['seen', 'changed', 'gone'] as const) expect(nextState(state, event)).not.toBe('refused');
});

test('only a declared fix, or a regression that went away, becomes fix-verified; what goes by itself is closed', () => {
  const verified = rootCauseStates.filter((state) => nextState(state, 'gone') === 'fix-verified');
  expect(verified).toEqual(['fix-ready', 'fix-verified', 'regressed']);
  expect(nextState('unknown', 'gone')).toBe('closed');
});

test('what was gone and comes back is regressed, whatever closed it', () => {
  expect([nextState('closed', 'seen'), nextState('fix-verified', 'seen')]).toEqual(['regressed', 'regressed']);
});

test('an acceptance ends when its date comes or its shape or money changes', () => {
  expect([nextState('accepted', 'seen'), nextState('accepted', 'expired'), nextState('accepted', 'changed')]).toEqual([
    'accepted',
    'known',
    'unknown',
  ]);
});

test('nobody can decide about what is gone, except to open it again', () => {
  for (const state of ['closed', 'fix-verified'] as const)
    expect(decisions.filter((decision) => nextState(state, decision) !== 'refused')).toEqual(['reopen']);
});
