import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type WebSocket, WebSocketServer } from 'ws';
import { discordPeople, type FakeDiscordMessage } from './discord-people.ts';

/** One call of the app to the REST API, interaction tokens included. */
export interface DiscordCall {
  method: string;
  path: string;
  body: Record<string, unknown>;
  files: string[];
  at: number;
  status: number;
}

/** What a scripted call gets instead of Discord's answer. */
export interface DiscordFailure {
  status?: number;
  /** Discord's JSON error code. */
  code?: number;
  /** Seconds, with status 429. */
  retryAfter?: number;
  /** The call takes effect, but its answer is lost with the connection. */
  cut?: boolean;
}

export type { FakeDiscordMessage };
export type FakeDiscord = Awaited<ReturnType<typeof startFakeDiscord>>;

const TOKEN = ['MTIzNDU2Nzg5MDEyMzQ1Njc4', 'fake01', 'not-a-real-token-of-anyone'].join('.');
const ME = '100000000000000001';
const APPLICATION = '100000000000000002';
const KIM = '100000000000000003';
const CHANNEL = '100000000000000004';
const GUILD = '100000000000000005';
const EPOCH = 1_420_070_400_000n;

/** A Discord server with one channel: REST, gateway, scripted failures, a transcript, and what people do. */
export async function startFakeDiscord(options: { port?: number } = {}) {
  let sequence = 0n;
  const snowflake = (): string => String(((BigInt(Date.now()) - EPOCH) << 22n) + (sequence++ % 4_194_304n));
  const calls: DiscordCall[] = [];
  const failures: { match: RegExp; list: DiscordFailure[] }[] = [];
  const messages = new Map<string, FakeDiscordMessage>();
  const nonces = new Map<string, string>();
  const channels = new Map<string, Record<string, unknown>>([
    [CHANNEL, { id: CHANNEL, type: 0, name: 'alerts', guild_id: GUILD }],
  ]);
  const placeholders = new Map<string, { channel: string; flags: number; message?: string }>();
  const acks = new Map<string, (body: Record<string, unknown>) => void>();
  const sockets = new Set<WebSocket>();
  let welcoming = true;
  let sessions = 0;
  let commands: unknown;

  type Answer = { status: number; body?: unknown };
  const ok = (body: unknown, status = 200): Answer => ({ status, body });
  const no = (status: number, code: number): Answer => ({ status, body: { code, message: `error ${code}` } });
  const put = (channel: string, body: Record<string, unknown>, id = snowflake()): FakeDiscordMessage => {
    const old = messages.get(id);
    const message = {
      ...(old ?? {
        id,
        channel_id: channel,
        author: { id: ME, username: 'bongsu', bot: true },
        attachments: [],
      }),
      content: '',
      embeds: [],
      ...body,
    } as unknown as FakeDiscordMessage;
    messages.set(id, message);
    return message;
  };
  const route = async (
    method: string,
    path: string,
    query: URLSearchParams,
    body: Record<string, unknown>,
  ): Promise<Answer> => {
    const part = path.split('/').slice(1);
    const [kind, id = '', third = '', fourth = ''] = part;
    if (path === '/gateway/bot')
      return ok({
        url: `${base.replace('http', 'ws')}/gateway`,
        shards: 1,
        session_start_limit: { total: 1_000, remaining: 1_000, reset_after: 0, max_concurrency: 1 },
      });
    if (kind === 'applications') {
      commands = body;
      return ok(body);
    }
    if (path === '/users/@me/channels') {
      channels.set('200', { id: '200', type: 1 });
      return ok({ id: '200', type: 1 });
    }
    if (kind === 'interactions') {
      const flags = Number((body.data as { flags?: number } | undefined)?.flags ?? 0);
      if (body.type === 5) placeholders.set(third, { channel: CHANNEL, flags });
      acks.get(third)?.(body);
      return { status: 204 };
    }
    if (kind === 'webhooks') return webhook(method, third, part[4] ?? '', body);
    if (kind !== 'channels') return no(404, 0);
    if (!channels.has(id)) return no(404, 10_003);
    if (!third) return ok(channels.get(id));
    if (part[4] === 'threads') {
      if (channels.has(fourth)) return no(400, 160_004);
      const thread = { id: fourth, type: 11, parent_id: id, name: body.name, guild_id: GUILD };
      channels.set(fourth, thread);
      return ok(thread, 201);
    }
    if (method === 'POST') {
      const key = body.enforce_nonce ? `${id}:${String(body.nonce)}` : '';
      const known = nonces.get(key);
      if (known) return ok(messages.get(known));
      const { nonce: _, enforce_nonce: __, ...kept } = body;
      const sent = put(id, kept);
      if (key) nonces.set(key, sent.id);
      return ok(sent);
    }
    if (!fourth) {
      const after = BigInt(query.get('after') ?? 0);
      const before = BigInt(query.get('before') ?? 1n << 63n);
      const limit = Number(query.get('limit') ?? 50);
      const found = list(id).filter((message) => BigInt(message.id) > after && BigInt(message.id) < before);
      // From the older end with `after`, from the newer one without; newest first in either case.
      return ok((after > 0n ? found.slice(0, limit) : found.slice(-limit)).reverse());
    }
    if (messages.get(fourth)?.channel_id !== id) return no(404, 10_008);
    return ok(method === 'PATCH' ? put(id, body, fourth) : messages.get(fourth));
  };
  const webhook = (method: string, token: string, target: string, body: Record<string, unknown>): Answer => {
    const placeholder = placeholders.get(token);
    if (!target) return ok(put(CHANNEL, body));
    if (target !== '@original')
      return messages.has(target) ? ok(put(CHANNEL, body, target)) : no(404, 10_008);
    if (!placeholder) return no(404, 10_015);
    if (method === 'DELETE') {
      placeholders.delete(token);
      return { status: 204 };
    }
    const message = put(placeholder.channel, { flags: placeholder.flags, ...body }, placeholder.message);
    placeholder.message = message.id;
    return ok(message);
  };
  const list = (channel: string): FakeDiscordMessage[] =>
    [...messages.values()]
      .filter((message) => message.channel_id === channel)
      .sort((a, b) => (BigInt(a.id) < BigInt(b.id) ? -1 : 1));

  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const url = new URL(request.url ?? '/', base);
    const path = decodeURIComponent(url.pathname).replace(/^\/api\/v10/, '');
    const { body, files } = await bodyOf(request);
    const call: DiscordCall = {
      method: request.method ?? 'GET',
      path,
      body,
      files,
      at: Date.now(),
      status: 200,
    };
    calls.push(call);
    const open = /^\/(?:interactions|webhooks)\//.test(path);
    const failure = failures
      .find(({ match, list: left }) => left.length > 0 && match.test(`${call.method} ${path}`))
      ?.list.shift();
    let answer: Answer;
    if (!open && request.headers.authorization !== `Bot ${TOKEN}`) answer = no(401, 0);
    else if (failure?.status) answer = no(failure.status, failure.code ?? 0);
    else answer = await route(call.method, path, url.searchParams, attached(body, files));
    call.status = answer.status;
    if (failure?.cut) return void request.socket.destroy();
    const retry = failure?.retryAfter === undefined ? {} : { 'retry-after': String(failure.retryAfter) };
    // Discord answers an acknowledgement with an empty 204 without a content type.
    if (answer.body === undefined) return void response.writeHead(answer.status, retry).end();
    response.writeHead(answer.status, { 'content-type': 'application/json', ...retry });
    response.end(JSON.stringify(answer.body));
  };
  const server = createServer((request, response) => {
    serve(request, response).catch((error) => response.writeHead(500).end(String(error)));
  });
  server.listen(options.port ?? 0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const base = `http://127.0.0.1:${port}`;

  const gateway = new WebSocketServer({ server, path: '/gateway' });
  const dispatch = (t: string, d: unknown): void => {
    if (sockets.size === 0) throw new Error('the app is not connected');
    for (const socket of sockets)
      socket.send(JSON.stringify({ op: 0, t, d, s: Number(sequence++ % 1_000_000n) }));
  };
  gateway.on('connection', (socket) => {
    if (!welcoming) return socket.terminate();
    socket.on('close', () => sockets.delete(socket));
    socket.on('message', (data) => {
      const { op, d } = JSON.parse(String(data)) as { op: number; d: { token?: string } };
      if (op === 1) socket.send(JSON.stringify({ op: 11 }));
      if (op !== 2 && op !== 6) return;
      if (d.token !== TOKEN) return socket.close(4_004, 'Authentication failed.');
      sockets.add(socket);
      sessions += 1;
      const ready = {
        v: 10,
        user: { id: ME, username: 'bongsu', bot: true },
        guilds: [],
        session_id: `s${sessions}`,
        resume_gateway_url: `${base.replace('http', 'ws')}/gateway`,
        application: { id: APPLICATION, flags: 0 },
        shard: [0, 1],
      };
      socket.send(
        JSON.stringify(
          op === 2 ? { op: 0, t: 'READY', s: 1, d: ready } : { op: 0, t: 'RESUMED', s: 2, d: {} },
        ),
      );
    });
    socket.send(JSON.stringify({ op: 10, d: { heartbeat_interval: 41_250 } }));
  });

  return {
    apiUrl: `${base}/api`,
    port,
    token: TOKEN,
    me: ME,
    kim: KIM,
    channel: CHANNEL,
    guild: GUILD,
    application: APPLICATION,
    calls,
    channels,
    commands: (): unknown => commands,
    /** Calls whose `METHOD /path` matches. */
    of: (match: RegExp): DiscordCall[] => calls.filter(({ method, path }) => match.test(`${method} ${path}`)),
    /** The next calls whose `METHOD /path` matches fail so, one after the other. */
    fail(match: RegExp, ...list_: DiscordFailure[]): void {
      failures.push({ match, list: list_ });
    },
    /** The messages of a channel or thread, oldest first. */
    messages: (channel = CHANNEL): FakeDiscordMessage[] => list(channel),
    /** Somebody removes a message and its thread. */
    remove(id: string): void {
      messages.delete(id);
      channels.delete(id);
    },
    connected: (): boolean => sockets.size > 0,
    sessions: (): number => sessions,
    drop(refuse = false): void {
      welcoming = !refuse;
      for (const socket of sockets) socket.terminate();
    },
    welcome(): void {
      welcoming = true;
    },
    ...discordPeople({
      me: ME,
      kim: KIM,
      channel: CHANNEL,
      guild: GUILD,
      application: APPLICATION,
      snowflake,
      dispatch,
      acks,
    }),
    async stop(): Promise<void> {
      for (const socket of gateway.clients) socket.terminate();
      gateway.close();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** The attachments a body names, for the message that is kept. */
const attached = (body: Record<string, unknown>, files: string[]): Record<string, unknown> =>
  files.length === 0 && body.attachments === undefined
    ? body
    : { ...body, attachments: body.attachments ?? [] };

async function bodyOf(request: IncomingMessage): Promise<{ body: Record<string, unknown>; files: string[] }> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  const raw = Buffer.concat(parts);
  const type = request.headers['content-type'] ?? '';
  if (!type.startsWith('multipart/'))
    return {
      body: raw.length > 0 ? (JSON.parse(raw.toString('utf8')) as Record<string, unknown>) : {},
      files: [],
    };
  const form = await new Response(raw, { headers: { 'content-type': type } }).formData();
  const files = [...form.values()].flatMap((value) => (typeof value === 'string' ? [] : [value.name]));
  return { body: JSON.parse(String(form.get('payload_json'))) as Record<string, unknown>, files };
}
