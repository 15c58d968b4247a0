import { readFileSync } from 'node:fs';
import {
  loadFileDescriptorSetFromBuffer,
  type MessageTypeDefinition,
  type MethodDefinition,
} from '@grpc/proto-loader';

/** A value as OTLP has it; 64-bit integers are strings. */
export interface AnyValue {
  stringValue?: string;
  boolValue?: boolean;
  intValue?: string | number;
  doubleValue?: number | string;
  arrayValue?: { values?: AnyValue[] };
  kvlistValue?: { values?: KeyValue[] };
  bytesValue?: Uint8Array | string;
}
export interface KeyValue {
  key?: string;
  value?: AnyValue;
}
export interface OtlpRecord {
  timeUnixNano?: string | number;
  observedTimeUnixNano?: string | number;
  severityNumber?: number;
  severityText?: string;
  body?: AnyValue;
  attributes?: KeyValue[];
  /** Bytes in protobuf, hexadecimal in JSON. */
  traceId?: Uint8Array | string;
  spanId?: Uint8Array | string;
  eventName?: string;
}
export interface LogsRequest {
  resourceLogs?: {
    resource?: { attributes?: KeyValue[] };
    scopeLogs?: { scope?: { name?: string; version?: string }; logRecords?: OtlpRecord[] }[];
  }[];
}
export interface LogsResponse {
  partialSuccess?: { rejectedLogRecords?: number | string; errorMessage?: string };
}

/** `google.rpc.Status`, the body of errors over HTTP and the detail of errors over gRPC. */
interface RpcStatus {
  code: number;
  message: string;
  details?: { typeUrl: string; value: Buffer }[];
}

/** The descriptors are those of OpenTelemetry and Google; `scripts/otlp-descriptors.py` makes the file. */
const definitions = loadFileDescriptorSetFromBuffer(
  readFileSync(new URL('protocol.binpb', import.meta.url)),
  {
    longs: String,
    enums: Number,
    bytes: Buffer,
    defaults: false,
  },
);

const service = definitions['opentelemetry.proto.collector.logs.v1.LogsService'] as unknown as {
  Export: MethodDefinition<LogsRequest, LogsResponse>;
};
export const LOGS_SERVICE = service;
/** The one method of the service: its path, and how to write and read request and response. */
export const EXPORT = service.Export;

const message = <T extends object>(name: string) =>
  definitions[name] as unknown as MessageTypeDefinition<T, T>;
export const STATUS = message<RpcStatus>('google.rpc.Status');
const RETRY_INFO = message<{ retryDelay: { seconds: number; nanos: number } }>('google.rpc.RetryInfo');

/** An error that asks the sender to come again after `ms`. */
export function retryStatus(code: number, text: string, ms: number): RpcStatus {
  const retryDelay = { seconds: Math.floor(ms / 1_000), nanos: (ms % 1_000) * 1_000_000 };
  const value = RETRY_INFO.serialize({ retryDelay });
  return { code, message: text, details: [{ typeUrl: 'type.googleapis.com/google.rpc.RetryInfo', value }] };
}
