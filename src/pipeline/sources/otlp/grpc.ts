import { once } from 'node:events';
import {
  Metadata,
  Server,
  ServerCredentials,
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
import { type Listener, type ListenerDeps, listenTcp, type Tls, tlsOptions } from '../listener.ts';
import { Busy, REQUEST_MESSAGES, receiveLogs } from './receive.ts';

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
    'grpc.max_connection_idle_ms': deps.silence.endMs,
  });
  let stopping = false;
  const Export = (
    call: ServerUnaryCall<LogsRequest, LogsResponse>,
    answer: sendUnaryData<LogsResponse>,
  ): void => {
    const sender = call.getPeer().replace(/:\d+$/, '');
    const refuse = (code: status, text: string, ms: number): void => {
      const metadata = new Metadata();
      metadata.set('grpc-status-details-bin', STATUS.serialize(retryStatus(code, text, ms)));
      answer({ code, details: text, metadata });
    };
    if (stopping) {
      refuse(status.UNAVAILABLE, 'shutting down', 1_000);
      return;
    }
    receiveLogs(call.request, sender, deps).then(
      (response) => {
        answer(null, response);
      },
      (error: unknown) => {
        if (error instanceof Busy) {
          refuse(status.RESOURCE_EXHAUSTED, error.message, error.ms);
          return;
        }
        deps.log.warn({ err: error, listener: 'otlp grpc' }, 'collector: request failed');
        answer({ code: status.INTERNAL, details: 'internal error' });
      },
    );
  };
  server.addService(LOGS_SERVICE as unknown as ServiceDefinition, { Export });
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
