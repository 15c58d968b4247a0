import { Client, credentials, type ServiceError, status } from '@grpc/grpc-js';
import type { Config } from '../../config/config.ts';
import type { Anomaly } from '../../domain/alert/anomaly.ts';
import { AppError } from '../../domain/errors.ts';
import { VERSION } from '../../version.ts';
import { EXPORT, type KeyValue, type LogsRequest, type LogsResponse } from '../otlp-protocol.ts';
import { type Output, SEND_MS } from './output.ts';

const SEVERITY = { critical: 21, warning: 13, normal: 9 } as const;
/** What the OTLP specification allows to be sent again. */
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

/** Anomalies as one export request: the body is the JSON, what one filters by are attributes. */
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

/** OTLP's JSON has ids in hexadecimal. */
const asJson = (request: LogsRequest): string =>
  JSON.stringify(request, function (this: Record<string, unknown>, key, value: unknown) {
    const original = this[key];
    return key === 'traceId' && original instanceof Uint8Array
      ? Buffer.from(original).toString('hex')
      : value;
  });

/** What a receiver says that took a request; some say no more than `ok`, and sending it again would double it. */
function accepted(body: Buffer, json: boolean): LogsResponse {
  try {
    if (!json) return EXPORT.responseDeserialize(body);
    const value: unknown = JSON.parse(body.toString('utf8'));
    return typeof value === 'object' && value !== null ? value : {};
  } catch {
    return {};
  }
}

/** OTLP logs over gRPC or HTTP. What the receiver rejects in a partial success is not sent again, as OTLP asks. */
export function openOtlpOutput(
  options: NonNullable<Config['send']['otlp']>,
  onRejected: (count: number, reason: string) => void,
): Output {
  const { url, protocol } = options;
  const { host, protocol: scheme } = new URL(url);
  const endpoint = `${host} (${protocol})`;
  const client =
    protocol === 'grpc'
      ? new Client(host, scheme === 'https:' ? credentials.createSsl() : credentials.createInsecure(), {
          'grpc.initial_reconnect_backoff_ms': 100,
          'grpc.max_reconnect_backoff_ms': 5_000,
        })
      : undefined;

  const overGrpc = (to: Client, request: LogsRequest): Promise<LogsResponse> =>
    new Promise((resolve, reject) => {
      to.makeUnaryRequest(
        EXPORT.path,
        EXPORT.requestSerialize,
        EXPORT.responseDeserialize,
        request,
        { deadline: Date.now() + SEND_MS },
        (error: ServiceError | null, response) => {
          if (!error) return resolve(response ?? {});
          const retryable = RETRYABLE_RPC.has(error.code);
          const code =
            error.code === status.UNAUTHENTICATED ? 'unauthorized' : retryable ? 'unavailable' : 'malformed';
          const cause = new Error(error.details);
          reject(
            new AppError(code, `OTLP receiver ${endpoint} refused (${status[error.code]})`, {
              cause,
              retryable,
            }),
          );
        },
      );
    });

  async function overHttp(request: LogsRequest): Promise<LogsResponse> {
    const json = protocol === 'http/json';
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
    if (response.ok) return accepted(body, json);
    const retryable = RETRYABLE_HTTP.has(response.status);
    const seconds = Number(response.headers.get('retry-after'));
    throw new AppError(
      response.status === 401 || response.status === 403
        ? 'unauthorized'
        : retryable
          ? 'unavailable'
          : 'malformed',
      `OTLP receiver ${endpoint} refused (${response.status})`,
      { retryable, ...(seconds > 0 ? { retryAfterMs: seconds * 1_000 } : {}) },
    );
  }

  return {
    name: 'otlp',
    endpoint,
    async send(anomalies) {
      const request = logsRequest(anomalies, Date.now());
      const { partialSuccess } = await (client ? overGrpc(client, request) : overHttp(request));
      const rejected = Number(partialSuccess?.rejectedLogRecords ?? 0);
      if (rejected > 0) onRejected(rejected, partialSuccess?.errorMessage ?? '');
    },
    async [Symbol.asyncDispose]() {
      client?.close();
    },
  };
}
