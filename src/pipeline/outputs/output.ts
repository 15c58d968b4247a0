import type { Anomaly } from '../../domain/alert/anomaly.ts';

/** Milliseconds one attempt of an output may take. */
export const SEND_MS = 10_000;

/** Another system that anomalies are sent on to, as JSON in the shape of the topic of anomalies. */
export interface Output extends AsyncDisposable {
  /** `syslog`, `mqtt`, `otlp`: as in health and metrics. */
  readonly name: string;
  /** Where it is, without a password. */
  readonly endpoint: string;
  /**
   * One attempt, in the given order; connects where it has to. Resolves when the receiver has them all (syslog has no
   * acknowledgement: when they are written).
   * Throws AppError: retryable, or one that trying again does not mend.
   */
  send(anomalies: Anomaly[]): Promise<void>;
}
