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
} from '../../otlp-protocol.ts';
import type { Reservation } from '../receiving/budget.ts';
import { type Listener, type ListenerDeps, listenTcp, type Tls, tlsOptions } from '../receiving/listener.ts';
import { STALL_MS } from '../receiving/stalled.ts';
import { MAX_PARTS, tooManyProtobuf } from './parts.ts';
import { Busy, busy, REQUEST_MESSAGES, receiveLogs } from './receive.ts';

const senderOf = (peer: string): string => peer.replace(/:\d+$/, '');

/** Stands for a request that is not decoded. */
const TOO_MANY: LogsRequest = {};
/** How large a request was, unpacked, before it was decoded. */
const sizes = new WeakMap<LogsRequest, number>();
const SIZED: typeof LOGS_SERVICE = {
  Export: {
    ...LOGS_SERVICE.Export,
    requestDeserialize(bytes) {
      if (tooManyProtobuf(bytes)) return TOO_MANY;
      const request = LOGS_SERVICE.Export.requestDeserialize(bytes);
      sizes.set(request, bytes.length);
      return request;
    },
  },
};

function credentialsOf(tls: Tls | undefined): ServerCredentials {
  if (!tls) return ServerCredentials.createInsecure();
  const { cert, key, ca } = tlsOptions(tls);
  return ServerCredentials.createSsl(
    (ca as Buffer | undefined) ?? null,
    [{ cert_chain: cert as Buffer, private_key: key as Buffer }],
    ca !== undefined,
  );
}

/** OTLP logs over gRPC. A full store answers RESOURCE_EXHAUSTED with a retry time, which exporters keep to. */
export async function listenOtlpGrpc(
  options: { host: string; port: number; tls?: Tls | undefined },
  deps: ListenerDeps,
): Promise<Listener> {
  const server = new Server({
    'grpc.max_receive_message_length': deps.limits.messageBytes * REQUEST_MESSAGES,
    'grpc.max_concurrent_streams': 64,
    'grpc.max_connection_idle_ms': deps.idle.endMs,
    interceptors: [(_method, call) => readInTurn(call)],
  });
  let stopping = false;
  /** Room for each request that is being received, by what its handler gets of it too. */
  const reservations = new WeakMap<Metadata, Reservation>();
  const largest = deps.limits.messageBytes * REQUEST_MESSAGES;
  const exhausted = (text: string, ms: number): { code: status; details: string; metadata: Metadata } => {
    const metadata = new Metadata();
    const code = status.RESOURCE_EXHAUSTED;
    metadata.set('grpc-status-details-bin', STATUS.serialize(retryStatus(code, text, ms)));
    return { code, details: text, metadata };
  };
  /**
   * Lets a request be read when there is room for the largest one: how large it is, and what it unpacks to, the library
   * only says when it is there. HTTP/2 holds its sender up until then.
   */
  function readInTurn(call: ServerInterceptingCallInterface): ServerInterceptingCall {
    const over = new AbortController();
    let of: Metadata | undefined;
    let ended = false;
    let timer: NodeJS.Timeout | undefined;
    /** However it ends; what its handler took, the handler gives back. */
    const end = (): void => {
      ended = true;
      over.abort();
      clearInterval(timer);
      const reservation = of && reservations.get(of);
      if (of) reservations.delete(of);
      reservation?.release();
    };
    const refuse = (): void => {
      if (ended) return;
      deps.rejections.add('overflow', senderOf(call.getPeer()));
      end();
      call.sendStatus(exhausted(busy().message, busy().ms));
    };
    /** It has to come while others wait for room. */
    const look = (): void => {
      if (!of || !reservations.has(of)) clearInterval(timer);
      else if (deps.share.contended) refuse();
    };
    return new ServerInterceptingCall(call, {
      start: (next) =>
        next({
          onReceiveMetadata: (metadata, proceed) => {
            const late = setTimeout(() => over.abort(), STALL_MS / 2);
            deps.share
              .take(largest, over.signal)
              .then((given) => {
                if (ended) return given.release();
                of = metadata;
                reservations.set(metadata, given);
                timer = setInterval(look, STALL_MS);
                timer.unref();
                proceed(metadata);
              }, refuse)
              .finally(() => clearTimeout(late));
          },
          onReceiveMessage: (message, proceed) => proceed(message),
          onReceiveHalfClose: (proceed) => proceed(),
          onCancel: end,
        }),
      sendMetadata: (metadata, next) => next(metadata),
      sendMessage: (message, next) => next(message),
      sendStatus: (sent, next) => next(sent),
    });
  }
  const Export = (
    call: ServerUnaryCall<LogsRequest, LogsResponse>,
    answer: sendUnaryData<LogsResponse>,
  ): void => {
    const sender = senderOf(call.getPeer());
    const reservation = reservations.get(call.metadata);
    reservations.delete(call.metadata);
    if (stopping || !reservation) {
      reservation?.release();
      answer({ ...exhausted('shutting down', 1_000), code: status.UNAVAILABLE });
      return;
    }
    if (call.request === TOO_MANY) {
      reservation.release();
      deps.rejections.add('too_large', sender);
      answer({ code: status.INVALID_ARGUMENT, details: `more than ${MAX_PARTS} values` });
      return;
    }
    receiveLogs(call.request, sender, deps, { reservation, bytes: sizes.get(call.request) ?? largest }).then(
      (response) => {
        answer(null, response);
      },
      (error: unknown) => {
        if (error instanceof Busy) {
          answer(exhausted(error.message, error.ms));
          return;
        }
        deps.log.warn({ err: error, listener: 'otlp grpc' }, 'collector: request failed');
        answer({ code: status.INTERNAL, details: 'internal error' });
      },
    );
  };
  server.addService(SIZED as unknown as ServiceDefinition, { Export });
  // Connections come from our own listener, which counts and limits them.
  const injector = server.createConnectionInjector(credentialsOf(options.tls));
  const listener = await listenTcp(
    { name: 'otlp grpc', kind: 'otlp', host: options.host, port: options.port },
    deps,
    async (socket) => {
      injector.injectConnection(socket);
      await once(socket, 'close');
    },
  );
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
      injector.destroy();
      await listener[Symbol.asyncDispose]();
      server.forceShutdown();
    },
  };
}
