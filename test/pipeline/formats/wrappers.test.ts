import assert from 'node:assert/strict';
import { test } from 'node:test';
import { recordsOf, testFormats } from './harness.ts';

const quoted = (text: string): string => JSON.stringify(text).slice(1, -1);
const docker = (log: string, clock: string, stream = 'stdout'): string =>
  `{"log":"${quoted(`${log}\n`)}","stream":"${stream}","time":"2026-11-24T${clock}Z"}`;

testFormats('wrapper', {
  'docker json-file': {
    file: 'shop.log',
    text: [
      docker('{"level":"error","ts":1795500000.5,"msg":"pool dry"}', '06:00:01.1', 'stderr'),
      docker('2026-11-24 06:00:02,541 ERROR app.pay: charge failed', '06:00:02.6', 'stderr'),
      docker('Traceback (most recent call last):', '06:00:02.6', 'stderr'),
      docker('  File "a.py", line 3, in f', '06:00:02.6', 'stderr'),
      docker('GET /health 200 1ms', '06:00:02.7'),
      docker('ValueError: bad amount', '06:00:02.6', 'stderr'),
      docker('[worker] job 12 done', '06:00:03.1'),
    ].join('\n'),
    records: [
      { time: '06:00:01.100', level: 'error', service: 'shop', message: 'pool dry' },
      { time: '06:00:02.700', message: 'GET /health 200 1ms', request: 'GET /health 200 1' },
      {
        time: '06:00:02.600',
        level: 'error',
        message:
          'charge failed\nTraceback (most recent call last):\n  File "a.py", line 3, in f\nValueError: bad amount',
        lines: 4,
      },
      { time: '06:00:03.100', message: '[worker] job 12 done' },
    ],
  },
  'CRI, parts joined': {
    text: `2026-11-24T06:00:00.1Z stdout P {"level":"warn",
2026-11-24T06:00:00.1Z stdout F "msg":"slow"}
2026-11-24T06:00:02.1Z stderr F java.lang.IllegalStateException: no stock
2026-11-24T06:00:02.2Z stderr F \tat shop.Cart.total(Cart.java:12)
2026-11-24T06:00:02.2Z stderr F Caused by: java.net.ConnectException: refused
2026-11-24T06:00:03.2Z stdout F plain words`,
    records: [
      { time: '06:00:00.100', level: 'warn', message: 'slow' },
      {
        time: '06:00:02.100',
        level: 'error',
        message:
          'java.lang.IllegalStateException: no stock\n\tat shop.Cart.total(Cart.java:12)\nCaused by: java.net.ConnectException: refused',
      },
      { time: '06:00:03.200', message: 'plain words' },
    ],
  },
  'docker compose': {
    text: `web-1    | 10.0.0.1 - - [24/Nov/2026:06:00:03 +0000] "GET /a HTTP/1.1" 502 5 "-" "curl"
api_1    | {"level":50,"time":1795500000500,"pid":1,"hostname":"h1","name":"orders","msg":"boom"}
api_1    | Traceback (most recent call last):
web-1    | 10.0.0.1 - - [24/Nov/2026:06:00:04 +0000] "GET /b HTTP/1.1" 200 5 "-" "curl"
api_1    |   File "a.py", line 3, in f
api_1    | ValueError: x
db-1     | 2026-11-24 06:00:05.000 UTC [31] FATAL:  too many connections`,
    records: [
      { time: '06:00:03.000', service: 'web', request: 'GET /a 502 -' },
      { time: '06:00:00.500', level: 'error', service: 'api', message: 'boom' },
      { time: '06:00:04.000', service: 'web', request: 'GET /b 200 -' },
      {
        level: 'error',
        service: 'api',
        message: 'Traceback (most recent call last):\n  File "a.py", line 3, in f\nValueError: x',
      },
      { time: '06:00:05.000', level: 'fatal', service: 'db', message: 'too many connections' },
    ],
  },
  'kubectl logs --prefix': {
    text: `[pod/web-7d9f8c6b5-x2x4z/nginx] 10.0.0.1 - - [24/Nov/2026:06:00:03 +0000] "GET /a HTTP/1.1" 502 5 "-" "curl"
[pod/orders-5c9d7b6f8d-kx2p9/orders] 2026-11-24T06:00:04Z ERROR pool dry
[pod/orders-5c9d7b6f8d-kx2p9/orders] java.lang.IllegalStateException: no stock
[pod/orders-5c9d7b6f8d-kx2p9/orders] \tat shop.Cart.total(Cart.java:12)
[pod/orders-5c9d7b6f8d-kx2p9/main] started`,
    records: [
      { service: 'nginx', host: 'web-7d9f8c6b5-x2x4z', request: 'GET /a 502 -' },
      {
        service: 'orders',
        time: '06:00:04.000',
        level: 'error',
        message: 'pool dry\njava.lang.IllegalStateException: no stock\n\tat shop.Cart.total(Cart.java:12)',
      },
      { service: 'orders', message: 'started' },
    ],
  },
  'pm2, foreman': {
    text: `0|api      | 2026-11-24T06:00:00: started
06:00:01 web.1  | GET /x 200 5ms
06:00:02 worker.2  | {"level":"warn","msg":"slow"}`,
    records: [
      { service: 'api', message: 'started' },
      { service: 'web', request: 'GET /x 200 5' },
      { service: 'worker', level: 'warn', message: 'slow' },
    ],
  },
  stern: {
    text: `orders-5c9d7b6f8d-kx2p9 orders 2026-11-24T06:00:04Z ERROR pool dry
orders-5c9d7b6f8d-kx2p9 proxy [2026-11-24T06:00:07.000Z] "GET /items HTTP/1.1" 503 UF 0 91 12 - "-" "curl" "id" "orders" "10.0.0.9:80"
db-0 db {"level":"info","ts":1795500006.1,"msg":"ready"}`,
    records: [
      { service: 'orders', time: '06:00:04.000', level: 'error', message: 'pool dry' },
      { service: 'proxy', time: '06:00:07.000', request: 'GET /items 503 12' },
      { service: 'db', host: 'db-0', time: '06:00:06.100', message: 'ready' },
    ],
  },
  Heroku: {
    text: `2026-11-24T06:00:01.123456+00:00 app[web.1]: Error: connect ECONNREFUSED 10.0.0.1:5432
2026-11-24T06:00:02.123456+00:00 heroku[router]: at=info method=GET path="/items" host=x.example.com request_id=abc fwd="1.2.3.4" dyno=web.1 connect=1ms service=88ms status=200 bytes=120 protocol=https
2026-11-24T06:00:01.123456+00:00 app[web.1]:     at TCPConnectWrap.afterConnect (node:net:1637:16)
2026-11-24T06:00:04.123456+00:00 app[worker.1]: {"level":"error","msg":"boom"}`,
    records: [
      { service: 'heroku/router', level: 'info', request: 'GET /items 200 88' },
      {
        service: 'web',
        level: 'error',
        message:
          'Error: connect ECONNREFUSED 10.0.0.1:5432\n    at TCPConnectWrap.afterConnect (node:net:1637:16)',
      },
      { service: 'worker', level: 'error', message: 'boom' },
    ],
  },
  'syslog around JSON around text': {
    text: `<131>1 2026-11-24T06:00:01.1Z host1 orders 12 - - {"time":"2026-11-24T06:00:00Z","level":"error","message":"2026-11-24 06:00:00,000 ERROR com.shop.Pool - pool dry"}
Nov 24 06:00:02 host1 orders[12]: {"level":"error","message":"pool dry","service":"orders-api"}
Nov 24 06:00:03 host1 orders[12]: java.lang.IllegalStateException: no stock
Nov 24 06:00:03 host1 cron[9]: job done
Nov 24 06:00:03 host1 orders[12]: \tat shop.Cart.total(Cart.java:12)`,
    records: [
      { time: '06:00:01.100', service: 'orders', host: 'host1', level: 'error', message: 'pool dry' },
      { time: '06:00:02.000', service: 'orders-api', host: 'host1', message: 'pool dry' },
      { service: 'cron', message: 'job done' },
      {
        time: '06:00:03.000',
        service: 'orders',
        message: 'java.lang.IllegalStateException: no stock\n\tat shop.Cart.total(Cart.java:12)',
      },
    ],
  },
  'a time before each line (docker -t, CI)': {
    text: `2026-11-24T06:00:00.1234567Z running tests
2026-11-24T06:00:01.1234567Z Error: expected 3
2026-11-24T06:00:01.2234567Z     at total (/app/cart.js:12:11)
2026-11-24T06:00:01.3234567Z     at main (/app/cart.js:2:1)
2026-11-24T06:00:02.1234567Z   indented words
2026-11-24T06:00:03.1234567Z done`,
    records: [
      { message: 'running tests' },
      {
        time: '06:00:01.123',
        message: 'expected 3\n    at total (/app/cart.js:12:11)\n    at main (/app/cart.js:2:1)',
      },
      { time: '06:00:02.123', message: 'indented words' },
      { message: 'done' },
    ],
  },
  'journald: -o json, json-pretty': {
    text: `{"__REALTIME_TIMESTAMP":"1795500000118553","_HOSTNAME":"db01","SYSLOG_IDENTIFIER":"kernel","PRIORITY":"3","MESSAGE":"EXT4-fs error (device sda1): bad block"}
{
\t"__REALTIME_TIMESTAMP" : "1795500001118553",
\t"_HOSTNAME" : "db01",
\t"_SYSTEMD_UNIT" : "orders.service",
\t"PRIORITY" : "6",
\t"MESSAGE" : "started"
}`,
    records: [
      { time: '06:00:00.118', service: 'kernel', host: 'db01', level: 'error' },
      { time: '06:00:01.118', service: 'orders', host: 'db01', level: 'info', message: 'started' },
    ],
  },
  'journald: -o export': {
    text: `__CURSOR=s=abc;i=1
__REALTIME_TIMESTAMP=1795500000118553
_HOSTNAME=db01
SYSLOG_IDENTIFIER=postgres
PRIORITY=3
MESSAGE=could not write block 12

__CURSOR=s=abc;i=2
__REALTIME_TIMESTAMP=1795500001118553
SYSLOG_IDENTIFIER=java
PRIORITY=4
MESSAGE
\u0009\0\0\0\0\0\0\0two lines
of words

`,
    records: [
      { time: '06:00:00.118', service: 'postgres', host: 'db01', level: 'error', lines: 6 },
      { time: '06:00:01.118', service: 'java', level: 'warn', message: 'two lines\nof words' },
    ],
  },
  'Fluentd, Fluent Bit, Vector, Logstash, Filebeat': {
    text: `{"@timestamp":"2026-11-24T06:00:01.000Z","message":"2026-11-24 06:00:00,999 ERROR [http-1] com.shop.Pool - pool dry","kubernetes":{"pod_name":"orders-1","container_name":"orders","host":"node1"},"stream":"stdout"}
{"@timestamp":"2026-11-24T06:00:02.000Z","log":"{\\"level\\":\\"warn\\",\\"msg\\":\\"slow\\"}","kubernetes":{"pod":{"name":"web-1"},"container":{"name":"web"}},"agent":{"type":"shipper"}}
{"@version":"1","@timestamp":"2026-11-24T06:00:03.000Z","message":"boom","logger_name":"com.shop.Pool","thread_name":"main","level":"ERROR","level_value":40000,"stack_trace":"java.lang.IllegalStateException: no\\n\\tat a.B(C.java:1)","appname":"shop"}
2026-11-24 06:00:07.000000000 +0000 kube.var.log: {"log":"ERROR pool dry","kubernetes":{"container_name":"orders"}}`,
    records: [
      { time: '06:00:01.000', service: 'orders', host: 'orders-1', level: 'error', message: 'pool dry' },
      { time: '06:00:02.000', service: 'web', level: 'warn', message: 'slow' },
      { service: 'shop', message: 'boom\njava.lang.IllegalStateException: no\n\tat a.B(C.java:1)' },
      { time: '06:00:07.000', service: 'orders', level: 'error' },
    ],
  },
  'AWS, Google Cloud, Azure': {
    text: `{"timestamp":1795500001000,"message":"[ERROR] 2026-11-24T06:00:01.000Z 8f2e-1 Task timed out","logStreamName":"2026/11/24/x","logGroup":"/aws/lambda/orders"}
{"insertId":"a1","resource":{"type":"k8s_container","labels":{"container_name":"orders"}},"severity":"ERROR","textPayload":"pool dry","timestamp":"2026-11-24T06:00:02.1Z"}
{"insertId":"a2","resource":{"labels":{"service_name":"pay"}},"severity":"WARNING","jsonPayload":{"message":"slow"},"timestamp":"2026-11-24T06:00:03.1Z"}
{"httpRequest":{"requestMethod":"GET","requestUrl":"https://x.example/items/7","status":503,"latency":"1.204s"},"severity":"ERROR","timestamp":"2026-11-24T06:00:04.1Z"}
{"time":"2026-11-24T06:00:05.1Z","resourceId":"/SUBSCRIPTIONS/X/SITES/ORDERS","category":"Console","level":"Error","resultDescription":"pool dry"}`,
    records: [
      { time: '06:00:01.000', service: 'orders', level: 'error' },
      { time: '06:00:02.100', service: 'orders', level: 'error', message: 'pool dry' },
      { time: '06:00:03.100', service: 'pay', level: 'warn', message: 'slow' },
      { time: '06:00:04.100', level: 'error', request: 'GET /items/:id 503 1204' },
      { time: '06:00:05.100', service: 'ORDERS', level: 'error', message: 'pool dry' },
    ],
  },
});

test('words before a bar, a dash or a bracket that no wrapper writes stay in the message', async () => {
  for (const line of [
    'ERROR | pool dry',
    'total | 12 rows',
    'shop-2026 opens the doors',
    '[pods] web is ready',
    'client-1 | 7',
  ]) {
    const [record] = await recordsOf(line);
    assert.equal(record!.service, 'app', line);
  }
});

test('a name of a service is no amount, no id, no word for a stream, a role or an outcome', async () => {
  for (const name of [
    '88ms',
    '12',
    '1.5s',
    '50%',
    'client',
    'stdout',
    'failed',
    'INFO',
    '10.0.0.7:80',
    'main.go:12',
  ])
    assert.equal((await recordsOf(JSON.stringify({ service: name, msg: 'x' })))[0]!.service, 'app', name);
  for (const name of ['결제서버', 'orders', 'web/api', '3scale'])
    assert.equal((await recordsOf(JSON.stringify({ service: name, msg: 'x' })))[0]!.service, name, name);
});

test('an interleaved trace waits for its lines, but not for ever', async () => {
  const others = Array.from({ length: 100 }, (_, n) => `web-1 | line ${n}`);
  const lines = [
    'api-1 | Traceback (most recent call last):',
    ...others,
    'api-1 |   File "a.py", line 3, in f',
  ];
  const records = await recordsOf(lines.join('\n'));
  assert.equal(records.length, 102);
  assert.ok(records.findIndex((record) => record.service === 'api') < 60);
});

test('a row of names and bars, however long, costs no time', async () => {
  const hostile = [
    'a '.repeat(30_000),
    'a-'.repeat(30_000),
    `${'x'.repeat(60_000)} | y`,
    '[pod/'.repeat(10_000),
    'a-1 | '.repeat(10_000),
    '0|a | '.repeat(10_000),
    `{"log":"${'{'.repeat(20_000)}"}`,
    '<a '.repeat(20_000),
    '<![CDATA['.repeat(6_000),
    'ERROR:a:'.repeat(8_000),
  ];
  assert.equal((await recordsOf(hostile.join('\n'))).length, hostile.length);
});
