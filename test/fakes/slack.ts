import { createHmac, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { createEmulator } from 'emulate';
import { type WebSocket, WebSocketServer } from 'ws';
import { type Delivery, slackPeople } from './slack-people.ts';

/** One call of the app to the Web API. */
export interface SlackCall {
  method: string;
  args: Record<string, string>;
  at: number;
  status: number;
}

/** What a scripted call gets instead of Slack's answer. */
export interface SlackFailure {
  status?: number;
  /** Slack's error string (`{ok: false, error}` with status 200). */
  error?: string;
  /** Seconds, with status 429. */
  retryAfter?: number;
  delayMs?: number;
  /** The call takes effect, but its answer is lost with the connection. */
  cut?: boolean;
}

export interface FakeMessage {
  ts: string;
  text: string;
  user?: string;
  thread_ts?: string;
  blocks?: unknown[];
  metadata?: { event_payload?: Record<string, unknown> };
  files?: { title?: string; alt_txt?: string }[];
}

export type FakeSlack = Awaited<ReturnType<typeof startFakeSlack>>;

const BOT_TOKEN = ['xoxb', 'fake', 'bot', 'token'].join('-');
const APP_TOKEN = ['xapp', 'fake', 'app', 'token'].join('-');
const SIGNING_SECRET = 'fake-signing-secret';

const bodyOf = async (request: IncomingMessage): Promise<string> => {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  return Buffer.concat(parts).toString('utf8');
};

/**
 * A Slack workspace: `emulate` behind a proxy that adds Socket Mode, response URLs, native streaming, scripted failures
 * and a transcript, and that delivers what people do as Slack would (socket envelopes, or signed HTTP requests).
 */
export async function startFakeSlack(options: { streaming?: boolean; port?: number } = {}) {
  const emulator = await createEmulator({
    service: 'slack',
    port: await freePort(),
    seed: {
      slack: {
        users: [{ name: 'bongsu' }, { name: 'kim', real_name: 'Kim Minji' }],
        channels: [{ name: 'alerts' }],
        bots: [{ name: 'bongsu' }],
        tokens: [{ token: BOT_TOKEN, user: 'bongsu', type: 'bot' }],
      },
    },
  });
  const ask = async (method: string, args: Record<string, string> = {}): Promise<Record<string, unknown>> => {
    const response = await fetch(`${emulator.url}/api/${method}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${BOT_TOKEN}`, 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams(args).toString(),
    });
    return (await response.json()) as Record<string, unknown>;
  };
  const me = String((await ask('auth.test')).user_id);
  const users = (await ask('users.list')).members as { id: string; name: string }[];
  const kim = users.find(({ name }) => name === 'kim')!.id;
  const channels = (await ask('conversations.list')).channels as { id: string; name: string }[];
  const channel = channels.find(({ name }) => name === 'alerts')!.id;

  const calls: SlackCall[] = [];
  const responses: { id: string; body: Record<string, unknown>; at: number }[] = [];
  const failures = new Map<string, SlackFailure[]>();
  const locales = new Map([[kim, 'ko-KR']]);
  const sockets = new Set<WebSocket>();
  const acks = new Map<string, (body: string) => void>();
  let target: string | undefined;
  let welcoming = true;
  let connections = 0;

  const answer = (response: ServerResponse, status: number, body: unknown, headers = {}): void => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers });
    response.end(typeof body === 'string' ? body : JSON.stringify(body));
  };
  /** What `emulate` has not; undefined lets the call through to it. */
  const own = async (method: string, args: Record<string, string>): Promise<unknown> => {
    if (method === 'apps.connections.open') return { ok: true, url: `${base.replace('http', 'ws')}/socket` };
    if (method === 'users.info') {
      const info = (await ask(method, args)) as { ok: boolean; user?: Record<string, unknown> };
      return info.user
        ? { ...info, user: { ...info.user, locale: locales.get(args.user ?? '') ?? 'en-US' } }
        : info;
    }
    if (!/^chat\.\w+Stream$/.test(method)) return undefined;
    if (!options.streaming) return { ok: false, error: 'unknown_method' };
    if (method === 'chat.startStream')
      return ask('chat.postMessage', {
        channel: args.channel!,
        thread_ts: args.thread_ts!,
        text: args.chunks ?? '…',
      });
    return { ok: true, channel: args.channel, ts: args.ts };
  };
  const api = async (request: IncomingMessage, response: ServerResponse, method: string): Promise<void> => {
    const raw = await bodyOf(request);
    const args = Object.fromEntries(new URLSearchParams(raw));
    const call: SlackCall = { method, args, at: Date.now(), status: 200 };
    calls.push(call);
    const failure = failures.get(method)?.shift();
    if (failure?.delayMs) await sleep(failure.delayMs, undefined, { ref: false });
    if (failure?.status || failure?.error) {
      call.status = failure.status ?? 200;
      const headers = failure.retryAfter === undefined ? {} : { 'retry-after': String(failure.retryAfter) };
      return answer(response, call.status, { ok: false, error: failure.error ?? 'ratelimited' }, headers);
    }
    const mine = await own(method, args);
    const result = mine ?? (await forward(request, raw, method));
    if (failure?.cut) return void request.socket.destroy();
    answer(response, 200, result);
  };
  const forward = async (request: IncomingMessage, body: string, method: string): Promise<string> => {
    const { authorization = '', 'content-type': type = '' } = request.headers;
    const reply = await fetch(`${emulator.url}/api/${method}`, {
      method: 'POST',
      headers: { authorization, 'content-type': type },
      body,
    });
    return reply.text();
  };
  const server = createServer((request, response) => {
    const path = (request.url ?? '').split('?')[0]!;
    const run = async (): Promise<void> => {
      if (path.startsWith('/api/')) return api(request, response, path.slice(5));
      if (path.startsWith('/response/')) {
        const id = path.slice(10);
        const failure = failures.get('response_url')?.shift();
        if (failure?.status) return answer(response, failure.status, 'no');
        responses.push({
          id,
          body: JSON.parse(await bodyOf(request)) as Record<string, unknown>,
          at: Date.now(),
        });
        return answer(response, 200, 'ok');
      }
      answer(response, 404, 'not found');
    };
    run().catch((error) => answer(response, 500, String(error)));
  });
  server.listen(options.port ?? 0, '127.0.0.1');
  await once(server, 'listening');
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  const gateway = new WebSocketServer({ server, path: '/socket' });
  gateway.on('connection', (socket) => {
    if (!welcoming) return socket.terminate();
    connections += 1;
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('message', (data) => {
      const { envelope_id: id, payload } = JSON.parse(String(data)) as {
        envelope_id: string;
        payload?: unknown;
      };
      acks.get(id)?.(JSON.stringify(payload ?? {}));
    });
    socket.send(JSON.stringify({ type: 'hello', num_connections: 1 }));
  });

  const overSocket = async (type: string, payload: unknown): Promise<Delivery> => {
    const socket = [...sockets].at(-1);
    if (!socket) throw new Error('the app is not connected');
    const id = randomUUID();
    const started = performance.now();
    const acked = new Promise<string>((resolve) => acks.set(id, resolve));
    socket.send(
      JSON.stringify({ envelope_id: id, type, payload, accepts_response_payload: type !== 'events_api' }),
    );
    const body = await Promise.race([acked, sleep(3_000, undefined, { ref: false })]);
    acks.delete(id);
    return { ok: body !== undefined, ms: performance.now() - started, body: body ?? '' };
  };
  const overHttp = async (
    type: string,
    payload: unknown,
    wrong?: 'signature' | 'timestamp',
  ): Promise<Delivery> => {
    const form =
      type === 'slash_commands' ? (payload as Record<string, string>) : { payload: JSON.stringify(payload) };
    const body = type === 'events_api' ? JSON.stringify(payload) : new URLSearchParams(form).toString();
    const timestamp = Math.floor(Date.now() / 1_000) - (wrong === 'timestamp' ? 600 : 0);
    const secret = wrong === 'signature' ? 'another' : SIGNING_SECRET;
    const signature = `v0=${createHmac('sha256', secret).update(`v0:${timestamp}:${body}`).digest('hex')}`;
    const started = performance.now();
    const response = await fetch(`${target}/slack/events`, {
      method: 'POST',
      headers: {
        'content-type': type === 'events_api' ? 'application/json' : 'application/x-www-form-urlencoded',
        'x-slack-request-timestamp': String(timestamp),
        'x-slack-signature': signature,
      },
      body,
    });
    const text = await response.text();
    return { ok: response.ok, status: response.status, ms: performance.now() - started, body: text };
  };
  const deliver = (type: string, payload: unknown, wrong?: 'signature' | 'timestamp'): Promise<Delivery> =>
    target ? overHttp(type, payload, wrong) : overSocket(type, payload);

  return {
    apiUrl: `${base}/api/`,
    port: (server.address() as AddressInfo).port,
    botToken: BOT_TOKEN,
    appToken: APP_TOKEN,
    signingSecret: SIGNING_SECRET,
    channel,
    me,
    kim,
    calls,
    responses,
    locales,
    /** The calls of one method. */
    of: (method: string): SlackCall[] => calls.filter((call) => call.method === method),
    /** From now on deliver over HTTP to this address. */
    deliverTo(url: string): void {
      target = url;
    },
    /** The next calls of `method` (or `response_url`) fail so, one after the other. */
    fail(method: string, ...list: SlackFailure[]): void {
      failures.set(method, [...(failures.get(method) ?? []), ...list]);
    },
    connected: (): boolean => sockets.size > 0,
    connections: (): number => connections,
    /** Closes all sockets; with `refuse`, new ones are closed as well until `welcome`. */
    drop(refuse = false): void {
      welcoming = !refuse;
      for (const socket of sockets) socket.terminate();
    },
    welcome(): void {
      welcoming = true;
    },
    /** Slack's own request to connect anew. */
    refresh(): void {
      for (const socket of sockets)
        socket.send(JSON.stringify({ type: 'disconnect', reason: 'refresh_requested' }));
    },
    ...slackPeople({ base, channel, me, kim, deliver }),
    /** Messages of the channel, or of one of its threads (with its parent), oldest first. */
    async messages(thread?: string): Promise<FakeMessage[]> {
      const answered = thread
        ? await ask('conversations.replies', { channel, ts: thread })
        : await ask('conversations.history', { channel, limit: '1000' });
      const list = (answered.messages ?? []) as FakeMessage[];
      return list.toSorted((a, b) => Number(a.ts) - Number(b.ts));
    },
    async stop(): Promise<void> {
      for (const socket of sockets) socket.terminate();
      gateway.close();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await emulator.close();
    },
  };
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as AddressInfo;
  await new Promise((resolve) => probe.close(resolve));
  return port;
}
