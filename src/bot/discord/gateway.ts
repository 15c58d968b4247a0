import {
  Client,
  Events,
  GatewayDispatchEvents,
  GatewayIntentBits,
  type GatewayInteractionCreateDispatchData,
  type GatewayMessageCreateDispatchData,
  type GatewayReadyDispatchData,
  SimpleShardingStrategy,
} from 'discord.js';
import { AppError, toAppError } from '../../domain/errors.ts';
import { backoffMs, withJitter } from '../../domain/retry.ts';
import { MINUTE } from '../../domain/time/units.ts';
import type { Log } from '../../log.ts';
import { pause } from '../chat/live-message.ts';
import { toDiscordError } from './errors.ts';

export interface GatewayHandlers {
  ready(data: GatewayReadyDispatchData): void;
  interaction(data: GatewayInteractionCreateDispatchData): void;
  message(data: GatewayMessageCreateDispatchData): void;
}

/** The WebSocket over which Discord tells what people do. */
export interface Gateway {
  start(): void;
  stop(): Promise<void>;
  readonly connected: boolean;
  readonly problem?: AppError;
}

const BACKOFF_MS = [500, 1_000, 2_000, 5_000, 15_000, 60_000];
/** After a refusal (bad token, intents): rarely, since too many invalid requests are a ban. */
const REFUSED_MS = 5 * MINUTE;
/** discord.js sleeps this long between two attempts to reconnect. */
const NAP_MS = 600;

/** Stops the inner manager of a client; asked for by the sharding strategy, since discord.js keeps it to itself. */
type Inner = { destroy(): Promise<void> };

/**
 * Keeps a connection to Discord's gateway. discord.js resumes a broken one by itself; this loop makes the first one
 * and begins again when Discord closed it for good. Events are taken as Discord sends them, without its caches.
 */
export function openGateway(options: {
  token: string;
  apiUrl: string;
  timeoutMs: number;
  handlers: GatewayHandlers;
  log: Log;
}): Gateway {
  const { handlers, log } = options;
  const stopping = new AbortController();
  let connected = false;
  let problem: AppError | undefined;
  let loop: Promise<void> | undefined;
  let close: (() => Promise<void>) | undefined;

  /** Connects and resolves when Discord ended it. */
  const connectOnce = async (): Promise<void> => {
    let inner: Inner | undefined;
    let napping = true;
    let closing = false;
    const open = (): void => {
      connected = true;
      napping = false;
      problem = undefined;
    };
    const client = new Client({
      intents: [GatewayIntentBits.Guilds, GatewayIntentBits.GuildMessages, GatewayIntentBits.DirectMessages],
      rest: { api: options.apiUrl, timeout: options.timeoutMs, retries: 0 },
      closeTimeout: 2_000,
      ws: {
        buildStrategy: (manager) => {
          inner = manager as unknown as Inner;
          return new SimpleShardingStrategy(manager);
        },
      },
    });
    close = async () => {
      const asleep = napping;
      closing = true;
      await client.destroy();
      if (!asleep) return;
      // It may be napping between two attempts, which the first call does not end.
      await pause(NAP_MS);
      await inner?.destroy();
    };
    // Events are read from the socket below. discord.js would also turn each into objects and caches, which nobody
    // here uses, and an event it cannot read would end the process (a rejection outside of any call).
    Object.defineProperty(client.ws, 'handlePacket', { value: () => true });
    client.ws.on(GatewayDispatchEvents.Ready, (data: GatewayReadyDispatchData) => {
      open();
      log.info('connected to discord');
      handlers.ready(data);
    });
    client.ws.on(GatewayDispatchEvents.Resumed, open);
    client.ws.on(GatewayDispatchEvents.InteractionCreate, handlers.interaction);
    client.ws.on(GatewayDispatchEvents.MessageCreate, handlers.message);
    client.on(Events.Error, (error) => log.warn({ err: error }, 'discord client'));
    client.on(Events.ShardError, (error) => {
      problem = toDiscordError(error, 'gateway');
    });
    client.on(Events.ShardReconnecting, () => {
      if (closing) return;
      connected = false;
      napping = true;
      problem = new AppError('unavailable', 'discord gateway: connection lost');
      log.warn('connection to discord lost; reconnecting');
    });
    const ended = new Promise<never>((_, reject) => {
      client.once(Events.ShardDisconnect, ({ code }) => {
        // 4004 authentication failed, 4013 and 4014 intents; the others end a session that may begin anew.
        const error =
          code === 4004 ? 'unauthorized' : code === 4013 || code === 4014 ? 'forbidden' : 'unavailable';
        reject(new AppError(error, `discord gateway: closed with ${code}`));
      });
      stopping.signal.addEventListener('abort', () => reject(new AppError('stopped', 'closing')), {
        once: true,
      });
    });
    ended.catch(() => undefined);
    try {
      await Promise.race([login(client, options.token), ended]);
      await ended;
    } finally {
      connected = false;
      if (!stopping.signal.aborted) await close().catch(() => undefined);
    }
  };
  const keepConnected = async (): Promise<void> => {
    for (let failures = 0; !stopping.signal.aborted; failures += 1) {
      const since = Date.now();
      try {
        await connectOnce();
      } catch (cause) {
        if (stopping.signal.aborted) return;
        problem = toDiscordError(cause, 'gateway');
        log.warn({ err: problem }, 'no connection to discord; trying again');
        if (Date.now() - since > REFUSED_MS) failures = 0;
        const refused = problem.code === 'unauthorized' || problem.code === 'forbidden';
        const wait = refused ? REFUSED_MS : backoffMs(failures + 1, BACKOFF_MS);
        await pause(withJitter(wait, 'around'), stopping.signal).catch(() => undefined);
      }
    }
  };
  return {
    get connected() {
      return connected;
    },
    get problem() {
      return problem;
    },
    start() {
      loop = keepConnected().catch((error) =>
        log.error({ err: toAppError(error) }, 'the discord loop ended'),
      );
    },
    async stop() {
      stopping.abort();
      await loop;
      await close?.().catch(() => undefined);
    },
  };
}

async function login(client: Client, token: string): Promise<void> {
  try {
    await client.login(token);
  } catch (cause) {
    // discord.js reports a refused token with a code of its own, without a status.
    const { code } = cause as { code?: unknown };
    if (code === 'TokenInvalid')
      throw new AppError('unauthorized', 'discord gateway: the token was refused', { cause });
    throw cause;
  }
}
