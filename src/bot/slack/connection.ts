import { createServer } from 'node:net';
import { HTTPReceiver, type Logger, LogLevel, SocketModeReceiver } from '@slack/bolt';
import { AppError, toAppError } from '../../domain/errors.ts';
import { backoffMs, valueInTime, withJitter, withTimeout } from '../../domain/retry.ts';
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
const HELLO_MS = 20_000;
/** How long the loop may take to end. */
const END_MS = 2_000;
const BACKOFF_MS = [500, 1_000, 2_000, 5_000, 10_000, 30_000];

/** The SDK's log lines in ours: warnings and errors only (below that it prints whole payloads). */
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
 * switched off and the loop here connects again, for ever, with backoff.
 */
export function socketConnection(options: {
  appToken: string;
  apiUrl: string;
  timeoutMs: number;
  log: Log;
}): Connection {
  const receiver = new SocketModeReceiver({
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
  const { client } = receiver;
  const stopping = new AbortController();
  let connected = false;
  let problem: AppError | undefined;
  let loop: Promise<void> | undefined;

  /** The second call ends the close handshake of the first, which otherwise waits up to 30 s for the peer. */
  const close = (): void => {
    for (let call = 0; call < 2; call += 1) void client.disconnect().catch(() => undefined);
  };
  const connectOnce = async (): Promise<void> => {
    const lost = new Promise<void>((resolve) => client.once('disconnected', () => resolve()));
    const started = client.start();
    try {
      await withTimeout(HELLO_MS, started, () => new AppError('timeout', 'slack socket: no hello in time'));
    } catch (error) {
      close();
      throw error ?? new AppError('unavailable', 'slack socket: closed before hello');
    }
    connected = true;
    problem = undefined;
    options.log.info('connected to slack');
    await lost;
    connected = false;
  };
  const keepConnected = async (): Promise<void> => {
    let failures = 0;
    while (!stopping.signal.aborted) {
      try {
        await connectOnce();
        failures = 0;
        // Slack closes each connection now and then and asks for a new one.
        await pause(100 * Math.random(), stopping.signal);
      } catch (cause) {
        if (stopping.signal.aborted) return;
        problem = toSlackError(cause, 'apps.connections.open');
        options.log.warn({ err: problem, failures }, 'no connection to slack; trying again');
        failures += 1;
        const wait = problem.retryAfterMs ?? backoffMs(failures, BACKOFF_MS);
        await pause(withJitter(wait, 'around'), stopping.signal).catch(() => undefined);
      }
    }
  };
  return {
    receiver,
    get connected() {
      return connected;
    },
    get problem() {
      return problem;
    },
    async start() {
      loop = keepConnected().catch((error) => {
        if (!stopping.signal.aborted)
          options.log.error({ err: toAppError(error) }, 'the slack connection loop ended');
      });
    },
    async stop() {
      stopping.abort();
      if (!loop) return;
      close();
      await valueInTime(END_MS, loop, () => undefined);
    },
  };
}

/** HTTP: Slack posts to `/slack/events`; signature and timestamp (5 minutes) are checked by Bolt before anything. */
export function httpConnection(options: { signingSecret: string; port: number; log: Log }): Connection {
  const receiver = new HTTPReceiver({
    signingSecret: options.signingSecret,
    logger: slackLogger(options.log),
    // Slack's payloads are small; this bounds what an unsigned caller can make us buffer.
    bodyLimit: '1mb',
  });
  let port: number | undefined;
  return {
    receiver,
    get connected() {
      return port !== undefined;
    },
    get port() {
      return port;
    },
    async start() {
      await free(options.port);
      const server = await receiver.start(options.port);
      const address = server.address();
      port = typeof address === 'object' && address ? address.port : options.port;
      server.headersTimeout = 10_000;
      server.requestTimeout = 15_000;
    },
    async stop() {
      if (port === undefined) return;
      port = undefined;
      await receiver.stop();
    },
  };
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
