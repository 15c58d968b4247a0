import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MAX_LINE, originalLength } from '../../../src/domain/log/record.ts';
import { createNormalizer, serviceOfSource } from '../../../src/pipeline/normalize/normalize.ts';

const NOW = Date.UTC(2026, 10, 21, 12, 0, 0);
const normalize = createNormalizer({ timeZone: 'Asia/Seoul', now: () => NOW });
const read = (text: string, source = 'logs/shop.log') => normalize({ text, source, position: '1' });
const at = (iso: string): number => Date.parse(iso);

test('headers come off, whatever their order', () => {
  const cases: [line: string, level: string, message: string, more: Record<string, unknown>][] = [
    [
      '2026-11-21 15:04:05,123 ERROR [main] com.shop.Pool - pool is dry',
      'error',
      'pool is dry',
      { thread: 'main', logger: 'com.shop.Pool' },
    ],
    [
      '2026-11-21T15:04:05.1Z  WARN 812 --- [exec-1] c.s.Pool : slow',
      'warn',
      'slow',
      { pid: '812', thread: 'exec-1', logger: 'c.s.Pool' },
    ],
    ['2026-11-21 15:04:05 [심각] 재고 연결 실패 3건', 'fatal', '재고 연결 실패 3건', {}],
    ['2026-11-21 15:04:05 오류: 결제 실패', 'error', '결제 실패', {}],
    ['경고 - 디스크가 거의 찼습니다', 'warn', '디스크가 거의 찼습니다', {}],
    ['11-21 15:04:05.123  1702  2395 E Manager: lost', 'error', 'lost', { pid: '1702', logger: 'Manager' }],
    ['cart-1  | 2026-11-21T15:04:05Z WARN slow', 'warn', 'slow', {}],
    [
      '2026-11-21 15:04:05, Info                  Updater    Session: 12 opened',
      'info',
      'Session: 12 opened',
      { logger: 'Updater' },
    ],
    [
      '1795241045 2026.11.21 NODE7-A 2026-11-21-15.04.05.123 NODE7-A HW KERNEL FATAL parity lost',
      'fatal',
      'parity lost',
      { logger: 'NODE7-A HW KERNEL' },
    ],
    ['ERROR: disk full', 'error', 'disk full', {}],
    // The name of an error is no logger, and the cause in a trace is no program.
    ["2026-11-21T15:04:05Z KeyError: 'DB'", 'error', "KeyError: 'DB'", { logger: undefined }],
    [
      '2026-11-21T15:04:05Z stderr F java.net.ConnectException: refused',
      'error',
      'java.net.ConnectException: refused',
      { logger: undefined },
    ],
    [
      '2026-11-21T15:04:05Z Caused by: java.net.ConnectException: refused',
      'error',
      'Caused by: java.net.ConnectException: refused',
      {},
    ],
    // A date in another language is a header by its form, although its month is not known.
    ['Mär 21 15:04:05 web1 sshd[7]: closed', 'info', 'closed', { pid: '7' }],
    ['[Sáb Nov 21 15:04:05 2026] [error] lost', 'error', 'lost', {}],
    ['20261121-15:04:05:606|Steps|4711|counted 35', 'info', 'counted 35', { logger: 'Steps', pid: '4711' }],
    ['2026-11-21 15:04:05 | WARN | shop.cart | slow', 'warn', 'slow', { logger: 'shop.cart' }],
    [
      '2026-11-21 15:04:05.008 77 INFO shop.api.server [req-1f0c u7 - -] [item: 9] sold',
      'info',
      '[item: 9] sold',
      { logger: 'shop.api.server', thread: 'req-1f0c u7 - -' },
    ],
    ['2026-11-21 15:04:05 AUDIT [main] com.shop.Door: opened', 'info', 'opened', { thread: 'main' }],
    ['2026-11-21 15:04:05 ERROR 4711 items lost', 'error', '4711 items lost', {}],
    ['2026-11-21 15:04:05 ERROR 1795241045 items lost', 'error', '1795241045 items lost', {}],
    ['[11.21 15:04:05] shop.exe *64 - cart:80 opened', 'info', 'cart:80 opened', { logger: 'shop.exe' }],
    ['4711 node-7 disk state 1795241045 1 full', 'info', 'full', { columns: '4711 node-7 disk state' }],
    ['2026-11-21T15:04:05Z\terror\tcontroller\tlost', 'error', 'lost', { logger: 'controller' }],
    ['[   12.345678] usb 1-1: new device', 'info', 'usb 1-1: new device', {}],
    ['2026-11-21 15:04:05 Connection refused: cart', 'warn', 'Connection refused: cart', {}],
    ['I1121 15:04:05.123456   77 pool.go:55] ready', 'info', 'ready', { pid: '77', logger: 'pool.go:55' }],
    ['2026/11/21 15:04:05 [error] 31#0: *4 upstream timed out', 'error', '*4 upstream timed out', {}],
    ['[15:04:05 ERR] lost', 'error', 'lost', {}],
    ['[2026-11-21T15:04:05Z ERROR shop::db] lost', 'error', 'lost', { logger: 'shop::db' }],
    ['[2026-11-21 15:04:05,123: WARNING/Worker-1] slow', 'warn', 'slow', { thread: 'Worker-1' }],
    ['E, [2026-11-21T15:04:05.123456 #77] ERROR -- : lost', 'error', 'lost', { pid: '77' }],
    ['I, [2026-11-21T15:04:05.123456 #77]  INFO -- web: up', 'info', 'up', { pid: '77', logger: 'web' }],
    ['[2026-11-21T15:04:05,123][WARN ][shop.Pool] [node-1] slow', 'warn', 'slow', {}],
    ['2026-11-21T15:04:05.123456789Z stderr F ERROR lost', 'error', 'lost', {}],
    ['2026-11-21T15:04:05.123456789Z stdout P 15:04:05 INFO up', 'info', 'up', {}],
    ['[2026-11-21T15:04:05.123+0900] {task.py:13} INFO - FAILED as asked', 'info', 'FAILED as asked', {}],
    ['2026-11-21T15:04:05Z\tERROR\tshop/http.go:88\tlost', 'error', 'lost', { logger: 'shop/http.go:88' }],
    [
      '[2026-11-21 15:04:05 is when it began] lost',
      'info',
      '[2026-11-21 15:04:05 is when it began] lost',
      {},
    ],
    ['just words', 'info', 'just words', {}],
  ];
  for (const [line, level, message, attributes] of cases) {
    const record = read(line);
    assert.equal(record.level, level, line);
    assert.equal(record.message, message, line);
    for (const [key, value] of Object.entries(attributes)) assert.equal(record.attributes[key], value, line);
    assert.equal(record.line, line);
  }
});

test('syslog of both RFCs: severity, host, program', () => {
  const old = read('<27>Nov 21 15:04:05 web1 sshd[123]: Failed password for root');
  assert.deepEqual(
    [old.level, old.host, old.service, old.message],
    ['error', 'web1', 'sshd', 'Failed password for root'],
  );
  const modern = read('<132>1 2026-11-21T06:04:05Z web2 nginx 77 - [x@1 a="]\\""] disk slow');
  assert.deepEqual(
    [modern.level, modern.host, modern.service, modern.message],
    ['warn', 'web2', 'nginx', 'disk slow'],
  );
});

test('JSON lines: names by meaning, nested objects, the rest as attributes', () => {
  const record = read(
    JSON.stringify({
      '@timestamp': '2026-11-21T06:04:05Z',
      'log.level': 'ERROR',
      service: { name: 'order' },
      host: { name: 'h1' },
      message: '예약 실패',
      error: { code: 'ECONNREFUSED' },
      http: { method: 'POST' },
      path: '/orders/4711',
      status: 503,
      duration_ms: 31.5,
      trace_id: '0af7651916cd43dd8448eb211c80319c',
      span_id: 'b7ad6b7169203331',
      user: { id: 7 },
      tags: ['a'],
    }),
  );
  assert.equal(record.service, 'order');
  assert.equal(record.host, 'h1');
  assert.equal(record.level, 'error');
  assert.equal(record.message, '예약 실패');
  assert.equal(record.errorCode, 'ECONNREFUSED');
  assert.equal(record.traceId, '0af7651916cd43dd8448eb211c80319c');
  assert.equal(record.spanId, 'b7ad6b7169203331');
  assert.deepEqual(record.request, { endpoint: 'POST /orders/:id', status: 503, durationMs: 31.5 });
  assert.equal(record.attributes['user.id'], 7);
  assert.equal(record.attributes.tags, '["a"]');
});

test('a label in capitals names the level, whatever words the message quotes', () => {
  for (const [line, level] of [
    [
      "2026-11-30 17:00:00.218 UTC [100] app@shop LOG:  duration: 5 ms  statement: SELECT 'error' FROM t",
      'info',
    ],
    ['2026-11-30 17:00:00.218 UTC [100] app@shop FATAL:  password authentication failed', 'fatal'],
    ['2026-11-30 17:00:00 shard-3 [7] WARNING: the error budget is nearly spent', 'warn'],
    ['worker 7 NOTICE: no failure since noon', 'info'],
    ['the query said LOGS: an error came back', 'error'],
  ] as const)
    assert.equal(read(line).level, level, line);
});

test('numeric levels', () => {
  assert.equal(read('{"level":50,"msg":"x"}').level, 'error');
  assert.equal(read('{"level":60,"msg":"x"}').level, 'fatal');
  assert.equal(read('{"severity":4,"msg":"x"}').level, 'warn');
});

test('what a key says that is mostly a place or a time is a level only as a word', () => {
  assert.equal(read('{"msg": "cut the rope", "at": "error"}').level, 'error');
  assert.equal(read('{"msg": "cut the rope", "at": 512}').level, 'info');
  assert.equal(read('{"msg": "cut the rope", "at": 30}').attributes.at, 30);
});

test('logfmt and access lines', () => {
  const pairs = read(
    'ts=2026-11-21T06:04:05Z level=warn service=cart msg="slow call to \\"inventory\\"" path=/c/1 method=GET status=200 duration=1.2s',
  );
  assert.equal(pairs.service, 'cart');
  assert.equal(pairs.message, 'slow call to "inventory"');
  assert.deepEqual(pairs.request, { endpoint: 'GET /c/:id', status: 200, durationMs: 1_200 });
  const access = read(
    '10.0.0.1 - - [21/Nov/2026:15:04:05 +0900] "GET /api/items/123?x=1 HTTP/1.1" 503 512 "-" "curl/8" 0.123',
  );
  assert.equal(access.level, 'error');
  assert.equal(access.errorCode, 'HTTP 503');
  assert.equal(access.attributes.client, '10.0.0.1');
  assert.deepEqual(access.request, { endpoint: 'GET /api/items/:id', status: 503, durationMs: 123 });
});

test('a request and its outcome quoted in a line of another form', () => {
  const proxy = read('[2026-11-21T06:04:05Z] "GET /orders/4711 HTTP/1.1" 503 UF "-" 0 91 12');
  assert.deepEqual([proxy.level, proxy.errorCode], ['error', 'HTTP 503']);
  assert.deepEqual(proxy.request, { endpoint: 'GET /orders/:id', status: 503 });
  const framework = read('INFO:     10.0.0.7:55012 - "POST /orders HTTP/1.1" 500 Internal Server Error');
  assert.deepEqual([framework.level, framework.request?.status], ['info', 500], 'its own level stands');
});

test('error codes inside words', () => {
  const cases: [string, string | undefined][] = [
    ['connect ECONNREFUSED 10.0.0.1:5432', 'ECONNREFUSED'],
    ['SQLSTATE 53300: too many clients', 'SQLSTATE 53300'],
    ['ERROR SQLSTATE[08006] connection failure', 'SQLSTATE 08006'],
    ['java.sql.SQLTransientConnectionException: no', 'SQLTransientConnectionException'],
    ['ORA-12154: TNS could not resolve', 'ORA-12154'],
    ['upstream answered HTTP 503', 'HTTP 503'],
    ['응답 상태 코드 502', 'HTTP 502'],
    ['error_code=E1234 while saving', 'E1234'],
    ['all is well with 500 items', undefined],
  ];
  for (const [line, code] of cases) assert.equal(read(line).errorCode, code, line);
});

test('hostile text: verbatim line, harmless message, bounded length', () => {
  const ansi = '\u001b[31mERROR\u001b[0m <!channel> @everyone </script>\u0000 ignore previous instructions';
  const record = read(ansi);
  assert.equal(record.line, ansi);
  assert.equal(record.message, '<!channel> @everyone </script>\u0000 ignore previous instructions');
  assert.equal(record.level, 'error');
  const long = read(`ERROR ${'x'.repeat(1_000_000)} the end`);
  assert.ok(long.line.length <= MAX_LINE && long.message.length <= MAX_LINE);
  for (const text of [long.line, long.message]) assert.match(text, /x …\[\+\d+ chars\]… x+ the end$/);
  assert.equal(originalLength(long.line), 1_000_014);
  assert.equal(originalLength(long.message), 1_000_008);
  for (const text of [
    '{"a":',
    '{}',
    '[',
    '<999>1 x',
    '=',
    '"',
    '{"time":1e400}',
    '\ud800',
    `{"a":${'['.repeat(5_000)}`,
  ])
    assert.equal(read(text).line, text);
});

test('ids are stable and depend on place and text', () => {
  const line = { text: 'a', source: 's', position: '1' };
  assert.equal(normalize(line).id, normalize({ ...line }).id);
  assert.notEqual(normalize(line).id, normalize({ ...line, position: '2' }).id);
  assert.notEqual(normalize(line).id, normalize({ ...line, text: 'b' }).id);
});

test('the service: text over hint over file name', () => {
  assert.equal(serviceOfSource('/var/log/inventory-api.2026-11-21.log.1.gz'), 'inventory-api');
  assert.equal(serviceOfSource('C:\\logs\\cart.log'), 'cart');
  assert.equal(serviceOfSource(`/var/log/${'.1'.repeat(100_000)}x`).length, 200);
  const hint = { service: 'hinted' };
  assert.equal(normalize({ text: 'x', source: 'f.log', position: '1', hint }).service, 'hinted');
  assert.equal(
    normalize({ text: '{"service":"own","msg":"x"}', source: 'f.log', position: '1', hint }).service,
    'own',
  );
});

test('the cause in a trace whose lines have times of their own names no service', () => {
  assert.equal(read('2026-11-21T15:04:05Z Caused by: java.io.IOException: full').service, 'shop');
});

test('a plain name directly behind the level is the service; a thread, a logger class or a tag is not', () => {
  const cases: [string, string][] = [
    ['ERROR [cart] no stock', 'cart'],
    ['ERROR cart: no stock', 'cart'],
    ['2026-11-21T15:04:05Z ERROR order-api: no stock', 'order-api'],
    ['2026-11-21 15:04:05 [오류] [결제] 실패', 'shop'],
    ['2026-11-21 15:04:05 ERROR [main] com.shop.Pool - dry', 'shop'],
    ['2026-11-21 15:04:05 ERROR [exec-1] dry', 'shop'],
    ['2026-11-21 15:04:05 ERROR [cart] com.shop.Pool - dry', 'shop'],
    ['11-21 15:04:05.123  1702  2395 E chatty: lost', 'shop'],
    ['ERROR Disk: full', 'shop'],
  ];
  for (const [line, service] of cases) assert.equal(read(line).service, service, line);
});

test('a name in brackets before the level is the service, in Hangul too; a thread before its logger is not', () => {
  const cases: [string, string, string][] = [
    ['[결제] 오류: DB 연결 실패', '결제', 'DB 연결 실패'],
    ['[pay] ERROR no stock', 'pay', 'no stock'],
    ['[pay] 2026-11-21 15:04:05 WARN slow', 'pay', 'slow'],
    ['2026-11-21 15:04:05 [pay] ERROR no stock', 'pay', 'no stock'],
    ['2026-11-21 15:04:05 [결제] 오류: 실패', '결제', '실패'],
    ['[결제] 실패 3건', 'shop', '[결제] 실패 3건'],
    ['[main] INFO com.shop.Pool - dry', 'shop', 'dry'],
    ['2026-11-21 15:04:05 [worker] INFO com.shop.Pool - dry', 'shop', 'dry'],
    ['2026-11-21 15:04:05 [pay] no level here', 'shop', 'no level here'],
  ];
  for (const [line, service, message] of cases)
    assert.deepEqual([read(line).service, read(line).message], [service, message], line);
});

test('the tag of a syslog message is its service where no host is named, and in Hangul', () => {
  const cases: [string, string, string | undefined, string][] = [
    ['<13>Nov 21 15:04:05 payment[12]: slow', 'payment', undefined, 'slow'],
    ['<13>Nov 21 15:04:05 payment: slow', 'payment', undefined, 'slow'],
    ['<13>payment[12]: slow', 'payment', undefined, 'slow'],
    ['Nov 21 15:04:05 payment[12]: slow', 'payment', undefined, 'slow'],
    ['<13>Nov 21 15:04:05 서버1 결제[12]: 느림', '결제', '서버1', '느림'],
    ['<13>Nov 21 15:04:05 서버1 결제: 느림', '결제', '서버1', '느림'],
    ['<13>connection lost', 'shop', undefined, 'connection lost'],
  ];
  for (const [line, service, host, message] of cases) {
    const record = read(line);
    assert.deepEqual([record.service, record.host, record.message], [service, host, message], line);
  }
});

test('a whole line inside an object is read as that line', () => {
  const inner = '2026-11-21 15:04:05 ERROR [main] c.s.Pool - no connection left, pool size 20';
  const shipped = (fields: Record<string, unknown>) =>
    normalize({ text: JSON.stringify(fields), fields, source: 'log-stream', position: '1' });

  const bare = shipped({ message: inner, service: 'inventory', level: 'info' });
  assert.equal(bare.timestamp, at('2026-11-21T06:04:05Z'));
  assert.equal(bare.level, 'error');
  assert.equal(bare.service, 'inventory');
  assert.equal(bare.message, 'no connection left, pool size 20');
  // Time and service of the object come first, also when its own time cannot be read.
  assert.equal(
    shipped({ '@timestamp': '2026-11-21T06:00:00Z', log: inner }).timestamp,
    at('2026-11-21T06:00:00Z'),
  );
  assert.equal(shipped({ time: 'soon', log: inner }).timestamp, at('2026-11-21T06:04:05Z'));

  const json = {
    log: '{"level":"error","service":"order","msg":"주문 실패","status":503}\n',
    stream: 'stderr',
  };
  for (const record of [shipped(json), read(JSON.stringify(json))]) {
    assert.equal(record.message, '주문 실패');
    assert.equal(record.service, 'order');
    assert.equal(record.errorCode, 'HTTP 503');
    assert.equal(record.attributes.stream, 'stderr');
  }
  const access = shipped({
    log: '10.0.0.1 - - [21/Nov/2026:15:04:05 +0900] "GET /api/cart HTTP/1.1" 502 12',
  });
  assert.equal(access.request?.endpoint, 'GET /api/cart');
  // Plain words are the message, unchanged.
  assert.equal(shipped({ message: 'retry 3: gave up after 20 s' }).message, 'retry 3: gave up after 20 s');
});

test('the ends of a file name are taken off one by one, however many', () => {
  const ends = '.0000-0000-0000-00000000-'.repeat(10);
  assert.equal(typeof serviceOfSource(`_00000000T0${ends}\u0000.0`), 'string');
  for (const [name, service] of [
    ['logs/inventory-api.2026-11-21.log.1.gz', 'inventory-api'],
    ['cart.log.20261121-0500', 'cart'],
    ['cart-2026-11-21T0500.jsonl', 'cart'],
    [`cart${'.00000000'.repeat(25)}`, 'cart'],
    [`cart.x${'.00000000'.repeat(25)}!`, `cart.x${'.00000000'.repeat(25)}!`.slice(0, 200)],
  ] as const)
    assert.equal(serviceOfSource(name), service);
});

test('control sequences of every kind are no part of a message, and hide none of it', () => {
  const normalize = createNormalizer({ timeZone: 'UTC', now: () => NOW });
  const messageOf = (text: string) => normalize({ text, source: 'a', position: text }).message;
  for (const [text, message] of [
    ['\u001b[31mdisk full\u001b[0m', 'disk full'],
    ['\u009b31mdisk full\u009b0m', 'disk full'],
    ['\u001bPq\u001b\\disk full', 'disk full'],
    ['\u001b_x\u001b\\disk \u009dy\u009cfull', 'disk full'],
    ['\u001b]disk full', 'disk full'],
    ['\u001b]'.repeat(30_000), ''],
  ] as const)
    assert.equal(messageOf(text), message);
});

test('an object nested deeper than any stack is a record all the same', () => {
  const normalize = createNormalizer({ timeZone: 'UTC', now: () => NOW });
  for (const [open, close] of [
    ['{"a":', '}'],
    ['[', ']'],
    ['{"a":[', ']}'],
  ] as const) {
    const text = `{"level":"error","msg":"no disk","more":${open.repeat(7_000)}1${close.repeat(7_000)}}`;
    const record = normalize({ text, source: 'a', position: open });
    assert.ok(record.message === 'no disk', open);
    assert.equal(record.level, 'error');
  }
});

test('two words in capitals before a colon are a name, and no level', () => {
  const read = createNormalizer({ timeZone: 'UTC' });
  const levelOf = (text: string) => read({ text, source: 'x.log', position: '1' }).level;
  assert.equal(levelOf('[1796048192] SERVICE ALERT: web-4;HTTP;OK;HARD;1;all is well'), 'info');
  assert.equal(levelOf('app@shop ERROR:  all is lost'), 'error');
});
