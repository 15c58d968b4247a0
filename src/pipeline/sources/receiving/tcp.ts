import { readFileSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer, type TlsOptions } from 'node:tls';
import { AppError } from '../../../domain/errors.ts';
import type { Health } from '../../../domain/health.ts';
import { MINUTE } from '../../../domain/time/units.ts';
import { Binding } from './binding.ts';
import { type Listener, type ListenerDeps, listenerHealth } from './listener.ts';

/** Connections that have not ended by themselves after this are cut, in milliseconds. */
const CUT_MS = 500;

/** Paths of PEM files. */
export type Tls = { cert: string; key: string; ca?: string | undefined };

/** Where to listen; over TLS if there are certificates. */
export interface TcpAddress {
  host: string;
  port: number;
  tls?: Tls | undefined;
}

interface TcpOptions extends TcpAddress {
  /** As in health and metrics. */
  name: string;
  /** Of the health. */
  kind: string;
}

/**
 * Serves one connection; what it throws is logged and closes the connection.
 * @param sender address of the other side
 * @param stopping says whether it should end where it can, because the listener takes nothing new
 */
type Serve = (socket: Socket, sender: string, stopping: () => boolean) => Promise<void>;

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

/** Opens a listener on a TCP or TLS port; resolves after the first try to bind it. */
export async function listenTcp(options: TcpOptions, deps: ListenerDeps, serve: Serve): Promise<Listener> {
  const listener = new TcpListener(options, deps, serve);
  await listener.bind();
  return listener;
}

class TcpListener implements Listener {
  readonly name: string;
  readonly #options: TcpOptions;
  readonly #deps: ListenerDeps;
  readonly #serve: Serve;
  readonly #server: Server;
  readonly #binding: Binding;
  /** Every connection, also those in the TLS handshake; they count against the limit. */
  readonly #connections = new Set<Socket>();
  /** Those that are served. */
  readonly #served = new Set<Socket>();
  #closed: Promise<void> | undefined;

  constructor(options: TcpOptions, deps: ListenerDeps, serve: Serve) {
    this.name = options.name;
    this.#options = options;
    this.#deps = deps;
    this.#serve = serve;
    const accept = (socket: Socket): void => this.#accept(socket);
    this.#server = options.tls ? createTlsServer(tlsOptions(options.tls), accept) : createServer(accept);
    this.#server.on('connection', (socket: Socket) => this.#admit(socket));
    this.#server.on('tlsClientError', (error: Error, socket: Socket) => {
      deps.log.debug({ err: error, listener: this.name }, 'collector: TLS handshake failed');
      deps.rejections.add('malformed', socket.remoteAddress ?? 'unknown');
      socket.destroy();
    });
    const { port, host } = options;
    this.#binding = new Binding(this.#server, () => this.#server.listen(port, host), deps.log, this.name);
  }

  bind(): Promise<void> {
    return this.#binding.try();
  }

  get port(): number {
    const address = this.#server.address();
    return typeof address === 'object' && address ? address.port : 0;
  }

  health(): Health {
    const { kind, host, port } = this.#options;
    return listenerHealth({
      kind,
      address: `${host}:${this.port || port}`,
      trouble: this.#binding.trouble,
      deps: this.#deps,
      connections: this.#connections.size,
    });
  }

  quiesce(): void {
    void this.#close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = this.#close();
    for (const socket of this.#served) socket.end();
    const cut = setTimeout(() => {
      for (const socket of this.#connections) socket.destroy();
    }, CUT_MS);
    await closed;
    clearTimeout(cut);
  }

  /** Takes no new connections; resolves when there are no more. */
  #close(): Promise<void> {
    this.#binding.stop();
    this.#closed ??= this.#binding.trouble
      ? Promise.resolve()
      : new Promise<void>((resolve) => this.#server.close(() => resolve()));
    return this.#closed;
  }

  /** Limits how many connections there are. */
  #admit(socket: Socket): void {
    if (this.#connections.size >= this.#deps.limits.connections) {
      this.#deps.rejections.add('connections', socket.remoteAddress ?? 'unknown');
      socket.destroy();
      return;
    }
    this.#connections.add(socket);
    socket.setKeepAlive(true, MINUTE);
    socket.on('error', () => socket.destroy());
    socket.once('close', () => this.#connections.delete(socket));
  }

  #accept(socket: Socket): void {
    const sender = socket.remoteAddress ?? 'unknown';
    this.#served.add(socket);
    // A connection that the sender resets is over; nothing else happens.
    socket.on('error', () => socket.destroy());
    socket.once('close', () => this.#served.delete(socket));
    this.#serve(socket, sender, () => this.#closed !== undefined)
      .catch((error: unknown) =>
        this.#deps.log.debug({ err: error, listener: this.name, sender }, 'collector: connection'),
      )
      .finally(() => socket.destroy());
  }
}
