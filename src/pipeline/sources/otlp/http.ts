import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createGunzip } from 'node:zlib';
import { AppError, toAppError } from '../../../domain/errors.ts';
import { MINUTE, SECOND } from '../../../domain/time/units.ts';
import { EXPORT, type LogsRequest, STATUS } from '../../otlp/protocol.ts';
import type { Reservation } from '../receiving/budget.ts';
import type { Listener, ListenerDeps } from '../receiving/listener.ts';
import { STALL_MS } from '../receiving/stalled.ts';
import { listenTcp, type TcpAddress } from '../receiving/tcp.ts';
import { otlpListener } from './listener.ts';
import { MAX_PARTS, tooManyJson, tooManyProtobuf } from './parts.ts';
import { Busy, busy, REQUEST_MESSAGES, receiveLogs } from './receive.ts';

const NAME = 'otlp http';
const PATH = '/v1/logs';
/** gRPC's codes, which OTLP uses in the body of errors over HTTP too. */
const RPC = { invalid: 3, exhausted: 8, unavailable: 14, internal: 13 } as const;
/** How often the server looks whether a request takes too long to come, in milliseconds. */
const CHECK_MS = 5 * SECOND;
/** Bytes that are unpacked at once. */
const PIECE = 64 * 1024;

type BodyFormat = 'json' | 'protobuf';

/** OTLP logs over HTTP, as protobuf or JSON. A full store answers 503, a sender that is too fast 429, both with Retry-After. */
export async function listenOtlpHttp(address: TcpAddress, deps: ListenerDeps): Promise<Listener> {
  const requests = new HttpRequests(deps);
  const server = createServer(
    { connectionsCheckingInterval: CHECK_MS },
    (request, response) => void requests.handle(request, response),
  );
  server.requestTimeout = MINUTE;
  server.headersTimeout = 10 * SECOND;
  server.keepAliveTimeout = 30 * SECOND;
  server.timeout = deps.idle.endMs;
  // It does not listen itself, and only a server that listens checks these timeouts.
  server.emit('listening');
  const tcp = await listenTcp({ ...address, name: NAME, kind: 'otlp' }, deps, async (socket) => {
    server.emit('connection', socket);
    await once(socket, 'close');
  });
  return otlpListener(tcp, {
    quiesce() {
      requests.stopping = true;
    },
    async dispose() {
      server.close();
      server.closeAllConnections();
      await tcp[Symbol.asyncDispose]();
    },
  });
}

/** A request whose body comes in, and the room that is reserved for it. */
interface IncomingBody {
  request: IncomingMessage;
  reservation: Reservation;
  /** Epoch milliseconds. */
  since: number;
}

/** Writes the answer to one request, in the format of the request. */
class Answer {
  readonly #request: IncomingMessage;
  readonly #response: ServerResponse;
  readonly #format: BodyFormat;

  constructor(request: IncomingMessage, response: ServerResponse, format: BodyFormat) {
    this.#request = request;
    this.#response = response;
    this.#format = format;
  }

  send(status: number, body: Buffer | string, headers: Record<string, string> = {}): void {
    const type = this.#format === 'protobuf' ? 'application/x-protobuf' : 'application/json';
    this.#response.writeHead(status, { 'content-type': type, ...headers });
    this.#response.end(body);
  }

  fail(status: number, code: number, message: string, headers?: Record<string, string>): void {
    const body =
      this.#format === 'protobuf' ? STATUS.serialize({ code, message }) : JSON.stringify({ code, message });
    // The rest of a rejected body is not read: the connection ends with the answer.
    this.send(status, body, { ...headers, ...(this.#request.complete ? {} : { connection: 'close' }) });
  }
}

class HttpRequests {
  /** New requests get the answer "come again". */
  stopping = false;
  readonly #deps: ListenerDeps;
  /** The oldest first. */
  readonly #bodies = new Set<IncomingBody>();

  constructor(deps: ListenerDeps) {
    this.#deps = deps;
  }

  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const format = formatOf(request);
    const answer = new Answer(request, response, format ?? 'json');
    if (request.url?.split('?')[0] !== PATH) return answer.fail(404, RPC.invalid, `only ${PATH} is here`);
    if (request.method !== 'POST') return answer.fail(405, RPC.invalid, 'POST it', { allow: 'POST' });
    if (!format)
      return answer.fail(415, RPC.invalid, 'content-type must be application/x-protobuf or application/json');
    if (this.stopping) return answer.fail(503, RPC.unavailable, 'shutting down', { 'retry-after': '1' });
    await this.#receive(request, format, answer);
  }

  async #receive(request: IncomingMessage, format: BodyFormat, answer: Answer): Promise<void> {
    const sender = senderOf(request);
    let reservation: Reservation | undefined;
    try {
      reservation = this.#deps.share.tryTake(0);
      if (!reservation) throw busy();
      const body = await this.#read({ request, reservation, since: Date.now() });
      const room = { reservation, bytes: body.length };
      const logs = decode(body, format);
      // From here on it is released with the records.
      reservation = undefined;
      const response = await receiveLogs(logs, sender, this.#deps, room);
      answer.send(200, format === 'protobuf' ? EXPORT.responseSerialize(response) : JSON.stringify(response));
    } catch (error) {
      // Rejected records were counted where they were rejected; here it was the body.
      if (reservation && error instanceof Busy) this.#deps.rejections.add('overflow', sender);
      reservation?.release();
      this.#answerError(error, request, answer);
    }
  }

  #answerError(error: unknown, request: IncomingMessage, answer: Answer): void {
    const { rejections, log } = this.#deps;
    if (error instanceof Busy) {
      const headers = { 'retry-after': String(Math.max(1, Math.ceil(error.ms / 1_000))) };
      if (error.sender) answer.fail(429, RPC.exhausted, error.message, headers);
      else answer.fail(503, RPC.unavailable, error.message, headers);
      return;
    }
    if (request.destroyed && !request.complete) return;
    const { code, message } = toAppError(error);
    if (code !== 'too_large' && code !== 'malformed' && code !== 'usage') {
      log.warn({ err: error, listener: NAME }, 'collector: request failed');
      answer.fail(500, RPC.internal, 'internal error');
      return;
    }
    rejections.add(code === 'too_large' ? 'too_large' : 'malformed', senderOf(request));
    answer.fail(code === 'too_large' ? 413 : 400, RPC.invalid, message);
  }

  /** The body, unpacked, with room reserved for all of it. */
  async #read(incoming: IncomingBody): Promise<Buffer> {
    this.#bodies.add(incoming);
    const most = this.#deps.limits.messageBytes * REQUEST_MESSAGES;
    try {
      return await bodyOf(incoming.request, most, (bytes) => this.#grow(incoming, bytes));
    } finally {
      this.#bodies.delete(incoming);
    }
  }

  /** Reserves more room for a body. If there is none, bodies that come too slowly are dropped: their senders send them again. */
  #grow({ reservation }: IncomingBody, bytes: number): boolean {
    const fits = (): boolean => reservation.resize(reservation.bytes + bytes);
    if (fits()) return true;
    for (const slow of this.#bodies) {
      if (Date.now() - slow.since < STALL_MS) return false;
      if (slow.reservation === reservation) continue;
      this.#bodies.delete(slow);
      slow.reservation.release();
      slow.request.destroy();
      this.#deps.rejections.add('overflow', senderOf(slow.request));
      if (fits()) return true;
    }
    return false;
  }
}

const senderOf = (request: IncomingMessage): string => request.socket.remoteAddress ?? 'unknown';

function formatOf(request: IncomingMessage): BodyFormat | undefined {
  const type = (request.headers['content-type'] ?? '').split(';')[0]!.trim().toLowerCase();
  if (type === 'application/json') return 'json';
  return type === 'application/x-protobuf' ? 'protobuf' : undefined;
}

/**
 * The body, unpacked. Room is reserved for every piece when it comes and when it is unpacked, so that a body that unpacks to
 * hundreds of times its size is stopped on the way.
 * @param grow reserves this many more bytes; false if there is no room
 * @throws AppError `too_large` | `malformed` | `usage`, and Busy
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
  // A rejected body must not close the connection before the answer is out.
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

/** @throws AppError `too_large` | `malformed` */
function decode(body: Buffer, format: BodyFormat): LogsRequest {
  if (format === 'protobuf' ? tooManyProtobuf(body) : tooManyJson(body))
    throw new AppError('too_large', `more than ${MAX_PARTS} values`);
  try {
    if (format === 'protobuf') return EXPORT.requestDeserialize(body);
    const value: unknown = JSON.parse(body.toString('utf8'));
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value;
  } catch (cause) {
    throw new AppError('malformed', `not a logs request in ${format}`, { cause });
  }
  throw new AppError('malformed', 'a logs request is a JSON object');
}
