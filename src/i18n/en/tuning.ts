import { plural } from '../grammar.ts';

/** What people read of the nightly training. */
export const tuning = {
  'step.tune.data': 'Reading what people judged…',
  'step.tune.alerts': 'Learning which alerts are false…',
  'step.tune.anomaly': 'Training: anomaly…',
  'step.tune.sentiment': 'Training: sentiment…',
  'step.tune.summary': 'Training: summary…',
  tuneBehind: (since: string) => `A training is running since ${since}; this one begins after it.`,
  'step.tune.done': 'Training done.',
  'tune.target.alerts': 'alerts (kept quiet or told)',
  'tune.target.anomaly': 'anomaly',
  'tune.target.sentiment': 'sentiment',
  'tune.target.summary': 'summary',
  'tune.reason.better': 'better on what it had not seen: it serves now',
  'tune.reason.not_better': 'not better than what serves: nothing changed',
  'tune.reason.worse': 'worse than what serves: nothing changed',
  'tune.reason.too_few': 'too few judgements yet: nothing changed',
  'tune.reason.leak': 'the test was in the training: nothing changed',
  'tune.reason.failed': 'could not be trained: nothing changed',
  'tune.reason.overtaken': 'what serves changed meanwhile: nothing changed',
  'tune.reason.rolled_back': 'rolled back',
  tuneTitle: (promoted: number, all: number) => `Training: ${promoted} of ${all} candidates took over.`,
  tuneScore: (candidate: string, serving: string, low: string, high: string) =>
    `${candidate} against ${serving} (difference ${low} to ${high})`,
  tuneData: (version: string, train: string, test: string, texts: string) =>
    `Data ${version}: ${train} judged alerts to learn from, ${test} to test on, ${texts} texts.`,
  tuneServes: (what: string, since: string) => `${what}: trained, since ${since}`,
  tuneUntrained: (what: string) => `${what}: untrained`,
  tuneStatus: 'What serves',
  tuneHistory: 'Last trainings',
  tuneHint: '/logs tune now [task] trains at once, /logs tune back TASK returns to what served before.',
  tuneChart: 'Scores: candidate against serving (95 % interval)',
  tuneCandidate: 'candidate',
  tuneServing: 'serving',
  tuneAlerts: 'alerts',
  tuneWhat: 'what',
  tuneTrainer: 'trainer',
  tuneDifference: 'difference (95 %)',
  tuneBack: (what: string) => `${what}: what served before serves again.`,
  tuneDisclosed: (count: number) =>
    `It had kept ${count} ${plural(count, 'alert')} quiet that nobody was told of: ${plural(count, 'it is told', 'they are told')} now, the worst first.`,
  tuneWillDisclose:
    'What it had kept quiet is told in the alert channel by the running bot within half a minute.',
  tuneNothingBack: (what: string) => `${what}: nothing trained serves, so there is nothing to go back to.`,
};
