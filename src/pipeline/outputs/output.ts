import type { Anomaly } from '../../domain/alert/anomaly.ts';

/** How long one try of an output may take, in milliseconds. */
export const SEND_MS = 10_000;

/**
 * Another system that anomalies are sent to, as JSON in the shape of the topic of anomalies.
 *
 * Life cycle, as `forwarder.ts` goes through it:
 * 1. A function of the protocol (`openMqttOutput`, …) makes it from a checked configuration. It connects to nothing, so
 *    it works while the receiver is away. It may throw AppError `config_invalid`.
 * 2. `send` is called again and again, one call at a time. It connects first where it has to, also after a connection
 *    was lost. It must end within about `SEND_MS`, and must leave the output usable whatever it throws.
 * 3. Disposing closes the connection without waiting long. It must bear that `send` was never called, that the last one
 *    failed, and that the receiver is gone. No `send` comes after it. It never rejects.
 */
export interface Output extends AsyncDisposable {
  /** `syslog`, `mqtt`, `otlp`: as in health and metrics. */
  readonly name: string;
  /** Where the receiver is, without a password. */
  readonly endpoint: string;
  /**
   * One try to send these, in order. Resolves when the receiver has them all (syslog has no acknowledgement: when they
   * are written).
   * @throws AppError, retryable if trying again may help
   */
  send(anomalies: Anomaly[]): Promise<void>;
}
