import type { Anomaly } from './anomaly.ts';

/** What a person said about an alert; the detectors learn from it, and so does the trainer. */
export const VERDICTS = ['false_alarm', 'real'] as const;
export type Verdict = (typeof VERDICTS)[number];

/**
 * One judgement on what one detector said about one template of one service. Kept in the state store under the kind
 * `feedback`, ranked by `at`; the pipeline reads new ones from there, so bot and pipeline need not share a process.
 */
export interface Feedback {
  /** Unique; the same press of a button gives the same id. */
  id: string;
  verdict: Verdict;
  service: string;
  /** Template id of the anomaly, `''` where it had none. */
  template: string;
  /** As the anomaly named it: `error-burst`, `session`, …; `''` for a foreign producer that names none. */
  detector: string;
  /** Epoch milliseconds. */
  at: number;
  /** Who said it, and on which incident. */
  by?: string;
  incident?: string;
}

/** A judgement on one anomaly; `id` names the press of the button. */
export function feedbackOn(
  anomaly: Pick<Anomaly, 'service' | 'template' | 'detector'>,
  verdict: Verdict,
  from: { id: string; at: number; by?: string; incident?: string },
): Feedback {
  return {
    ...from,
    verdict,
    service: anomaly.service,
    template: anomaly.template?.id ?? '',
    detector: anomaly.detector ?? '',
  };
}
