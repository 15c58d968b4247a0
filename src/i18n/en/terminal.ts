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
  /** @param hidden how many more `--all` lists */
  incidents: (count: number, all: boolean, hidden: number) =>
    count > 0
      ? `${count} ${all ? '' : 'open '}${plural(count, 'incident')}, the worst first${hidden > 0 ? `; ${hidden} more with --all` : ''}`
      : all
        ? 'No incident is known: nothing was read yet, or nothing was wrong in it.'
        : hidden > 0
          ? `No open incident. --all lists ${hidden} that ${plural(hidden, 'is', 'are')} resolved, muted or kept quiet.`
          : 'No open incident, and none that is over, muted or kept quiet.',
  severity: (severity: number) => `[severity ${severity} of 5]`,
  'standing.open': 'open',
  'standing.acknowledged': 'acknowledged',
  'standing.resolved': 'resolved',
  'standing.muted': 'muted',
  'standing.suppressed': 'kept quiet',
  since: (first: string, last: string) => `since ${first}, last ${last}`,
  lines: (count: number) => `${number(count)} ${plural(count, 'line')}`,
  cause: (cause: string) => `Cause: ${cause}`,
};
