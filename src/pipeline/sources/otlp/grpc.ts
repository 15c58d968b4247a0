import { once } from 'node:events';
import {
  Metadata,
  Server,
  ServerCredentials,
  ServerInterceptingCall,
  type ServerInterceptingCallInterface,
  type ServerUnaryCall,
  type ServiceDefinition,
  type sendUnaryData,
  status,
} from '@grpc/grpc-js';
import {
  LOGS_SERVICE,
  type LogsRequest,
  type LogsResponse,
  retryStatus,
  STATUS,
} from '../../otlp/protocol.ts';
import type { Reservation } from '../receiving/budget.ts';
import type { Listener, ListenerDeps } from '../receiving/listener.ts';
import { STALL_MS } from '../receiving/stalled.ts';
import { listenTcp, type TcpAddress, type Tls, tlsOptions } from '../receiving/tcp.ts';
import { otlpListener } from './listener.ts';
import { MAX_PARTS, tooManyProtobuf } from './parts.ts';
import { Busy, busy, REQUEST_MESSAGES, receiveLogs } from './receive.ts';

const NAME = 'otlp grpc';

/** OTLP logs over gRPC. A full store answers RESOURCE_EXHAUSTED with a retry time, which exporters keep to. */
export async function listenOtlpGrpc(address: TcpAddress, deps: ListenerDeps): Promise<Listener> {
  const requests = new GrpcRequests(deps);
  const server = new Server({
    'grpc.max_receive_message_length': requests.largest,
    'grpc.max_concurrent_streams': 64,
    'grpc.max_connection_idle_ms': deps.idle.endMs,
    interceptors: [(_method, call) => requests.intercept(call)],
  });
  server.addService(requests.service, {
    Export: (call: ServerUnaryCall<LogsRequest, LogsResponse>, answer: sendUnaryData<LogsResponse>) =>
      requests.export(call, answer),
  });
  // Connections come from our own listener, which counts and limits them.
  const injector = server.createConnectionInjector(credentialsOf(address.tls));
  const { host, port } = address;
  const tcp = await listenTcp({ name: NAME, kind: 'otlp', host, port }, deps, async (socket) => {
    injector.injectConnection(socket);
    await once(socket, 'close');
  });
  return otlpListener(tcp, {
    quiesce() {
      requests.stopping = true;
    },
    async dispose() {
      injector.destroy();
      await tcp[Symbol.asyncDispose]();
      server.forceShutdown();
    },
  });
}

function credentialsOf(tls: Tls | undefined): ServerCredentials {
  if (!tls) return ServerCredentials.createInsecure();
  const { cert, key, ca } = tlsOptions(tls);
  return ServerCredentials.createSsl(
    (ca as Buffer | undefined) ?? null,
    [{ cert_chain: cert as Buffer, private_key: key as Buffer }],
    ca !== undefined,
  );
}

const senderOf = (peer: string): string => peer.replace(/:\d+$/, '');

/** The answer that asks the sender to come again after `ms`. */
function exhausted(text: string, ms: number): { code: status; details: string; metadata: Metadata } {
  const metadata = new Metadata();
  const code = status.RESOURCE_EXHAUSTED;
  metadata.set('grpc-status-details-bin', STATUS.serialize(retryStatus(code, text, ms)));
  return { code, details: text, metadata };
}

/** The requests of one listener. Each is read only when there is room for it. */
class GrpcRequests {
  /** Bytes of the largest request. */
  readonly largest: number;
  /** The service of the protocol, with a decoder that counts first. */
  readonly service: ServiceDefinition;
  /** New requests get the answer "come again". */
  stopping = false;
  readonly #deps: ListenerDeps;
  /** Room for each request, by its metadata: the interceptor and the handler have that in common. */
  readonly #reservations = new WeakMap<Metadata, Reservation>();
  /** Bytes of each request, unpacked, before it was decoded. */
  readonly #sizes = new WeakMap<LogsRequest, number>();
  /** Stands for a request that has too many values and is not decoded. */
  readonly #tooMany: LogsRequest = {};

  constructor(deps: ListenerDeps) {
    this.#deps = deps;
    this.largest = deps.limits.messageBytes * REQUEST_MESSAGES;
    const requestDeserialize = (bytes: Buffer): LogsRequest => this.#decode(bytes);
    const service: typeof LOGS_SERVICE = { Export: { ...LOGS_SERVICE.Export, requestDeserialize } };
    this.service = service as unknown as ServiceDefinition;
  }

  #decode(bytes: Buffer): LogsRequest {
    if (tooManyProtobuf(bytes)) return this.#tooMany;
    const request = LOGS_SERVICE.Export.requestDeserialize(bytes);
    this.#sizes.set(request, bytes.length);
    return request;
  }

  intercept(call: ServerInterceptingCallInterface): ServerInterceptingCall {
    const incoming = new IncomingCall(call, this.#deps, this.#reservations, this.largest);
    return new ServerInterceptingCall(call, {
      start: (next) =>
        next({
          onReceiveMetadata: (metadata, proceed) => incoming.begin(metadata, proceed),
          onReceiveMessage: (message, proceed) => proceed(message),
          onReceiveHalfClose: (proceed) => proceed(),
          onCancel: () => incoming.end(),
        }),
      sendMetadata: (metadata, next) => next(metadata),
      sendMessage: (message, next) => next(message),
      sendStatus: (sent, next) => next(sent),
    });
  }

  export(call: ServerUnaryCall<LogsRequest, LogsResponse>, answer: sendUnaryData<LogsResponse>): void {
    const sender = senderOf(call.getPeer());
    const reservation = this.#reservations.get(call.metadata);
    this.#reservations.delete(call.metadata);
    if (this.stopping || !reservation) {
      reservation?.release();
      answer({ ...exhausted('shutting down', 1_000), code: status.UNAVAILABLE });
      return;
    }
    if (call.request === this.#tooMany) {
      reservation.release();
      this.#deps.rejections.add('too_large', sender);
      answer({ code: status.INVALID_ARGUMENT, details: `more than ${MAX_PARTS} values` });
      return;
    }
    const room = { reservation, bytes: this.#sizes.get(call.request) ?? this.largest };
    receiveLogs(call.request, sender, this.#deps, room).then(
      (response) => answer(null, response),
      (error: unknown) => {
        if (error instanceof Busy) {
          answer(exhausted(error.message, error.ms));
          return;
        }
        this.#deps.log.warn({ err: error, listener: NAME }, 'collector: request failed');
        answer({ code: status.INTERNAL, details: 'internal error' });
      },
    );
  }
}

/**
 * A request that is being received. It is read when there is room for the largest one: the library says how large a
 * request is, and how large unpacked, only when it is there. HTTP/2 holds the sender up until then.
 */
class IncomingCall {
  readonly #call: ServerInterceptingCallInterface;
  readonly #deps: ListenerDeps;
  readonly #reservations: WeakMap<Metadata, Reservation>;
  readonly #largest: number;
  /** Ends the waiting for room. */
  readonly #over = new AbortController();
  #metadata: Metadata | undefined;
  #ended = false;
  #stallTimer: NodeJS.Timeout | undefined;

  constructor(
    call: ServerInterceptingCallInterface,
    deps: ListenerDeps,
    reservations: WeakMap<Metadata, Reservation>,
    largest: number,
  ) {
    this.#call = call;
    this.#deps = deps;
    this.#reservations = reservations;
    this.#largest = largest;
  }

  begin(metadata: Metadata, proceed: (metadata: Metadata) => void): void {
    const late = setTimeout(() => this.#over.abort(), STALL_MS / 2);
    this.#deps.share
      .take(this.#largest, this.#over.signal)
      .then(
        (given) => {
          if (this.#ended) return given.release();
          this.#metadata = metadata;
          this.#reservations.set(metadata, given);
          this.#stallTimer = setInterval(() => this.#checkStalled(), STALL_MS);
          this.#stallTimer.unref();
          proceed(metadata);
        },
        () => this.#refuse(),
      )
      .finally(() => clearTimeout(late));
  }

  /** The call is over, in whatever way. What the handler took is released by the handler. */
  end(): void {
    this.#ended = true;
    this.#over.abort();
    clearInterval(this.#stallTimer);
    const reservation = this.#metadata && this.#reservations.get(this.#metadata);
    if (this.#metadata) this.#reservations.delete(this.#metadata);
    reservation?.release();
  }

  #refuse(): void {
    if (this.#ended) return;
    this.#deps.rejections.add('overflow', senderOf(this.#call.getPeer()));
    this.end();
    this.#call.sendStatus(exhausted(busy().message, busy().ms));
  }

  /** A request must not take long to come while others wait for room. */
  #checkStalled(): void {
    if (!this.#metadata || !this.#reservations.has(this.#metadata)) clearInterval(this.#stallTimer);
    else if (this.#deps.share.contended) this.#refuse();
  }
}
