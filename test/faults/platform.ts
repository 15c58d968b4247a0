import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { WebSocketServer } from 'ws';
import { contentOf, excess } from './payload.ts';
import { random } from './random.ts';

/** How the platform behaves; shares are of all calls. */
export interface Weather {
  rateLimited: number;
  serverError: number;
  /** Carried out, but the connection is cut before the answer. */
  cut: number;
  latencyMs: readonly [number, number];
}
export const STORMY: Weather = { rateLimited: 0.05, serverError: 0.05, cut: 0.01, latencyMs: [50, 2_000] };
export const CALM: Weather = { rateLimited: 0, serverError: 0, cut: 0, latencyMs: [5, 20] };

/** A message as it stands. */
export interface Posted {
  channel: string;
  ts: string;
  thread?: string;
  nonce?: string;
  /** All text of its blocks. */
  text: string;
  /** The values of its buttons. */
  buttons: string[];
  /** When it was posted and changed last, epoch ms. */
  at: number;
  changedAt: number;
  edits: number;
  /** From when on the platform's own searches find it, epoch ms. */
  foundFrom: number;
}

/** One call, in the order the platform took them. */
export interface Call {
  at: number;
  method: string;
  channel?: string;
  nonce?: string;
  outcome: 'done' | 'rate limited' | 'server error' | 'cut' | 'refused';
  /** Whatever was answered. */
  carriedOut: boolean;
  /** Why it was refused. */
  error?: string;
}

export interface Platform extends AsyncDisposable {
  readonly apiUrl: string;
  readonly env: Record<string, string>;
  readonly messages: Posted[];
  readonly calls: Call[];
  /** Payloads beyond Slack's documented limits: each is a defect. */
  readonly beyondLimits: string[];
  weather: Weather;
  /** Answers for a channel instead of taking its messages, e.g. `is_archived`; undefined opens it again. */
  close(channel: string, error?: string): void;
}

/** Slack's documented pace, with the burst it lets pass. */
const CHANNEL_PACE = { perSecond: 1, burst: 3 };
/** Tier 3 of Slack's methods: fifty a minute. */
const READ_PACE = { perSecond: 50 / 60, burst: 20 };
const WRITES = new Set(['chat.postMessage', 'chat.update']);
const PAGE = 999;
/**
 * Of all calls answered with a 5xx: carried out before the answer (Slack's `internal_error`: some of it may have succeeded), and
 * carried out behind a gateway that had given up. Nobody publishes real shares; these see to it that both happen in every storm.
 */
const DONE_BEFORE = 0.1;
const DONE_AFTER = 0.1;
/** What was carried out under an error is found by searches up to this much later. */
const HIDDEN_MS = 400;

/**
 * A Slack workspace that keeps Slack's limits and lets calls fail as the weather says, by a seed. It outlives the bots that
 * talk to it, and what it holds is what people see.
 */
export async function startPlatform(options: {
  seed: number;
  weather?: Weather;
  /** Slack's own when absent. */
  pace?: { perSecond: number; burst: number };
}): Promise<Platform> {
  const chance = random(options.seed);
  const messages: Posted[] = [];
  const byId = new Map<string, Posted>();
  const calls: Call[] = [];
  const beyondLimits: string[] = [];
  const closed = new Map<string, string>();
  const buckets = new Map<string, { tokens: number; at: number }>();
  let micros = 0;

  /** Seconds to wait, or undefined when it may pass. */
  const over = (key: string, pace: { perSecond: number; burst: number }): number | undefined => {
    const now = Date.now();
    const bucket = buckets.get(key) ?? { tokens: pace.burst, at: now };
    buckets.set(key, bucket);
    bucket.tokens = Math.min(pace.burst, bucket.tokens + ((now - bucket.at) / 1_000) * pace.perSecond);
    bucket.at = now;
    if (bucket.tokens < 1) return Math.max(1, Math.ceil((1 - bucket.tokens) / pace.perSecond));
    bucket.tokens -= 1;
    return undefined;
  };
  const carryOut = (call: Call, args: Record<string, string>, hiddenMs = 0): Record<string, unknown> => {
    const { channel = '', ts = '' } = args;
    const { method } = call;
    call.carriedOut = true;
    switch (method) {
      case 'auth.test':
        return { ok: true, user_id: 'UBOT', bot_id: 'BBOT', team_id: 'T1' };
      case 'apps.connections.open':
        return { ok: true, url: `${base.replace('http', 'ws')}/socket` };
      case 'chat.postMessage': {
        micros += 1;
        const id = `${Math.floor(Date.now() / 1_000)}.${String(micros).padStart(6, '0')}`;
        const metadata = JSON.parse(args.metadata ?? '{}') as { event_payload?: { nonce?: string } };
        const posted: Posted = {
          channel,
          ts: id,
          ...(args.thread_ts ? { thread: args.thread_ts } : {}),
          ...(metadata.event_payload?.nonce ? { nonce: metadata.event_payload.nonce } : {}),
          ...contentOf(args),
          at: Date.now(),
          changedAt: Date.now(),
          edits: 0,
          foundFrom: Date.now() + hiddenMs,
        };
        messages.push(posted);
        byId.set(`${channel}/${id}`, posted);
        return { ok: true, channel, ts: id };
      }
      case 'chat.update': {
        const posted = byId.get(`${channel}/${ts}`);
        if (!posted) return { ok: false, error: 'message_not_found' };
        Object.assign(posted, contentOf(args), { changedAt: Date.now(), edits: posted.edits + 1 });
        return { ok: true, channel, ts };
      }
      case 'conversations.history':
      case 'conversations.replies': {
        const end = args.cursor ? Number(args.cursor) : Infinity;
        const inPlace = messages.filter(
          (message) =>
            message.channel === channel &&
            message.foundFrom <= Date.now() &&
            (method === 'conversations.history'
              ? message.thread === undefined
              : message.thread === ts || message.ts === ts) &&
            Number(message.ts) >= Number(args.oldest ?? 0) &&
            Number(message.ts) < end,
        );
        const size = Math.min(PAGE, Number(args.limit ?? 100));
        const page = inPlace.slice(-size).reverse();
        const cursor = inPlace.length > size ? page.at(-1)!.ts : '';
        return {
          ok: true,
          messages: page.map(({ ts: id, text, nonce }) => ({
            ts: id,
            text,
            ...(nonce ? { metadata: { event_type: 'bongsu_outbox', event_payload: { nonce } } } : {}),
          })),
          response_metadata: { next_cursor: cursor },
        };
      }
      case 'files.getUploadURLExternal':
        return { ok: true, upload_url: `${base}/upload`, file_id: 'F1' };
      default:
        return { ok: true, files: [], user: { id: args.user, name: 'kim' } };
    }
  };

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    const answer = (status: number, body: unknown, headers = {}): void => {
      response.writeHead(status, { 'content-type': 'application/json', ...headers });
      response.end(JSON.stringify(body));
    };
    if (!request.url?.startsWith('/api/')) return answer(200, { ok: true });
    const method = request.url.slice(5);
    const args = Object.fromEntries(new URLSearchParams(Buffer.concat(parts).toString('utf8')));
    const { weather } = platform;
    const luck = chance();
    const [least, most] = weather.latencyMs;
    const latency = least + chance() * (most - least);
    // Half of the time on the way there, half on the way back: a bot that dies in between does not know.
    await sleep(latency / 2, undefined, { ref: false });
    const { channel } = args;
    const metadata = JSON.parse(args.metadata ?? '{}') as { event_payload?: { nonce?: string } };
    const call: Call = { at: Date.now(), method, outcome: 'done', carriedOut: false };
    if (channel) call.channel = channel;
    if (metadata.event_payload?.nonce) call.nonce = metadata.event_payload.nonce;
    calls.push(call);
    const slow = (seconds: number): void => {
      call.outcome = 'rate limited';
      answer(429, { ok: false, error: 'ratelimited' }, { 'retry-after': String(seconds) });
    };
    const isWrite = WRITES.has(method);
    const refusal = channel && isWrite ? closed.get(channel) : undefined;
    if (refusal) {
      Object.assign(call, { outcome: 'refused', error: refusal });
      return answer(200, { ok: false, error: refusal });
    }
    if (isWrite) {
      const wait = over(`channel/${channel}`, options.pace ?? CHANNEL_PACE);
      if (wait !== undefined) return slow(wait);
      beyondLimits.push(...excess(args));
    } else if (method.startsWith('conversations.')) {
      const wait = over(`method/${method}`, READ_PACE);
      if (wait !== undefined) return slow(wait);
    }
    if (luck < weather.rateLimited) return slow(1);
    if (luck < weather.rateLimited + weather.serverError) {
      call.outcome = 'server error';
      const kind = (luck - weather.rateLimited) / weather.serverError;
      // Slack's own word for an error; what it had done by then stays done.
      if (kind < DONE_BEFORE) carryOut(call, args, chance() * HIDDEN_MS);
      if (kind < 1 - DONE_AFTER) return answer(500, { ok: false, error: 'internal_error' });
      // Something in front of Slack gave up waiting, and behind it the call goes on.
      setTimeout(() => carryOut(call, args), latency / 2).unref();
      response.writeHead(502, { 'content-type': 'text/html' });
      return void response.end('<html><body>502 Bad Gateway</body></html>');
    }
    const result = carryOut(call, args);
    if (result.ok === false)
      Object.assign(call, { outcome: 'refused', error: result.error, carriedOut: false });
    if (luck < weather.rateLimited + weather.serverError + weather.cut) {
      call.outcome = 'cut';
      return void request.socket.destroy();
    }
    await sleep(latency / 2, undefined, { ref: false });
    answer(200, result);
  }

  const server = createServer((request, response) => {
    serve(request, response).catch((error) => response.writeHead(500).end(String(error)));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const sockets = new WebSocketServer({ server, path: '/socket' });
  sockets.on('connection', (socket) => {
    socket.send(JSON.stringify({ type: 'hello', num_connections: 1 }));
  });

  const platform: Platform = {
    apiUrl: `${base}/api/`,
    env: {
      SLACK_API_URL: `${base}/api/`,
      SLACK_BOT_TOKEN: ['xoxb', 'fault', 'tests'].join('-'),
      SLACK_APP_TOKEN: ['xapp', 'fault', 'tests'].join('-'),
    },
    messages,
    calls,
    beyondLimits,
    weather: options.weather ?? STORMY,
    close(channel, error) {
      if (error) closed.set(channel, error);
      else closed.delete(channel);
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets.clients) socket.terminate();
      sockets.close();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return platform;
}
