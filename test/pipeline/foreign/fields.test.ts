import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createDocumentLines } from '../../../src/pipeline/foreign/document-line.ts';
import { findFields } from '../../../src/pipeline/foreign/fields.ts';
import { createIndexReading } from '../../../src/pipeline/foreign/index-lines.ts';
import { createNormalizer } from '../../../src/pipeline/normalize/normalize.ts';
import { fakeIndex } from '../../fakes/foreign-index.ts';

const AT = Date.UTC(2026, 4, 3, 10, 15, 30, 250);
const iso = new Date(AT).toISOString();

/** A document as each shipper or program writes it, and what a record of it has to say. */
const SHAPES: [
  name: string,
  document: Record<string, unknown>,
  record: { service: string; level: string; message: string; host?: string },
  fields: Record<string, string>,
][] = [
  [
    'a file by Filebeat',
    {
      '@timestamp': iso,
      message: `${iso} ERROR boiler 3 lost pressure`,
      agent: { type: 'filebeat', name: 'agent-7' },
      ecs: { version: '8.0.0' },
      host: { name: 'plant-2' },
      log: { offset: 17, file: { path: '/var/log/heating.log' } },
    },
    { service: 'heating', level: 'error', message: 'boiler 3 lost pressure', host: 'plant-2' },
    { time: '@timestamp', text: 'message', host: 'host.name' },
  ],
  [
    'ECS of a program',
    {
      '@timestamp': iso,
      'log.level': 'WARN',
      message: 'ticket printer is out of paper',
      service: { name: 'ticketing', version: '4.1' },
      trace: { id: '0af7651916cd43dd8448eb211c80319c' },
      host: { hostname: 'kiosk-9' },
    },
    { service: 'ticketing', level: 'warn', message: 'ticket printer is out of paper', host: 'kiosk-9' },
    { time: '@timestamp', text: 'message', level: 'log.level', service: 'service.name', trace: 'trace.id' },
  ],
  [
    'OpenTelemetry',
    {
      '@timestamp': iso,
      body: { text: 'berth 12 is double booked' },
      severity_text: 'ERROR',
      severity_number: 17,
      resource: { attributes: { 'service.name': 'harbour', 'host.name': 'quay-1' } },
      trace_id: '4bf92f3577b34da6a3ce929d0e0e4736',
    },
    { service: 'harbour', level: 'error', message: 'berth 12 is double booked', host: 'quay-1' },
    { time: '@timestamp', text: 'body.text', level: 'severity_text', trace: 'trace_id' },
  ],
  [
    'Fluent Bit in Kubernetes',
    {
      '@timestamp': iso,
      log: 'E0503 10:15:30.250000       1 belt.go:88] could not weigh parcel',
      stream: 'stderr',
      kubernetes: {
        pod_name: 'scales-5d4f',
        container_name: 'scales',
        host: 'node-3',
        labels: { app: 'parcel-scales' },
      },
    },
    { service: 'parcel-scales', level: 'error', message: 'could not weigh parcel' },
    { time: '@timestamp', text: 'log', service: 'kubernetes.labels.app' },
  ],
  [
    'Vector',
    {
      timestamp: iso,
      message: '{"lvl":"error","msg":"tide table missing"}',
      source_type: 'kubernetes_logs',
      kubernetes: { container_name: 'tides', pod_name: 'tides-0', pod_node_name: 'node-1' },
    },
    { service: 'tides', level: 'error', message: 'tide table missing' },
    { time: 'timestamp', text: 'message', service: 'kubernetes.container_name' },
  ],
  [
    'pino with its number for a time',
    { level: 50, time: AT, pid: 81, hostname: 'web-4', name: 'menu', msg: 'kitchen did not answer' },
    { service: 'menu', level: 'error', message: 'kitchen did not answer', host: 'web-4' },
    { time: 'time', text: 'msg', level: 'level', host: 'hostname' },
  ],
  [
    'logback as JSON',
    {
      '@timestamp': iso,
      '@version': '1',
      message: '재고를 확인하지 못했습니다',
      logger_name: 'kr.shop.Stock',
      thread_name: 'main',
      level: 'ERROR',
      app: 'stock',
    },
    { service: 'stock', level: 'error', message: '재고를 확인하지 못했습니다' },
    { time: '@timestamp', text: 'message', level: 'level', service: 'app' },
  ],
  [
    'words of its own, in seconds',
    {
      geschehen: Math.floor(AT / 1_000),
      wichtigkeit: 'ERROR',
      was: 'pump four runs dry since noon',
      anlage: 'well',
    },
    { service: 'app', level: 'error', message: 'pump four runs dry since noon' },
    { time: 'geschehen', text: 'was', level: 'wichtigkeit' },
  ],
];

const another: Record<string, unknown> = { wichtigkeit: 'INFO' };

for (const [name, document, record, fields] of SHAPES)
  test(`fields are found, and a record is made: ${name}`, async () => {
    const isOwn = 'geschehen' in document;
    const documents = [
      { id: 'a', source: document },
      { id: 'b', source: isOwn ? { ...document, ...another } : document },
    ];
    const choices = isOwn ? { time: 'geschehen' } : {};
    const reading = await createIndexReading(fakeIndex(documents), choices)();
    const { time, ...others } = reading!.map;
    for (const [role, field] of Object.entries(fields))
      assert.equal({ time: time.name, ...others }[role as 'text'], field, role);
    const at = isOwn ? Math.floor(AT / 1_000) * 1_000 : AT;
    const made = createNormalizer({ timeZone: 'Asia/Seoul' })(
      reading!.lineOf({ id: 'a', at, source: document }),
    );
    const { service, level, message, host } = made;
    assert.deepEqual({ service, level, message, ...(record.host ? { host } : {}) }, record);
    assert.equal(made.timestamp, at);
  });

test('an index without a time or a text is refused by name, and what there is is told', () => {
  const types = new Map([
    ['created', ['keyword']],
    ['born', ['date']],
    ['hired', ['date']],
    ['@timestamp', ['keyword']],
  ]);
  const people = [
    { '@timestamp': 'now', created: 'x', born: '1990-01-01', hired: '2020-01-01', note: 'a b c' },
  ];
  assert.throws(() => findFields(types, people), {
    code: 'config_invalid',
    message: /no field tells when.*born, hired.*logs\.fields\.time/,
  });
  assert.throws(() => findFields(types, people, { time: '@timestamp' }), /@timestamp is of the type keyword/);
  assert.throws(() => findFields(types, people, { time: 'nothing' }), /nothing is no field of the index/);
  const counts = [{ at: '2026-01-01T00:00:00Z', value: 3, kind: 'x' }];
  assert.throws(() => findFields(new Map([['at', ['date']]]), counts), {
    code: 'config_invalid',
    message: /no field with a text.*at, value, kind.*logs\.fields\.text/,
  });
});

test('what a person names is taken, whatever else there is', () => {
  const types = new Map([
    ['@timestamp', ['date']],
    ['happened', ['date_nanos']],
  ]);
  const documents = [{ '@timestamp': iso, happened: iso, message: 'short', story: 'a long one', unit: 'x' }];
  const map = findFields(types, documents, { time: 'happened', text: 'story', service: 'unit' });
  assert.deepEqual(map, { time: { name: 'happened', unit: 'date' }, text: 'story', service: 'unit' });
});

test('indices that differ: a field counts that half of the documents have', () => {
  const types = new Map([['@timestamp', ['date']]]);
  const documents = [
    { '@timestamp': iso, message: 'one of many', extra: { text: 'seldom there' } },
    { '@timestamp': iso, message: 'another of many' },
    { '@timestamp': iso, 'event.original': 'raw only' },
  ];
  assert.equal(findFields(types, documents).text, 'message');
});

test('the same document is the same line, and a document without the text is shown whole', () => {
  const lineOf = createDocumentLines(
    { kind: 'opensearch', name: 'logs-app-*,other' },
    { time: { name: '@timestamp', unit: 'date' }, text: 'message' },
  );
  const document = { id: 'x1', at: AT, source: { '@timestamp': iso, message: 'a', n: 1 } };
  assert.deepEqual(lineOf(document), lineOf(structuredClone(document)));
  assert.notEqual(lineOf(document).position, lineOf({ ...document, id: 'x2' }).position);
  const odd = lineOf({ ...document, source: { n: 7, message: { deep: true } } });
  assert.equal(odd.text, '{"n":7,"message":{"deep":true}}');
  assert.equal(lineOf(document).hint?.service, 'logs-app');
  const hostile = JSON.parse('{"message":"m","__proto__":{"level":"fatal"},"constructor":{"a":"b"}}');
  const record = createNormalizer({ timeZone: 'UTC' })(lineOf({ ...document, source: hostile }));
  assert.deepEqual([record.message, record.level, record.attributes['constructor.a']], ['m', 'info', 'b']);
});
