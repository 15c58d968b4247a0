import type { StateStore } from '../../backends/state/store.ts';
import type { Config } from '../../config/config.ts';
import type { Health } from '../../domain/health.ts';
import type { SourceLine } from '../../domain/log/source-line.ts';
import type { Log } from '../../log.ts';
import type { Metrics } from '../../metrics.ts';
import { createBudget } from './receiving/budget.ts';
import { IDLE_TIMEOUTS, type IdleTimeouts } from './receiving/idle-timeout.ts';
import { Intake } from './receiving/intake.ts';
import type { Listener, ListenerDeps } from './receiving/listener.ts';
import { Rejections } from './receiving/rejections.ts';

/** How long lines that were read may take to be stored when the process stops, in milliseconds. */
const DRAIN_MS = 3_000;

/** The listeners of a process. Disposing takes nothing new, lets what was read be stored, then closes. */
export interface Collectors extends AsyncDisposable {
  readonly listeners: readonly Listener[];
  /** Each listener by its name. */
  health(): Record<string, Health>;
  /** Bytes that were received and are not stored yet, as the budget counts them. */
  waitingBytes(): number;
}

interface CollectorsDeps {
  /** Stores lines and publishes their anomalies; what arrived is acknowledged when it resolves. */
  take: (lines: SourceLine[], options: { source: string; signal: AbortSignal }) => Promise<void>;
  state: StateStore;
  metrics: Metrics;
  log: Log;
  /** For tests. */
  idle?: IdleTimeouts;
}

/**
 * Opens what `collect` names. An address that cannot be had is tried again in the background, and health says so.
 * @throws AppError `config_invalid` when a certificate file cannot be read
 */
export async function openCollectors(collect: Config['collect'], deps: CollectorsDeps): Promise<Collectors> {
  const { metrics, log, idle = IDLE_TIMEOUTS } = deps;
  const { limits } = collect;
  const listeners: Listener[] = [];
  const intakes: Intake[] = [];
  const budget = createBudget(limits.waitingBytes);
  /** Each listener has an intake of its own, so that a flood at one does not fill the others. */
  const depsOf = (name: string): ListenerDeps => {
    const intake = new Intake((lines, signal) => deps.take(lines, { source: name, signal }));
    intakes.push(intake);
    const rejections = new Rejections({
      listener: name,
      linesPerSecond: limits.linesPerSecond,
      metrics,
      log,
    });
    return { intake, share: budget.share(), limits, idle, log, rejections };
  };
  const closeConnections = () => Promise.all(listeners.map((listener) => listener[Symbol.asyncDispose]()));
  const drain = () => Promise.all(intakes.map((intake) => intake.close(DRAIN_MS)));
  const takeNothingNew = (): void => {
    for (const listener of listeners) listener.quiesce();
  };
  // Done from the last to the first when the process stops, or when a listener cannot be opened.
  await using stopping = new AsyncDisposableStack();
  stopping.defer(async () => void (await closeConnections()));
  stopping.defer(() => budget.close());
  stopping.defer(async () => void (await drain()));
  stopping.defer(takeNothingNew);

  for await (const listener of open(collect, deps.state, depsOf)) listeners.push(listener);
  for (const { name, port } of listeners) log.info({ listener: name, port: port || undefined }, 'collecting');
  const stop = stopping.move();
  return {
    listeners,
    health: () => Object.fromEntries(listeners.map((listener) => [listener.name, listener.health()])),
    waitingBytes: () => budget.held,
    [Symbol.asyncDispose]: () => stop.disposeAsync(),
  };
}

/** Opens one listener after the other. What a configuration does not use is not loaded. */
async function* open(
  { syslog, beats, otlp, files }: Config['collect'],
  state: StateStore,
  depsOf: (name: string) => ListenerDeps,
): AsyncGenerator<Listener> {
  if (syslog) {
    const { listenSyslogTcp, listenSyslogUdp } = await import('./syslog/syslog.ts');
    if (syslog.udp) yield await listenSyslogUdp(syslog.udp, depsOf('syslog udp'));
    if (syslog.tcp) yield await listenSyslogTcp(syslog.tcp, depsOf('syslog tcp'));
    if (syslog.tls) yield await listenSyslogTcp({ ...syslog.tls, tls: syslog.tls }, depsOf('syslog tls'));
  }
  if (beats) yield await (await import('./beats/beats.ts')).listenBeats(beats, depsOf('beats'));
  if (otlp?.grpc) yield await (await import('./otlp/grpc.ts')).listenOtlpGrpc(otlp.grpc, depsOf('otlp grpc'));
  if (otlp?.http) yield await (await import('./otlp/http.ts')).listenOtlpHttp(otlp.http, depsOf('otlp http'));
  if (files.length > 0)
    yield (await import('./follow/follow.ts')).followFiles({ globs: files, state }, depsOf('files'));
}
