import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createGunzip } from 'node:zlib';
import { AppError, toAppError } from '../../../domain/errors.ts';
import { MINUTE } from '../../../domain/time/units.ts';
import { EXPORT, type LogsRequest, STATUS } from '../../otlp-protocol.ts';
import type { Reservation } from '../receiving/budget.ts';
import { type Listener, type ListenerDeps, listenTcp, type Tls } from '../receiving/listener.ts';
import { STALL_MS } from '../receiving/stalled.ts';
import { MAX_PARTS, tooManyJson, tooManyProtobuf } from './parts.ts';
import { Busy, busy, REQUEST_MESSAGES, receiveLogs } from './receive.ts';

const PATH = '/v1/logs';
/** gRPC's codes, which OTLP uses in the body of errors over HTTP too. */
const RPC = { invalid: 3, exhausted: 8, unavailable: 14, internal: 13 } as const;
/** How often it is looked whether a request takes too long to come. */
const CHECK_MS = 5_000;
/** What is unpacked at once. */
const PIECE = 64 * 1024;

/** A request whose body comes in, and the room it holds meanwhile. */
interface IncomingBody {
  request: IncomingMessage;
  reservation: Reservation;
  /** Epoch milliseconds. */
  since: number;
}

type BodyFormat = 'json' | 'protobuf';

/**
 * The body, unpacked. Room is taken for every piece as it comes, also as it is unpacked, so that what unpacks to
 * hundreds of times its size is stopped on the way. Throws AppError `too_large` | `malformed` | `usage`, and Busy.
 */
async function bodyOf(
  request: IncomingMessage,
  limit: number,
  grow: (bytes: number) => boolean,
): Promise<Buffer> {
  const gather = async (pieces: AsyncIterable<unknown>): Promise<Buffer> => {
    const chunks: Buffer[] = [];
    let size = 0;
    for await (const chunk of pieces as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > limit) throw new AppError('too_large', `more than ${limit} bytes`);
      if (!grow(chunk.length)) throw busy();
      chunks.push(chunk);
    }
    return Buffer.concat(chunks);
  };
  const encoding = request.headers['content-encoding'] ?? 'identity';
  // A refused body must not take the connection with it before the answer is out.
  const body = await gather(request.iterator({ destroyOnReturn: false }));
  if (encoding === 'identity') return body;
  if (encoding !== 'gzip') throw new AppError('usage', 'content-encoding must be gzip or identity');
  const gunzip = createGunzip({ chunkSize: PIECE });
  try {
    gunzip.end(body);
    return await gather(gunzip);
  } catch (cause) {
    if (!(cause as NodeJS.ErrnoException).code?.startsWith('Z_')) throw cause;
    throw new AppError('malformed', 'not gzip data', { cause });
  } finally {
    gunzip.destroy();
  }
}

function decode(body: Buffer, encoding: BodyFormat): LogsRequest {
  if (encoding === 'protobuf' ? tooManyProtobuf(body) : tooManyJson(body))
    throw new AppError('too_large', `more than ${MAX_PARTS} values`);
  try {
    if (encoding === 'protobuf') return EXPORT.requestDeserialize(body);
    const value: unknown = JSON.parse(body.toString('utf8'));
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value;
  } catch (cause) {
    throw new AppError('malformed', `not a logs request in ${encoding}`, { cause });
  }
  throw new AppError('malformed', 'a logs request is a JSON object');
}

/** OTLP logs over HTTP, as protobuf or JSON. A full store answers 503, a sender that is too fast 429, both with Retry-After. */
export async function listenOtlpHttp(
  options: { host: string; port: number; tls?: Tls | undefined },
  deps: ListenerDeps,
): Promise<Listener> {
  const { share, rejections, limits, idle, log } = deps;
  let stopping = false;
  /** The oldest first. */
  const coming = new Set<IncomingBody>();

  /** More room for a body; where there is none, those that come too slowly give theirs up: they are sent again. */
  function grow({ reservation }: IncomingBody, bytes: number): boolean {
    const fits = (): boolean => reservation.resize(reservation.bytes + bytes);
    if (fits()) return true;
    for (const slow of coming) {
      if (Date.now() - slow.since < STALL_MS) return false;
      if (slow.reservation === reservation) continue;
      coming.delete(slow);
      slow.reservation.release();
      slow.request.destroy();
      rejections.add('overflow', slow.request.socket.remoteAddress ?? 'unknown');
      if (fits()) return true;
    }
    return false;
  }

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const sender = request.socket.remoteAddress ?? 'unknown';
    const type = (request.headers['content-type'] ?? '').split(';')[0]!.trim().toLowerCase();
    const encoding: BodyFormat | undefined =
      type === 'application/json' ? 'json' : type === 'application/x-protobuf' ? 'protobuf' : undefined;
    const send = (status: number, body: Buffer | string, headers: Record<string, string> = {}): void => {
      response.writeHead(status, {
        'content-type': encoding === 'protobuf' ? 'application/x-protobuf' : 'application/json',
        ...headers,
      });
      response.end(body);
    };
    const fail = (status: number, code: number, message: string, headers?: Record<string, string>): void => {
      const body =
        encoding === 'protobuf' ? STATUS.serialize({ code, message }) : JSON.stringify({ code, message });
      // What is left of a refused body is not read: the connection ends with the answer.
      send(status, body, { ...headers, ...(request.complete ? {} : { connection: 'close' }) });
    };
    if (request.url?.split('?')[0] !== PATH) return fail(404, RPC.invalid, `only ${PATH} is here`);
    if (request.method !== 'POST') return fail(405, RPC.invalid, 'POST it', { allow: 'POST' });
    if (!encoding)
      return fail(415, RPC.invalid, 'content-type must be application/x-protobuf or application/json');
    if (stopping) return fail(503, RPC.unavailable, 'shutting down', { 'retry-after': '1' });
    let reservation: Reservation | undefined;
    try {
      reservation = share.tryTake(0);
      if (!reservation) throw busy();
      const one: IncomingBody = { request, reservation, since: Date.now() };
      coming.add(one);
      const most = limits.messageBytes * REQUEST_MESSAGES;
      const body = await bodyOf(request, most, (bytes) => grow(one, bytes)).finally(() => coming.delete(one));
      const room = { reservation, bytes: body.length };
      const logs = decode(body, encoding);
      // From here on it is given back with the records.
      reservation = undefined;
      const answer = await receiveLogs(logs, sender, deps, room);
      send(200, encoding === 'protobuf' ? EXPORT.responseSerialize(answer) : JSON.stringify(answer));
    } catch (error) {
      // Counted where the records were refused; here it was the body.
      if (reservation && error instanceof Busy) rejections.add('overflow', sender);
      reservation?.release();
      if (error instanceof Busy) {
        const headers = { 'retry-after': String(Math.max(1, Math.ceil(error.ms / 1_000))) };
        return error.sender
          ? fail(429, RPC.exhausted, error.message, headers)
          : fail(503, RPC.unavailable, error.message, headers);
      }
      if (request.destroyed && !request.complete) return;
      const { code, message } = toAppError(error);
      if (code !== 'too_large' && code !== 'malformed' && code !== 'usage') {
        log.warn({ err: error, listener: 'otlp http' }, 'collector: request failed');
        return fail(500, RPC.internal, 'internal error');
      }
      rejections.add(code === 'too_large' ? 'too_large' : 'malformed', sender);
      fail(code === 'too_large' ? 413 : 400, RPC.invalid, message);
    }
  }

  const server = createServer(
    { connectionsCheckingInterval: CHECK_MS },
    (request, response) => void handle(request, response),
  );
  server.requestTimeout = MINUTE;
  server.headersTimeout = 10_000;
  server.keepAliveTimeout = 30_000;
  server.timeout = idle.endMs;
  // It does not listen itself, and only a server that does looks after these times.
  server.emit('listening');
  const listener = await listenTcp({ ...options, name: 'otlp http', kind: 'otlp' }, deps, async (socket) => {
    server.emit('connection', socket);
    await once(socket, 'close');
  });
  return {
    ...listener,
    get port() {
      return listener.port;
    },
    quiesce() {
      stopping = true;
      listener.quiesce();
    },
    async [Symbol.asyncDispose]() {
      server.close();
      server.closeAllConnections();
      await listener[Symbol.asyncDispose]();
    },
  };
}
