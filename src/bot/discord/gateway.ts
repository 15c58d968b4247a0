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
import { MINUTE, SECOND } from '../../domain/time/units.ts';
import type { Log } from '../../log.ts';
import { pause } from '../chat/live-message.ts';
import { toDiscordError } from './errors.ts';

interface GatewayHandlers {
  ready(data: GatewayReadyDispatchData): void;
  interaction(data: GatewayInteractionCreateDispatchData): void;
  message(data: GatewayMessageCreateDispatchData): void;
}

const BACKOFF_MS = [500, 1_000, 2_000, 5_000, 15_000, 60_000];
/** After a refusal (bad token, intents): rarely, since too many invalid requests are a ban. */
const REFUSED_MS = 5 * MINUTE;
/** discord.js sleeps this long between two attempts to reconnect. */
const NAP_MS = 600;

interface GatewayOptions {
  token: string;
  apiUrl: string;
  timeoutMs: number;
  handlers: GatewayHandlers;
  log: Log;
}

/** What is known of the connection. */
interface GatewayState {
  connected: boolean;
  problem?: AppError | undefined;
}

/** One client of discord.js: from the attempt to connect until Discord ended the session. */
class Session {
  readonly #options: GatewayOptions;
  readonly #client: Client;
  /** The client's own manager of sockets, which is private in discord.js; the sharding strategy gets it. */
  #manager: { destroy(): Promise<void> } | undefined;
  /** Whether discord.js may be sleeping between two attempts. */
  #napping = true;
  #closing = false;
  readonly #state: GatewayState;

  /** @param state is kept current */
  constructor(options: GatewayOptions, state: GatewayState) {
    this.#options = options;
    this.#state = state;
    this.#client = new Client({
      intents: [GatewayIntentBits.Guilds, GatewayIntentBits.GuildMessages, GatewayIntentBits.DirectMessages],
      rest: { api: options.apiUrl, timeout: options.timeoutMs, retries: 0 },
      closeTimeout: 2 * SECOND,
      ws: {
        buildStrategy: (manager) => {
          this.#manager = manager as unknown as { destroy(): Promise<void> };
          return new SimpleShardingStrategy(manager);
        },
      },
    });
    this.#listen();
  }

  #listen(): void {
    const { handlers, log } = this.#options;
    const { ws } = this.#client;
    // Events are read from the socket below. discord.js would also turn each into objects and caches, which nobody
    // here uses, and an event it cannot read would end the process (a rejection outside of any call).
    Object.defineProperty(ws, 'handlePacket', { value: () => true });
    ws.on(GatewayDispatchEvents.Ready, (data: GatewayReadyDispatchData) => {
      this.#opened();
      log.info('connected to discord');
      handlers.ready(data);
    });
    ws.on(GatewayDispatchEvents.Resumed, () => this.#opened());
    ws.on(GatewayDispatchEvents.InteractionCreate, handlers.interaction);
    ws.on(GatewayDispatchEvents.MessageCreate, handlers.message);
    this.#client.on(Events.Error, (error) => log.warn({ err: error }, 'discord client'));
    this.#client.on(Events.ShardError, (error) => {
      this.#state.problem = toDiscordError(error, 'gateway');
    });
    this.#client.on(Events.ShardReconnecting, () => {
      if (this.#closing) return;
      this.#state.connected = false;
      this.#napping = true;
      this.#state.problem = new AppError('unavailable', 'discord gateway: connection lost');
      log.warn('connection to discord lost; reconnecting');
    });
  }

  #opened(): void {
    this.#state.connected = true;
    this.#state.problem = undefined;
    this.#napping = false;
  }

  /** Connects. Throws AppError when Discord refused or ended the session, `stopped` when `signal` aborts. */
  async run(signal: AbortSignal): Promise<never> {
    const ended = this.#ended(signal);
    ended.catch(() => undefined);
    try {
      await Promise.race([login(this.#client, this.#options.token), ended]);
      return await ended;
    } finally {
      this.#state.connected = false;
    }
  }

  #ended(signal: AbortSignal): Promise<never> {
    return new Promise((_, reject) => {
      this.#client.once(Events.ShardDisconnect, ({ code }) => {
        // 4004 authentication failed, 4013 and 4014 intents; the others end a session that may begin anew.
        const error =
          code === 4004 ? 'unauthorized' : code === 4013 || code === 4014 ? 'forbidden' : 'unavailable';
        reject(new AppError(error, `discord gateway: closed with ${code}`));
      });
      signal.addEventListener('abort', () => reject(new AppError('stopped', 'closing')), { once: true });
    });
  }

  async close(): Promise<void> {
    const asleep = this.#napping;
    this.#closing = true;
    await this.#client.destroy();
    if (!asleep) return;
    // It may be sleeping between two attempts, which the first call does not end.
    await pause(NAP_MS);
    await this.#manager?.destroy();
  }
}

/**
 * The WebSocket over which Discord tells what people do. discord.js resumes a broken connection by itself; the loop here
 * makes the first one, and begins again when Discord closed it for good.
 */
export class Gateway {
  readonly #options: GatewayOptions;
  readonly #stopping = new AbortController();
  readonly #state: GatewayState = { connected: false };
  #session: Session | undefined;
  #loop: Promise<void> | undefined;

  constructor(options: GatewayOptions) {
    this.#options = options;
  }

  get connected(): boolean {
    return this.#state.connected;
  }

  get problem(): AppError | undefined {
    return this.#state.problem;
  }

  start(): void {
    this.#loop = this.#keepConnected().catch((error) =>
      this.#options.log.error({ err: toAppError(error) }, 'the discord loop ended'),
    );
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#loop;
    await this.#session?.close().catch(() => undefined);
  }

  async #keepConnected(): Promise<void> {
    const { signal } = this.#stopping;
    for (let failures = 0; !signal.aborted; failures += 1) {
      const since = Date.now();
      const session = new Session(this.#options, this.#state);
      this.#session = session;
      try {
        await session.run(signal);
      } catch (cause) {
        if (signal.aborted) return;
        await session.close().catch(() => undefined);
        const problem = toDiscordError(cause, 'gateway');
        this.#state.problem = problem;
        this.#options.log.warn({ err: problem }, 'no connection to discord; trying again');
        if (Date.now() - since > REFUSED_MS) failures = 0;
        const refused = problem.code === 'unauthorized' || problem.code === 'forbidden';
        const wait = refused ? REFUSED_MS : backoffMs(failures + 1, BACKOFF_MS);
        await pause(withJitter(wait, 'around'), signal).catch(() => undefined);
      }
    }
  }
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
