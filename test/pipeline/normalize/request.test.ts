import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createNormalizer } from '../../../src/pipeline/normalize/normalize.ts';

const NOW = Date.UTC(2026, 10, 26, 12, 0, 0);
const read = (text: string) =>
  createNormalizer({ timeZone: 'UTC', now: () => NOW })({ text, source: 'shop.log', position: '1' });

test('requests in lines of many frameworks and languages', () => {
  const cases: [
    line: string,
    endpoint: string,
    status: number | undefined,
    durationMs: number | undefined,
  ][] = [
    ['2026-11-26T01:00:00Z INFO shop GET /api/cart/12 200 45ms', 'GET /api/cart/:id', 200, 45],
    ['[GIN] 2026/11/26 - 01:00:00 | 200 |  45.1ms | 10.0.0.1 | GET      "/api/x"', 'GET /api/x', 200, 45.1],
    ['[GIN] 2026/11/26 - 01:00:00 | 503 | 1.5s | 10.0.0.1 | POST "/api/x?a=1"', 'POST /api/x', 503, 1_500],
    ['01:00:00 | 200 |     45ms | 127.0.0.1 | GET | /api/x | -', 'GET /api/x', 200, 45],
    ['GET /api/x 200 45.123 ms - 512', 'GET /api/x', 200, 45.123],
    ['GET /api/x 304 - - 1.250 ms', 'GET /api/x', 304, 1.25],
    ['::1 - GET /api/x HTTP/1.1 404 12 - 3.5 ms', 'GET /api/x', 404, 3.5],
    ['[svc] GET /x 200 45ms', 'GET /x', 200, 45],
    ['2026-11-26 01:00:00 INFO [svc] PATCH /x 204 (45ms)', 'PATCH /x', 204, 45],
    [
      '2026-11-26 01:00:00.123  INFO 1 --- [exec-1] c.s.Filter : GET /x completed with status 200 in 45 ms',
      'GET /x',
      200,
      45,
    ],
    ['2026-11-26 01:00:00 INFO GET /x took 45 ms', 'GET /x', undefined, 45],
    ['2026-11-26 01:00:00 WARN slow request: GET /x took 4512ms', 'GET /x', undefined, 4_512],
    ['2026-11-26 01:00:00 INFO GET /x took 45ms and returned 200', 'GET /x', 200, 45],
    ['2026-11-26 01:00:00 정보 요청 GET /x 응답 200 (45ms)', 'GET /x', 200, 45],
    ['2026-11-26 01:00:00 정보 GET /x 요청이 200으로 완료 (45밀리초)', 'GET /x', 200, 45],
    ['2026-11-26 01:00:00 정보 GET /x 상태코드: 500, 소요 시간 0.2초', 'GET /x', 500, 200],
    ['2026-11-26 01:00:00 [情報] GET /x 200 (45ミリ秒)', 'GET /x', 200, 45],
    ['2026-11-26 01:00:00 [信息] GET /x 200 0.2秒', 'GET /x', 200, 200],
    ['2026-11-26 01:00:00 [ИНФО] GET /x 200 45 мс', 'GET /x', 200, 45],
    ['2026-11-26 01:00:00 - GET /x status=200 duration=45ms', 'GET /x', 200, 45],
    ['2026-11-26 01:00:00 INFO method=GET path=/x status=200 duration=45毫秒', 'GET /x', 200, 45],
    ['2026-11-26 01:00:00 INFO request method=GET path=/x status=200 duration=45ms', 'GET /x', 200, 45],
    ['2026-11-26 01:00:00 INFO method=GET path=/x status=200', 'GET /x', 200, undefined],
    ['2026-11-26 01:00:00 INFO GET /x status: 200, latency: 1.5s', 'GET /x', 200, 1_500],
    ['2026-11-26 01:00:00 INFO HTTP GET /x responded 200 in 45.1 ms', 'GET /x', 200, 45.1],
    ['info: Request finished HTTP/1.1 GET http://shop:80/x - 200 512 text/plain 45.1ms', 'GET /x', 200, 45.1],
    [
      '2026-11-26 01:00:00 INFO GET https://pay.example/v1/charge -> 502 Bad Gateway (1.2s)',
      'GET /v1/charge',
      502,
      1_200,
    ],
    ['2026-11-26 01:00:00 INFO GET /x => 200 [45ms]', 'GET /x', 200, 45],
    ['2026-11-26 01:00:00 INFO GET /x → 200 OK 45ms', 'GET /x', 200, 45],
    ['2026-11-26 01:00:00 INFO GET /x - 200 - 45ms', 'GET /x', 200, 45],
    ['2026-11-26 01:00:00 INFO "GET /x" 200', 'GET /x', 200, undefined],
    ['2026-11-26 01:00:00 INFO [GET] /x 200 - 45ms', 'GET /x', 200, 45],
    ['2026-11-26 01:00:00 INFO status=200 GET /x 45ms', 'GET /x', 200, 45],
    ['[I 261126 01:00:00 web:2271] 200 GET /x (10.0.0.7) 45.12ms', 'GET /x', 200, 45.12],
    ['2026-11-26 01:00:00 INFO 200 OK: GET - /x in 45ms', 'GET /x', 200, 45],
    ['[Thu Nov 26 01:00:00 2026] 127.0.0.1:33000 [404]: GET /x', 'GET /x', 404, undefined],
    [
      '2026/11/26 01:00:00 "GET http://shop/x HTTP/1.1" from 10.0.0.7:3300 - 200 512B in 45.1µs',
      'GET /x',
      200,
      0.0451,
    ],
    [
      'INFO:     10.0.0.7:55012 - "POST /orders HTTP/1.1" 500 Internal Server Error',
      'POST /orders',
      500,
      undefined,
    ],
    [
      '[2026-11-26T01:00:00.000Z] "GET /x HTTP/1.1" 200 - 0 512 45 44 "-" "curl/8" "id" "shop" "10.0.0.7:80"',
      'GET /x',
      200,
      45,
    ],
    [
      'Nov 26 01:00:00 lb haproxy[7]: 10.0.0.1:33 [26/Nov/2026:01:00:00.000] web app/a1 0/0/1/44/45 200 512 - - ---- 1/1/0/0/0 0/0 "GET /x HTTP/1.1"',
      'GET /x',
      200,
      45,
    ],
    ['{"level":"info","msg":"GET /x 200 45ms"}', 'GET /x', 200, 45],
    ['ts=2026-11-26T01:00:00Z level=info msg="GET /x 200 in 45ms"', 'GET /x', 200, 45],
    [
      '2026-11-26 01:00:00 INFO GET /orders/550e8400-e29b-41d4-a716-446655440000/items 200 7ms',
      'GET /orders/:id/items',
      200,
      7,
    ],
    ['2026-11-26 01:00:00 INFO user 404 asked: DELETE /carts/77 -> 204', 'DELETE /carts/:id', 204, undefined],
    ['2026-11-26 01:00:00 ERROR GET /x failed with status 503 after 3 retries', 'GET /x', 503, undefined],
    ['2026-11-26 01:00:00 INFO GET /x [200] in 1.5 seconds', 'GET /x', 200, 1_500],
  ];
  assert.deepEqual(
    cases.map(([line]) => [line, read(line).request]),
    cases.map(([line, endpoint, status, durationMs]) => [
      line,
      {
        endpoint,
        ...(status === undefined ? {} : { status }),
        ...(durationMs === undefined ? {} : { durationMs }),
      },
    ]),
  );
});

test('what follows a path may be anything, however long, and costs no time', () => {
  for (const filler of ['->', '- ', '=> ', ':', '(', '[', '> ', '. ', '0.', 'a:'])
    assert.equal(read(`INFO GET /x ${filler.repeat(8_000)} x`).request?.status, undefined, filler);
});

test('sentences that name a path, a number or a plan are no requests', () => {
  const lines = [
    '2026-11-26 01:00:00 WARN retry 200 of GET /x',
    '2026-11-26 01:00:00 INFO GET /x',
    '2026-11-26 01:00:00 INFO Started GET "/x" for 10.0.0.7',
    '2026-11-26 01:00:00 INFO GET /x for user 404',
    '2026-11-26 01:00:00 INFO order 200 waits for GET /x',
    '2026-11-26 01:00:00 INFO GET /x 200 items found',
    '2026-11-26 01:00:00 INFO GET /x id 4711',
    '2026-11-26 01:00:00 WARN retrying GET /x in 500ms',
    '2026-11-26 01:00:00 WARN GET /x failed, retry in 500ms',
    '2026-11-26 01:00:00 INFO GET /x (timeout 30s)',
    '2026-11-26 01:00:00 정보 GET /x 재시도 3초 후',
    '2026-11-26 01:00:00 INFO wrote /var/log/x 200 45ms',
    '2026-11-26 01:00:00 INFO BUDGET /x 200 45ms',
    '2026-11-26 01:00:00 TRACE /x took 45ms',
    '2026-11-26 01:00:00 INFO FORGET/x 200',
    '2026-11-26 01:00:00 INFO routes: GET /a, POST /b, DELETE /c',
    '2026-11-26 01:00:00 INFO see docs of GET /x, section 404.1',
  ];
  assert.deepEqual(
    lines.filter((line) => read(line).request !== undefined),
    [],
  );
});

test('a sentence that refers to a request is not the request itself', () => {
  for (const line of [
    '2026-11-26T01:00:00Z [error] 21#0: upstream order answered 503 for POST /api/orders after 3012 ms',
    '2026-11-26 01:00:00 WARN gave up on "GET /api/x" after 30s',
  ])
    assert.equal(read(line).request, undefined, line);
  // With its status behind it, it may be the only line that the request has.
  assert.equal(read('2026-11-26 01:00:00 INFO response for GET /x: 200 in 5 ms').request?.status, 200);
});

test('a status gives the level only where the line names none', () => {
  assert.deepEqual(
    ['INFO GET /x 500 3ms', 'GET /x 500 3ms', 'GET /x 404 3ms', 'GET /errors/report 200 3ms'].map(
      (text) => read(`2026-11-26 01:00:00 ${text}`).level,
    ),
    ['info', 'error', 'warn', 'info'],
  );
  assert.equal(read('{"level":"info","msg":"GET /x 500 3ms"}').level, 'info');
  const failed = read('2026-11-26 01:00:00 GET /x 500 3ms');
  assert.deepEqual([failed.errorCode, failed.attributes], ['HTTP 500', {}], 'the request says it all');
  assert.equal(read('2026-11-26 01:00:00 GET /x 503: connect ECONNREFUSED').errorCode, 'ECONNREFUSED');
  const pairs = read(
    '2026-11-26 01:00:00 INFO GET /x 200 45ms user=7 trace_id=0af7651916cd43dd8448eb211c80319c',
  );
  assert.equal(pairs.attributes.user, '7');
  assert.equal(pairs.traceId, '0af7651916cd43dd8448eb211c80319c');
});

test('a duration in German units, in capitals or not', () => {
  for (const [text, durationMs] of [
    ['GET /x 200 in 12 Millisekunden', 12],
    ['GET /x 200 in 12 millisekunden', 12],
    ['GET /x 200 in 12 Sekunden', 12_000],
    ['GET /x 200 12 Sek', 12_000],
  ] as const)
    assert.equal(read(text).request?.durationMs, durationMs, text);
});

test('a server error in small letters behind the path is a status where the words tell of a failure', () => {
  for (const text of [
    'POST /orders 503 upstream cart failed',
    'GET /report/7 504 waiting for the store timed out',
    'PUT /stock 500 could not write to the store',
  ])
    assert.equal(
      read(`2026-11-26 01:00:00 ERROR ${text}`).request?.status,
      Number(/ (5\d\d) /.exec(text)![1]),
      text,
    );
  for (const text of [
    'POST /items 503 rows inserted',
    'GET /list 500 entries sent to the queue page',
    'POST /orders 5030 upstream cart failed',
  ])
    assert.equal(read(`2026-11-26 01:00:00 INFO ${text}`).request?.status, undefined, text);
});
