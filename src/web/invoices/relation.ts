/** What stands between the two papers: a sign and its words. */
export const relations: Readonly<Record<string, readonly [string, string]>> = {
  equal: ['=', 'equal'],
  within_tolerance: ['≈', 'within tolerance'],
  differs: ['≠', 'differs'],
  split: ['1→n', 'split'],
  merged: ['n→1', 'merged'],
  only_legacy: ['◁', 'only legacy'],
  only_solvimon: ['▷', 'only solvimon'],
  ambiguous: ['?', 'ambiguous'],
  not_summed: ['·', 'not summed'],
};
