import { Client, credentials, type ServiceError, status } from '@grpc/grpc-js';
import type { Config } from '../../config/config.ts';
import type { Anomaly } from '../../domain/alert/anomaly.ts';
import { AppError } from '../../domain/errors.ts';
import { VERSION } from '../../version.ts';
import { EXPORT, type KeyValue, type LogsRequest, type LogsResponse } from '../otlp/protocol.ts';
import { type Output, SEND_MS } from './output.ts';

const SEVERITY = { critical: 21, warning: 13, normal: 9 } as const;
/** Failures after which the OTLP specification allows to send a request again. */
const RETRYABLE_RPC = new Set<number>([
  status.CANCELLED,
  status.DEADLINE_EXCEEDED,
  status.RESOURCE_EXHAUSTED,
  status.ABORTED,
  status.OUT_OF_RANGE,
  status.UNAVAILABLE,
  status.DATA_LOSS,
]);
const RETRYABLE_HTTP = new Set([429, 502, 503, 504]);

const text = (key: string, value: string): KeyValue => ({ key, value: { stringValue: value } });

/** Anomalies as one export request: the body is the JSON; what people filter by are attributes. */
export function logsRequest(anomalies: Anomaly[], sentAt: number): LogsRequest {
  const logRecords = anomalies.map((anomaly) => ({
    timeUnixNano: `${Date.parse(anomaly.detected_at)}000000`,
    observedTimeUnixNano: `${sentAt}000000`,
    severityNumber: SEVERITY[anomaly.anomaly_status],
    severityText: anomaly.anomaly_status,
    eventName: 'bongsu.anomaly',
    body: { stringValue: JSON.stringify(anomaly) },
    attributes: [
      text('bongsu.anomaly.id', anomaly.id),
      text('bongsu.anomaly.service', anomaly.service),
      { key: 'bongsu.anomaly.severity', value: { intValue: anomaly.severity } },
      ...(anomaly.detector ? [text('bongsu.anomaly.detector', anomaly.detector)] : []),
    ],
    ...(anomaly.trace_id && /^[0-9a-f]{32}$/.test(anomaly.trace_id)
      ? { traceId: Buffer.from(anomaly.trace_id, 'hex') }
      : {}),
  }));
  const resource = { attributes: [text('service.name', 'bongsu'), text('service.version', VERSION)] };
  return { resourceLogs: [{ resource, scopeLogs: [{ scope: { name: 'bongsu' }, logRecords }] }] };
}

/** In OTLP's JSON ids are hexadecimal. */
const asJson = (request: LogsRequest): string =>
  JSON.stringify(request, function (this: Record<string, unknown>, key, value: unknown) {
    const original = this[key];
    return key === 'traceId' && original instanceof Uint8Array
      ? Buffer.from(original).toString('hex')
      : value;
  });

/** What a receiver answers that took a request. Some say only `ok`: that is no failure, or the request would be sent twice. */
function accepted(body: Buffer, json: boolean): LogsResponse {
  try {
    if (!json) return EXPORT.responseDeserialize(body);
    const value: unknown = JSON.parse(body.toString('utf8'));
    return typeof value === 'object' && value !== null ? value : {};
  } catch {
    return {};
  }
}

/** Sends one request; throws AppError. */
interface Transport {
  export(request: LogsRequest): Promise<LogsResponse>;
  close(): void;
}

/** OTLP logs over gRPC or HTTP. What the receiver rejects in a partial success is not sent again, as OTLP asks. */
export function openOtlpOutput(
  options: NonNullable<Config['send']['otlp']>,
  onRejected: (count: number, reason: string) => void,
): Output {
  const { url, protocol } = options;
  const endpoint = `${new URL(url).host} (${protocol})`;
  const transport =
    protocol === 'grpc'
      ? grpcTransport(url, endpoint)
      : httpTransport(url, endpoint, protocol === 'http/json');
  return {
    name: 'otlp',
    endpoint,
    async send(anomalies) {
      const { partialSuccess } = await transport.export(logsRequest(anomalies, Date.now()));
      const rejected = Number(partialSuccess?.rejectedLogRecords ?? 0);
      if (rejected > 0) onRejected(rejected, partialSuccess?.errorMessage ?? '');
    },
    async [Symbol.asyncDispose]() {
      transport.close();
    },
  };
}

function grpcTransport(url: string, endpoint: string): Transport {
  const { host, protocol } = new URL(url);
  const security = protocol === 'https:' ? credentials.createSsl() : credentials.createInsecure();
  const client = new Client(host, security, {
    'grpc.initial_reconnect_backoff_ms': 100,
    'grpc.max_reconnect_backoff_ms': 5_000,
  });
  const refused = (error: ServiceError): AppError => {
    const retryable = RETRYABLE_RPC.has(error.code);
    const code =
      error.code === status.UNAUTHENTICATED ? 'unauthorized' : retryable ? 'unavailable' : 'malformed';
    const cause = new Error(error.details);
    return new AppError(code, `OTLP receiver ${endpoint} refused (${status[error.code]})`, {
      cause,
      retryable,
    });
  };
  return {
    export: (request) =>
      new Promise((resolve, reject) => {
        client.makeUnaryRequest(
          EXPORT.path,
          EXPORT.requestSerialize,
          EXPORT.responseDeserialize,
          request,
          { deadline: Date.now() + SEND_MS },
          (error: ServiceError | null, response) =>
            error ? reject(refused(error)) : resolve(response ?? {}),
        );
      }),
    close: () => client.close(),
  };
}

function httpTransport(url: string, endpoint: string, json: boolean): Transport {
  const refused = ({ status: code, headers }: Response): AppError => {
    const retryable = RETRYABLE_HTTP.has(code);
    const seconds = Number(headers.get('retry-after'));
    return new AppError(
      code === 401 || code === 403 ? 'unauthorized' : retryable ? 'unavailable' : 'malformed',
      `OTLP receiver ${endpoint} refused (${code})`,
      { retryable, ...(seconds > 0 ? { retryAfterMs: seconds * 1_000 } : {}) },
    );
  };
  return {
    async export(request) {
      let response: Response;
      let body: Buffer;
      try {
        response = await fetch(url, {
          method: 'POST',
          headers: { 'content-type': json ? 'application/json' : 'application/x-protobuf' },
          body: json ? asJson(request) : Buffer.from(EXPORT.requestSerialize(request)),
          signal: AbortSignal.timeout(SEND_MS),
        });
        body = Buffer.from(await response.arrayBuffer());
      } catch (cause) {
        throw new AppError('unavailable', `OTLP receiver ${endpoint} cannot be reached`, { cause });
      }
      if (!response.ok) throw refused(response);
      return accepted(body, json);
    },
    close() {},
  };
}
