import { createServer } from 'node:net';
import { HTTPReceiver, type Logger, LogLevel, SocketModeReceiver } from '@slack/bolt';
import { AppError, toAppError } from '../../domain/errors.ts';
import { backoffMs, valueInTime, withJitter, withTimeout } from '../../domain/retry.ts';
import { SECOND } from '../../domain/time/units.ts';
import { type Log, redact } from '../../log.ts';
import { pause } from '../chat/live-message.ts';
import { toSlackError } from './errors.ts';

/** How events arrive: over a WebSocket that we open, or on a port that Slack calls. */
export interface Connection {
  readonly receiver: SocketModeReceiver | HTTPReceiver;
  /** Begins to receive. Resolves at once though Slack is down; throws `config_invalid` when the port is taken. */
  start(): Promise<void>;
  stop(): Promise<void>;
  /** Whether events can arrive now. */
  readonly connected: boolean;
  /** Why not, where known. */
  readonly problem?: AppError;
  /** The port of the HTTP receiver. */
  readonly port?: number;
}

/** How long Slack may take from the first request to `hello`. */
const HELLO_MS = 20 * SECOND;
/** How long `stop` waits for the connection to end. */
const STOP_MS = 2 * SECOND;
/** The longest wait before a connection that Slack ended is made again. */
const RENEW_MS = 100;
const BACKOFF_MS = [500, 1_000, 2_000, 5_000, 10_000, 30_000];

/** Writes the SDK's log lines to our log: warnings and errors only, since below that it prints whole payloads. */
export const slackLogger = (log: Log): Logger => {
  const text = (parts: unknown[]): string => redact(parts.map(String).join(' '));
  return {
    debug: () => undefined,
    info: () => undefined,
    warn: (...parts) => log.warn({ sdk: 'slack' }, text(parts)),
    error: (...parts) => log.warn({ sdk: 'slack' }, text(parts)),
    setLevel: () => undefined,
    getLevel: () => LogLevel.WARN,
    setName: () => undefined,
  };
};

/**
 * Socket Mode. The SDK's own reconnection gives up on network errors and rejects outside of any call, so it is
 * switched off; the loop here connects again and again, with backoff.
 */
export class SocketConnection implements Connection {
  readonly receiver: SocketModeReceiver;
  readonly #log: Log;
  readonly #stopping = new AbortController();
  #connected = false;
  #problem: AppError | undefined;
  #loop: Promise<void> | undefined;

  constructor(options: { appToken: string; apiUrl: string; timeoutMs: number; log: Log }) {
    this.#log = options.log;
    this.receiver = new SocketModeReceiver({
      appToken: options.appToken,
      logger: slackLogger(options.log),
      autoReconnectEnabled: false,
      installerOptions: {
        clientOptions: {
          slackApiUrl: options.apiUrl,
          timeout: options.timeoutMs,
          retryConfig: { retries: 0 },
          rejectRateLimitedCalls: true,
        },
      },
    });
  }

  get connected(): boolean {
    return this.#connected;
  }

  get problem(): AppError | undefined {
    return this.#problem;
  }

  async start(): Promise<void> {
    this.#loop = this.#keepConnected().catch((error) => {
      if (!this.#stopping.signal.aborted)
        this.#log.error({ err: toAppError(error) }, 'the slack connection loop ended');
    });
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    if (!this.#loop) return;
    this.#close();
    await valueInTime(STOP_MS, this.#loop, () => undefined);
  }

  /** The second call ends the close handshake of the first, which otherwise waits up to 30 s for the peer. */
  #close(): void {
    for (let call = 0; call < 2; call += 1) void this.receiver.client.disconnect().catch(() => undefined);
  }

  async #keepConnected(): Promise<void> {
    const { signal } = this.#stopping;
    let failures = 0;
    while (!signal.aborted) {
      try {
        await this.#connectOnce();
        failures = 0;
        // Slack closes each connection now and then and asks for a new one.
        await pause(RENEW_MS * Math.random(), signal);
      } catch (cause) {
        if (signal.aborted) return;
        this.#problem = toSlackError(cause, 'apps.connections.open');
        this.#log.warn({ err: this.#problem, failures }, 'no connection to slack; trying again');
        failures += 1;
        const wait = this.#problem.retryAfterMs ?? backoffMs(failures, BACKOFF_MS);
        await pause(withJitter(wait, 'around'), signal).catch(() => undefined);
      }
    }
  }

  /** Connects, and resolves when the connection was lost. */
  async #connectOnce(): Promise<void> {
    const { client } = this.receiver;
    const lost = new Promise<void>((resolve) => client.once('disconnected', () => resolve()));
    const started = client.start();
    try {
      await withTimeout(HELLO_MS, started, () => new AppError('timeout', 'slack socket: no hello in time'));
    } catch (error) {
      this.#close();
      throw error ?? new AppError('unavailable', 'slack socket: closed before hello');
    }
    this.#connected = true;
    this.#problem = undefined;
    this.#log.info('connected to slack');
    await lost;
    this.#connected = false;
  }
}

/** HTTP: Slack posts to `/slack/events`; signature and timestamp (5 minutes) are checked by Bolt before anything. */
export class HttpConnection implements Connection {
  readonly receiver: HTTPReceiver;
  readonly #wanted: number;
  #port: number | undefined;

  constructor(options: { signingSecret: string; port: number; log: Log }) {
    this.#wanted = options.port;
    this.receiver = new HTTPReceiver({
      signingSecret: options.signingSecret,
      logger: slackLogger(options.log),
      // Slack's payloads are small; this bounds what an unsigned caller can make us buffer.
      bodyLimit: '1mb',
    });
  }

  get connected(): boolean {
    return this.#port !== undefined;
  }

  get port(): number | undefined {
    return this.#port;
  }

  async start(): Promise<void> {
    await free(this.#wanted);
    const server = await this.receiver.start(this.#wanted);
    const address = server.address();
    this.#port = typeof address === 'object' && address ? address.port : this.#wanted;
    server.headersTimeout = 10 * SECOND;
    server.requestTimeout = 15 * SECOND;
  }

  async stop(): Promise<void> {
    if (this.#port === undefined) return;
    this.#port = undefined;
    await this.receiver.stop();
  }
}

/** Throws when the port is taken, with a sentence that names the field (Bolt's own error does not). */
async function free(port: number): Promise<void> {
  if (port === 0) return;
  await new Promise<void>((resolve, reject) => {
    const probe = createServer();
    probe.once('error', (cause) =>
      reject(
        new AppError('config_invalid', `chats.slack.port: port ${port} cannot be opened; choose a free one`, {
          cause,
        }),
      ),
    );
    probe.listen(port, () => probe.close(() => resolve()));
  });
}
