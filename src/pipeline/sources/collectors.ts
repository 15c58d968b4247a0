import type { StateStore } from '../../backends/state/store.ts';
import type { Config } from '../../config/config.ts';
import type { Health } from '../../domain/health.ts';
import type { Log } from '../../log.ts';
import type { Metrics } from '../../metrics.ts';
import type { SourceLine } from '../source-line.ts';
import { createBudget } from './receiving/budget.ts';
import { IDLE_TIMEOUTS, type IdleTimeouts } from './receiving/idle-timeout.ts';
import { createIntake, type Intake } from './receiving/intake.ts';
import { type Listener, type ListenerDeps, rejectionsOf } from './receiving/listener.ts';

/** How long what was read may take to become safe when the process stops. */
const DRAIN_MS = 3_000;

/** The open doors of a process; disposing takes nothing new, lets what was read become safe, then closes. */
export interface Collectors extends AsyncDisposable {
  readonly listeners: readonly Listener[];
  /** Each listener by its name. */
  health(): Record<string, Health>;
  /** What was received and is not stored yet, as the budget counts it. */
  waitingBytes(): number;
}

/**
 * Opens what `collect` names. An address that cannot be had is tried again in the background, and health says so.
 * @param deps.take stores the lines and publishes their anomalies; what arrives is acknowledged when it resolves
 * @param deps.idle for tests
 * @throws AppError `config_invalid` when a certificate file cannot be read
 */
export async function openCollectors(
  collect: Config['collect'],
  deps: {
    take: (lines: SourceLine[], options: { source: string; signal: AbortSignal }) => Promise<void>;
    state: StateStore;
    metrics: Metrics;
    log: Log;
    idle?: IdleTimeouts;
  },
): Promise<Collectors> {
  const { metrics, log, state, idle = IDLE_TIMEOUTS } = deps;
  const { limits, syslog, beats, otlp, files } = collect;
  const listeners: Listener[] = [];
  const intakes: Intake[] = [];
  const budget = createBudget(limits.waitingBytes);
  /** Each listener has an intake of its own, so that a flood at one door does not fill the others. */
  const depsOf = (name: string): ListenerDeps => {
    const intake = createIntake((lines, signal) => deps.take(lines, { source: name, signal }));
    intakes.push(intake);
    return {
      intake,
      share: budget.share(),
      limits,
      idle,
      log,
      rejections: rejectionsOf(name, { limits, metrics, log }),
    };
  };
  const close = async (): Promise<void> => {
    for (const listener of listeners) listener.quiesce();
    await Promise.all(intakes.map((intake) => intake.close(DRAIN_MS)));
    budget.close();
    await Promise.all(listeners.map((listener) => listener[Symbol.asyncDispose]()));
  };
  try {
    if (syslog) {
      const { listenSyslogTcp, listenSyslogUdp } = await import('./syslog/syslog.ts');
      if (syslog.udp) listeners.push(await listenSyslogUdp(syslog.udp, depsOf('syslog udp')));
      if (syslog.tcp) listeners.push(await listenSyslogTcp(syslog.tcp, depsOf('syslog tcp')));
      if (syslog.tls)
        listeners.push(await listenSyslogTcp({ ...syslog.tls, tls: syslog.tls }, depsOf('syslog tls')));
    }
    if (beats) listeners.push(await (await import('./beats/beats.ts')).listenBeats(beats, depsOf('beats')));
    if (otlp?.grpc)
      listeners.push(await (await import('./otlp/grpc.ts')).listenOtlpGrpc(otlp.grpc, depsOf('otlp grpc')));
    if (otlp?.http)
      listeners.push(await (await import('./otlp/http.ts')).listenOtlpHttp(otlp.http, depsOf('otlp http')));
    if (files.length > 0)
      listeners.push(
        (await import('./follow/follow.ts')).followFiles({ globs: files, state }, depsOf('files')),
      );
  } catch (error) {
    await close();
    throw error;
  }
  for (const listener of listeners)
    log.info({ listener: listener.name, port: listener.port || undefined }, 'collecting');
  return {
    listeners,
    health: () => Object.fromEntries(listeners.map((listener) => [listener.name, listener.health()])),
    waitingBytes: () => budget.held,
    [Symbol.asyncDispose]: close,
  };
}
