import { plural } from '../grammar.ts';
import { number } from '../numbers.ts';

/** Answers and incidents on the terminal. */
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
  incidents: (count: number, all: boolean) =>
    count > 0
      ? `${count} ${all ? '' : 'open '}${plural(count, 'incident')}, the worst first`
      : all
        ? 'No incident is known: nothing was read yet, or nothing was wrong in it.'
        : 'No open incident. --all also lists those that are resolved, muted or kept quiet.',
  'standing.open': 'open',
  'standing.acknowledged': 'acknowledged',
  'standing.resolved': 'resolved',
  'standing.muted': 'muted',
  'standing.suppressed': 'kept quiet',
  since: (first: string, last: string) => `since ${first}, last ${last}`,
  lines: (count: number) => `${number(count)} ${plural(count, 'line')}`,
  cause: (cause: string) => `Cause: ${cause}`,
};
