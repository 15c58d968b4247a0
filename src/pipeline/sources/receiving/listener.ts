import { readFileSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer, type TlsOptions } from 'node:tls';
import type { Config } from '../../../config/config.ts';
import { AppError } from '../../../domain/errors.ts';
import type { Health } from '../../../domain/health.ts';
import { healthOf, type Phrase } from '../../../i18n/health.ts';
import type { Log } from '../../../log.ts';
import type { Metrics } from '../../../metrics.ts';
import type { BudgetShare } from './budget.ts';
import type { IdleTimeouts } from './idle-timeout.ts';
import type { Intake } from './intake.ts';
import { createRejections, type Rejections } from './rejections.ts';

/** One open door of the collectors. Disposing it closes the connections. */
export interface Listener extends AsyncDisposable {
  /** Takes nothing new; connections stay open, so that what was read can still be acknowledged. */
  quiesce(): void;
  /** As in health and metrics: `syslog udp`. */
  readonly name: string;
  /** Port that was bound; 0 before it is. */
  readonly port: number;
  health(): Health;
}

/** What every listener is given. */
export interface ListenerDeps {
  intake: Intake;
  /** Room for what is received and not stored yet. */
  share: BudgetShare;
  rejections: Rejections;
  limits: Config['collect']['limits'];
  idle: IdleTimeouts;
  log: Log;
}

/** The part of the dependencies that carries a listener's name. */
export const rejectionsOf = (
  listener: string,
  deps: { limits: Config['collect']['limits']; metrics: Metrics; log: Log },
): Rejections =>
  createRejections({
    listener,
    linesPerSecond: deps.limits.linesPerSecond,
    metrics: deps.metrics,
    log: deps.log,
  });

/** An address that is in use is tried again this often: the process before this one may still be ending. */
const REBIND_MS = 2_000;
/** Connections are cut when they have not ended by themselves after this. */
const CUT_MS = 500;

export type Tls = { cert: string; key: string; ca?: string | undefined };

/** Reads the certificate files. Throws AppError `config_invalid` naming the file that cannot be read. */
export function tlsOptions(tls: Tls): TlsOptions {
  const read = (file: string): Buffer => {
    try {
      return readFileSync(file);
    } catch (cause) {
      throw new AppError('config_invalid', `certificate file ${file} cannot be read`, { cause });
    }
  };
  return {
    cert: read(tls.cert),
    key: read(tls.key),
    ...(tls.ca ? { ca: read(tls.ca), requestCert: true, rejectUnauthorized: true } : {}),
    minVersion: 'TLSv1.2',
  };
}

interface Bindable {
  once(event: 'error', listener: (error: NodeJS.ErrnoException) => void): unknown;
  once(event: 'listening', listener: () => void): unknown;
  removeAllListeners(event: 'error' | 'listening'): unknown;
  on(event: 'error', listener: (error: Error) => void): unknown;
}

/**
 * Binds, and goes on trying in the background while the address cannot be had, so that one door that stays shut does
 * not stop the others.
 * @param bind one attempt; `target` then emits `listening` or `error`
 */
export function binding(target: Bindable, bind: () => void, log: Log, name: string) {
  let trouble: string | undefined = 'not bound yet';
  let timer: NodeJS.Timeout | undefined;
  let closed = false;
  const attempt = (): Promise<void> =>
    new Promise((resolve) => {
      target.removeAllListeners('error');
      target.removeAllListeners('listening');
      target.once('listening', () => {
        trouble = undefined;
        target.removeAllListeners('error');
        target.on('error', (error) => log.warn({ err: error, listener: name }, 'collector: socket error'));
        resolve();
      });
      target.once('error', (error) => {
        if (trouble !== error.code) log.warn({ err: error, listener: name }, 'collector: cannot listen');
        trouble = error.code ?? 'error';
        if (!closed) timer = setTimeout(attempt, REBIND_MS);
        resolve();
      });
      bind();
    });
  return {
    first: attempt(),
    get trouble() {
      return trouble;
    },
    stop() {
      closed = true;
      clearTimeout(timer);
    },
  };
}

/** How one listener is, for people. */
export const listenerHealth = (options: {
  kind: string;
  place: string;
  trouble: string | undefined;
  deps: ListenerDeps;
  connections?: number;
}): Health => {
  const { kind, place, trouble, deps, connections } = options;
  if (trouble)
    return healthOf(
      false,
      kind,
      [['noOpen', { place, error: trouble }]],
      [trouble === 'EACCES' ? 'mend.lowPort' : 'mend.port'],
    );
  const { stored, pending } = deps.intake;
  return healthOf(true, kind, [
    ['place', { place }],
    ...(connections === undefined ? [] : [['connections', { count: connections }] satisfies Phrase]),
    ['lines', { count: stored }],
    ['waiting', { count: pending }],
    ...deps.rejections.describe(),
  ]);
};

/**
 * A TCP or TLS listener. `serve` is called for each connection and may throw; the connection is then closed.
 * @param serve gets the sender's address; ends when the connection does, or where it can when `stopping` says so
 */
export async function listenTcp(
  options: { name: string; kind: string; host: string; port: number; tls?: Tls | undefined },
  deps: ListenerDeps,
  serve: (socket: Socket, sender: string, stopping: () => boolean) => Promise<void>,
): Promise<Listener> {
  const { name, host } = options;
  const open = new Set<Socket>();
  const raw = new Set<Socket>();
  let closed: Promise<void> | undefined;
  const accept = (socket: Socket): void => {
    const sender = socket.remoteAddress ?? 'unknown';
    open.add(socket);
    // A reset is the sender's business: its connection is over, nothing else.
    socket.on('error', () => socket.destroy());
    socket.once('close', () => open.delete(socket));
    serve(socket, sender, () => closed !== undefined)
      .catch((error: unknown) =>
        deps.log.debug({ err: error, listener: name, sender }, 'collector: connection'),
      )
      .finally(() => socket.destroy());
  };
  const server: Server = options.tls
    ? createTlsServer(tlsOptions(options.tls), accept)
    : createServer(accept);
  server.on('connection', (socket: Socket) => {
    if (raw.size >= deps.limits.connections) {
      deps.rejections.add('connections', socket.remoteAddress ?? 'unknown');
      return void socket.destroy();
    }
    raw.add(socket);
    socket.setKeepAlive(true, 60_000);
    socket.on('error', () => socket.destroy());
    socket.once('close', () => raw.delete(socket));
  });
  server.on('tlsClientError', (error: Error, socket: Socket) => {
    deps.log.debug({ err: error, listener: name }, 'collector: TLS handshake failed');
    deps.rejections.add('malformed', socket.remoteAddress ?? 'unknown');
    socket.destroy();
  });
  const bound = binding(server, () => server.listen(options.port, host), deps.log, name);
  await bound.first;
  const port = (): number => {
    const address = server.address();
    return typeof address === 'object' && address ? address.port : 0;
  };
  const quiesce = (): Promise<void> => {
    bound.stop();
    closed ??= bound.trouble
      ? Promise.resolve()
      : new Promise<void>((resolve) => server.close(() => resolve()));
    return closed;
  };
  return {
    name,
    quiesce,
    get port() {
      return port();
    },
    health: () =>
      listenerHealth({
        kind: options.kind,
        place: `${host}:${port() || options.port}`,
        trouble: bound.trouble,
        deps,
        connections: raw.size,
      }),
    async [Symbol.asyncDispose]() {
      const ended = quiesce();
      for (const socket of open) socket.end();
      const cut = setTimeout(() => {
        for (const socket of raw) socket.destroy();
      }, CUT_MS);
      await ended;
      clearTimeout(cut);
    },
  };
}
