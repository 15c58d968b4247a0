import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { Client, credentials, type ServiceError, status } from '@grpc/grpc-js';
import { OTLPLogExporter as GrpcExporter } from '@opentelemetry/exporter-logs-otlp-grpc';
import { OTLPLogExporter as JsonExporter } from '@opentelemetry/exporter-logs-otlp-http';
import { OTLPLogExporter as ProtoExporter } from '@opentelemetry/exporter-logs-otlp-proto';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { BatchLogRecordProcessor, LoggerProvider, type LogRecordExporter } from '@opentelemetry/sdk-logs';
import {
  EXPORT,
  type LogsRequest,
  type LogsResponse,
  STATUS,
} from '../../../../src/pipeline/otlp/protocol.ts';
import { certificate, noOpenssl, scratch, startCollectors } from '../harness.ts';

const AT = 1_767_225_600_123;
const nanos = (ms: number): string => `${ms}000000`;
const TRACE = '00112233445566778899aabbccddeeff';
const request = (...bodies: string[]): LogsRequest => ({
  resourceLogs: [
    {
      resource: {
        attributes: [
          { key: 'service.name', value: { stringValue: '주문' } },
          { key: 'host.name', value: { stringValue: 'web-1' } },
        ],
      },
      scopeLogs: [
        {
          scope: { name: 'app' },
          logRecords: bodies.map((text) => ({
            timeUnixNano: nanos(AT),
            severityNumber: 17,
            body: { stringValue: text },
            attributes: [{ key: 'order', value: { intValue: '48201' } }],
          })),
        },
      ],
    },
  ],
});

async function post(port: number, body: string | Uint8Array<ArrayBuffer>, headers: Record<string, string>) {
  const response = await fetch(`http://127.0.0.1:${port}/v1/logs`, { method: 'POST', body, headers });
  return {
    status: response.status,
    headers: response.headers,
    body: Buffer.from(await response.arrayBuffer()),
  };
}
const JSON_TYPE = { 'content-type': 'application/json' };
const PROTO_TYPE = { 'content-type': 'application/x-protobuf' };

test('HTTP: JSON, protobuf and gzip give the same records, and the same records again change nothing', async () => {
  await using app = await startCollectors({ otlp: { http: { port: 0 } } });
  const port = app.portOf('otlp http');
  const message = request('실패: ECONNREFUSED payment:8090', '실패: ECONNREFUSED payment:8090');
  const record = message.resourceLogs![0]!.scopeLogs![0]!.logRecords![0]!;
  const json = JSON.stringify({ ...message, extra: 1 }).replace(
    '"severityNumber"',
    `"traceId":"${TRACE}","severityNumber"`,
  );
  record.traceId = Buffer.from(TRACE, 'hex');
  const proto = Buffer.from(EXPORT.requestSerialize(message));
  assert.deepEqual((await post(port, json, JSON_TYPE)).body.toString(), '{}');
  assert.equal((await post(port, proto, PROTO_TYPE)).status, 200);
  assert.equal(
    (await post(port, gzipSync(proto), { ...PROTO_TYPE, 'content-encoding': 'gzip' })).status,
    200,
  );
  const ids = app.sink.records.map(({ id }) => id);
  assert.equal(ids.length, 6);
  assert.equal(new Set(ids).size, 2, 'two equal records of one request are two, also when sent again');
  const [first] = app.sink.records;
  assert.equal(first?.service, '주문');
  assert.equal(first?.host, 'web-1');
  assert.equal(first?.level, 'error');
  assert.equal(first?.timestamp, AT);
  assert.equal(first?.traceId, TRACE);
  assert.equal(first?.attributes.order, 48_201);
  assert.equal(first?.line, '실패: ECONNREFUSED payment:8090');
});

test('a record without a body is shown by its attributes, or by what else it says', async () => {
  await using app = await startCollectors({ otlp: { http: { port: 0 } } });
  const bare = request('x');
  bare.resourceLogs![0]!.scopeLogs![0]!.logRecords = [
    { timeUnixNano: '1', severityNumber: 17, attributes: [{ key: 'order', value: { intValue: 7 } }] },
    { timeUnixNano: '1', severityNumber: 13 },
  ];
  const answer = await post(app.portOf('otlp http'), JSON.stringify(bare), JSON_TYPE);
  assert.equal(answer.body.toString(), '{}');
  assert.deepEqual(
    app.sink.records.map(({ message, level }) => [message, level]),
    [
      ['{"order":7}', 'error'],
      ['warn', 'warn'],
    ],
  );
});

test('HTTP: what cannot be taken is refused with a status, and partly bad requests report a partial success', async () => {
  await using app = await startCollectors({ otlp: { http: { port: 0 } }, limits: { messageBytes: 2_048 } });
  const port = app.portOf('otlp http');
  const partial = request('fine', 'x'.repeat(3_000));
  partial.resourceLogs![0]!.scopeLogs![0]!.logRecords!.push({});
  const answer = await post(port, JSON.stringify(partial), JSON_TYPE);
  assert.equal(answer.status, 200);
  assert.deepEqual(JSON.parse(answer.body.toString()).partialSuccess.rejectedLogRecords, 2);
  const asProto = await post(port, Buffer.from(EXPORT.requestSerialize(partial)), PROTO_TYPE);
  assert.equal(Number(EXPORT.responseDeserialize(asProto.body).partialSuccess?.rejectedLogRecords), 2);
  assert.match(app.collectors.health()['otlp http']!.detail, /refused 4 \(malformed 2, too_large 2\)/);
  assert.equal((await post(port, '{broken', JSON_TYPE)).status, 400);
  assert.equal((await post(port, '[]', JSON_TYPE)).status, 400);
  const broken = await post(port, Buffer.from([1, 2, 3, 255]), PROTO_TYPE);
  assert.equal(broken.status, 400);
  assert.equal(STATUS.deserialize(broken.body).code, 3);
  assert.equal((await post(port, 'x', { 'content-type': 'text/plain' })).status, 415);
  assert.equal((await post(port, 'x', { ...JSON_TYPE, 'content-encoding': 'br' })).status, 400);
  assert.equal((await post(port, 'x'.repeat(40_000), JSON_TYPE)).status, 413);
  const bomb = gzipSync(Buffer.alloc(1_000_000, ' '));
  assert.equal((await post(port, bomb, { ...JSON_TYPE, 'content-encoding': 'gzip' })).status, 413);
  assert.equal((await fetch(`http://127.0.0.1:${port}/v1/logs`)).status, 405);
  assert.equal((await fetch(`http://127.0.0.1:${port}/`)).status, 404);
  // The same record twice, as JSON and as protobuf.
  assert.equal(new Set(app.sink.records.map(({ id }) => id)).size, 1);
});

test('HTTP: an id that is no id does not take the other records with it', async () => {
  await using app = await startCollectors({ otlp: { http: { port: 0 } } });
  const records = [{ body: { stringValue: 'one' }, traceId: 5 }, { body: { stringValue: 'two' } }];
  const body = JSON.stringify({ resourceLogs: [{ scopeLogs: [{ logRecords: records }] }] });
  assert.equal((await post(app.portOf('otlp http'), body, JSON_TYPE)).status, 200);
  assert.deepEqual(
    app.taken.map(({ text }) => text),
    ['one', 'two'],
  );
});

test('HTTP: null where a record belongs, and a level that is no text, do not take the other records with them', async () => {
  await using app = await startCollectors({ otlp: { http: { port: 0 } } });
  const logRecords = [null, { body: { stringValue: 'one' } }, { severityText: 7 }, { severityText: 'WARN' }];
  const body = JSON.stringify({
    resourceLogs: [null, { scopeLogs: null }, { scopeLogs: [null, { logRecords }] }],
  });
  const answer = await post(app.portOf('otlp http'), body, JSON_TYPE);
  assert.equal(answer.status, 200);
  assert.equal(JSON.parse(answer.body.toString()).partialSuccess.rejectedLogRecords, 2);
  assert.deepEqual(
    app.taken.map(({ text }) => text),
    ['one', 'WARN'],
  );
});

test('HTTP: values of the wrong kind cost nobody else a record, and null is as if it were not there', async () => {
  await using app = await startCollectors({ otlp: { http: { port: 0 } } });
  const odd = { toString: 5 };
  const logRecords = [
    { body: { bytesValue: 5 } },
    { body: { stringValue: odd }, timeUnixNano: odd, severityNumber: odd, eventName: odd },
    { body: { stringValue: null, intValue: 5 } },
    { body: { stringValue: 'fine' }, attributes: [{ key: 'a', value: { bytesValue: odd } }] },
  ];
  const body = JSON.stringify({ resourceLogs: [{ scopeLogs: [{ scope: { name: odd }, logRecords }] }] });
  assert.equal((await post(app.portOf('otlp http'), body, JSON_TYPE)).status, 200);
  assert.deepEqual(
    app.taken.map(({ text }) => text),
    ['5', '5', 'fine'],
  );
});

test('a sender that is too fast gets 429, a full store 503, both with a time to come again', async () => {
  await using app = await startCollectors({ otlp: { http: { port: 0 } }, limits: { linesPerSecond: 10 } });
  const port = app.portOf('otlp http');
  const many = JSON.stringify(request(...Array.from({ length: 100 }, (_, n) => `line ${n}`)));
  assert.equal((await post(port, many, JSON_TYPE)).status, 200);
  const refused = await post(port, many, JSON_TYPE);
  assert.equal(refused.status, 429);
  assert.ok(Number(refused.headers.get('retry-after')) >= 1);

  await using slow = await startCollectors({ otlp: { http: { port: 0 } } });
  const gate = Promise.withResolvers<void>();
  slow.control.gate = gate.promise;
  const lots = JSON.stringify(request(...Array.from({ length: 20_000 }, (_, n) => `${n}`)));
  const waiting = post(slow.portOf('otlp http'), lots, JSON_TYPE);
  let answer = await post(slow.portOf('otlp http'), JSON.stringify(request()), JSON_TYPE);
  while (answer.status === 200)
    answer = await post(slow.portOf('otlp http'), JSON.stringify(request()), JSON_TYPE);
  assert.equal(answer.status, 503);
  assert.ok(Number(answer.headers.get('retry-after')) >= 1);
  gate.resolve();
  assert.equal((await waiting).status, 200);
});

function exportOver(client: Client, message: LogsRequest): Promise<LogsResponse> {
  return new Promise((resolve, reject) =>
    client.makeUnaryRequest(
      EXPORT.path,
      EXPORT.requestSerialize,
      EXPORT.responseDeserialize,
      message,
      (error, answer) => (error ? reject(error) : resolve(answer!)),
    ),
  );
}

test('gRPC: stored before it answers; too fast is RESOURCE_EXHAUSTED with RetryInfo; partial success', async () => {
  await using app = await startCollectors({ otlp: { grpc: { port: 0 } }, limits: { linesPerSecond: 10 } });
  const client = new Client(`127.0.0.1:${app.portOf('otlp grpc')}`, credentials.createInsecure());
  const partial = request(...Array.from({ length: 100 }, (_, n) => `line ${n}`));
  partial.resourceLogs![0]!.scopeLogs![0]!.logRecords!.push({});
  const answer = await exportOver(client, partial);
  assert.equal(app.sink.records.length, 100);
  assert.equal(Number(answer.partialSuccess?.rejectedLogRecords), 1);
  await assert.rejects(exportOver(client, partial), (error: ServiceError) => {
    assert.equal(error.code, status.RESOURCE_EXHAUSTED);
    const [detail] = error.metadata.get('grpc-status-details-bin');
    assert.match(STATUS.deserialize(detail as Buffer).details![0]!.typeUrl, /google\.rpc\.RetryInfo$/);
    return true;
  });
  client.close();
});

async function exportWith(exporter: LogRecordExporter): Promise<void> {
  const provider = new LoggerProvider({
    resource: resourceFromAttributes({ 'service.name': 'checkout', 'host.name': 'node-3' }),
    processors: [new BatchLogRecordProcessor({ exporter })],
  });
  const logger = provider.getLogger('shop');
  for (let n = 0; n < 50; n += 1)
    logger.emit({
      severityNumber: 13,
      severityText: 'WARN',
      body: `재시도 ${n}`,
      timestamp: AT + n,
      attributes: { attempt: n, nested: { list: [1, 'two'] } },
    });
  await provider.forceFlush();
  await provider.shutdown();
}

test('the OpenTelemetry exporters: gRPC, protobuf, JSON, gzip, TLS', {
  skip: noOpenssl() ?? false,
}, async () => {
  using folder = scratch();
  const tls = certificate(folder.path);
  await using app = await startCollectors({ otlp: { grpc: { port: 0 }, http: { port: 0 } } });
  await using secure = await startCollectors({ otlp: { grpc: { port: 0, tls } } });
  const http = `http://127.0.0.1:${app.portOf('otlp http')}/v1/logs`;
  const gzip = 'gzip' as NonNullable<ConstructorParameters<typeof JsonExporter>[0]>['compression'] & string;
  const ca = readFileSync(tls.cert);
  await exportWith(new GrpcExporter({ url: `http://127.0.0.1:${app.portOf('otlp grpc')}` }));
  await exportWith(new ProtoExporter({ url: http }));
  await exportWith(new JsonExporter({ url: http }));
  await exportWith(new JsonExporter({ url: http, compression: gzip }));
  await exportWith(
    new GrpcExporter({
      url: `https://localhost:${secure.portOf('otlp grpc')}`,
      credentials: credentials.createSsl(ca),
    }),
  );
  assert.equal(app.sink.records.length, 200);
  assert.equal(secure.sink.records.length, 50);
  const record = app.sink.records.at(-1)!;
  assert.equal(record.service, 'checkout');
  assert.equal(record.host, 'node-3');
  assert.equal(record.level, 'warn');
  assert.equal(record.message, '재시도 49');
  assert.equal(record.attributes.attempt, 49);
});
