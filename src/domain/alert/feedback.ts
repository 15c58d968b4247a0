import type { Anomaly } from './anomaly.ts';

/** What a person said about an alert. The detectors and the training learn from it. */
export const VERDICTS = ['false_alarm', 'real'] as const;
export type Verdict = (typeof VERDICTS)[number];

/**
 * One judgement about one detector, template and service. It is kept in the state store as kind `feedback`, ranked by `at`. The
 * pipeline reads new ones from there, so bot and pipeline need not run in one process.
 */
export interface Feedback {
  /** Unique; the same press of a button always gives the same id. */
  id: string;
  verdict: Verdict;
  service: string;
  /** Template id of the anomaly; `''` if it had none. */
  template: string;
  /** The name in the anomaly: `error-burst`, `session`, …; `''` if another producer names none. */
  detector: string;
  /** Epoch milliseconds. */
  at: number;
  /** Who said it, and about which incident. */
  by?: string;
  incident?: string;
}

/** A judgement on one anomaly; `id` identifies the press of the button. */
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
