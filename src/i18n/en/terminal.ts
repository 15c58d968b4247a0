/** An answer on the terminal. */
export const terminal = {
  verdict: 'Verdict',
  causes: 'Causes',
  evidence: 'Evidence',
  ruledOut: 'Ruled out',
  solution: 'What to do',
  noModel: 'no model',
  cached: 'from the cache',
  'verdict.confirmed': 'confirmed',
  'verdict.likely': 'likely',
  'verdict.inconclusive': 'inconclusive',
};
