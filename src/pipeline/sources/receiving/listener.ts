import type { Config } from '../../../config/config.ts';
import type { Health } from '../../../domain/health.ts';
import { healthOf, type Phrase } from '../../../i18n/health.ts';
import type { Log } from '../../../log.ts';
import type { BudgetShare } from './budget.ts';
import type { IdleTimeouts } from './idle-timeout.ts';
import type { Intake } from './intake.ts';
import type { Rejections } from './rejections.ts';

/**
 * One way in for logs: a port that is listened on, or files that are followed.
 *
 * Life cycle, as `collectors.ts` goes through it:
 * 1. A function of the protocol (`listenBeats`, `followFiles`, …) opens it. It may assume that all of `ListenerDeps` is
 *    there and works until the listener is disposed. It throws AppError `config_invalid` if a certificate file cannot be
 *    read. An address that is in use is no error: the listener tries again in the background, and `health` says so.
 * 2. `health` may be asked at any time, before the port is bound and after the end too. It never throws.
 * 3. `quiesce` stops taking in what is new. Connections stay open, so that what was read can still be acknowledged.
 *    It must not throw or block, and must bear to be called twice and before the port was ever bound.
 * 4. Then the intake is drained and closed, and the budget too: adding lines and waiting for room throw `stopped` now.
 * 5. Disposing closes the connections. It must bear that `quiesce` was never called, and that senders do not answer
 *    (they are cut). It never rejects, and when it resolves nothing of the listener runs any more.
 */
export interface Listener extends AsyncDisposable {
  /** As in health and metrics: `syslog udp`. */
  readonly name: string;
  /** The port that was bound; 0 before, and where there is none. */
  readonly port: number;
  quiesce(): void;
  health(): Health;
}

/** The parts that every listener gets. */
export interface ListenerDeps {
  intake: Intake;
  /** Room for what is received and not stored yet. */
  share: BudgetShare;
  rejections: Rejections;
  limits: Config['collect']['limits'];
  idle: IdleTimeouts;
  log: Log;
}

/** The health of a listener on a port, for people. */
export const listenerHealth = (options: {
  kind: string;
  address: string;
  /** Why the port is not bound; undefined if it is. */
  trouble: string | undefined;
  deps: ListenerDeps;
  connections?: number;
}): Health => {
  const { kind, address, trouble, deps, connections } = options;
  if (trouble)
    return healthOf(
      false,
      kind,
      [['noOpen', { place: address, error: trouble }]],
      [trouble === 'EACCES' ? 'mend.lowPort' : 'mend.port'],
    );
  const { stored, pending } = deps.intake;
  return healthOf(true, kind, [
    ['place', { place: address }],
    ...(connections === undefined ? [] : [['connections', { count: connections }] satisfies Phrase]),
    ['lines', { count: stored }],
    ['waiting', { count: pending }],
    ...deps.rejections.describe(),
  ]);
};
