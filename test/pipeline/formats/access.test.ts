import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createDurationUnits } from '../../../src/pipeline/normalize/formats/durations.ts';
import { recordsOf, testFormats } from './harness.ts';

const asked = '10.0.0.1 - - [24/Nov/2026:06:00:01 +0000] "GET /a HTTP/1.1" 200 5';
const agent = `${asked} "-" "curl"`;

testFormats('access', {
  'nginx: rt=, request_time, own columns': {
    text: `${agent} rt=0.106 uct=0.001 urt=0.104
${agent} "1.2.3.4" 0.250 0.240 .
${agent} request_time=0.1 upstream_response_time=0.09
{"time_local":"24/Nov/2026:06:00:02 +0000","request":"GET /x?y=1 HTTP/1.1","status":"504","upstream_response_time":"60.000","request_time":"60.001"}`,
    records: [
      { time: '06:00:01.000', request: 'GET /a 200 106' },
      { request: 'GET /a 200 250' },
      { request: 'GET /a 200 100' },
      { time: '06:00:02.000', level: 'error', message: 'GET /x 504', request: 'GET /x 504 60001' },
    ],
  },
  'Apache: combined, vhost, %D, %T/%D': {
    text: [
      agent,
      `shop.example:443 ${agent}`,
      `${agent} 45123`,
      `${agent} **1/1045123**`,
      `${agent} 1200`,
    ].join('\n'),
    records: [
      { request: 'GET /a 200 -' },
      { request: 'GET /a 200 -' },
      { request: 'GET /a 200 45.123' },
      { request: 'GET /a 200 1045.123' },
      { request: 'GET /a 200 1.2' },
    ],
  },
  'Tomcat, Jetty: %D in milliseconds': {
    text: [`${asked} 12`, `${asked} 340`, `${asked} 2045`].join('\n'),
    records: [{ request: 'GET /a 200 12' }, { request: 'GET /a 200 340' }, { request: 'GET /a 200 2045' }],
  },
  'Traefik, Caddy': {
    text: `${agent} 12 "router@docker" "http://10.0.0.2:80" 12ms
{"level":"info","ts":1795500000.1,"logger":"http.log.access","msg":"handled request","request":{"method":"GET","host":"x","uri":"/x?y=1"},"duration":0.0123,"size":5,"status":200}
{"DownstreamStatus":502,"Duration":12345678,"RequestMethod":"GET","RequestPath":"/x","level":"info","msg":"","time":"2026-11-24T06:00:00Z"}`,
    records: [
      { request: 'GET /a 200 12' },
      { request: 'GET /x 200 12.3', message: 'handled request' },
      { request: 'GET /x 502 12.346', level: 'info' },
    ],
  },
  'HAProxy, Envoy': {
    text: `Nov 24 06:00:03 lb1 haproxy[77]: 10.0.0.1:4711 [24/Nov/2026:06:00:03.123] http-in app/web1 0/0/1/35/36 200 512 - - ---- 1/1/0/0/0 0/0 "GET /x HTTP/1.1"
[2026-11-24T06:00:07.000Z] "GET /items HTTP/1.1" 503 UF 0 91 12 - "-" "curl" "id" "orders" "10.0.0.9:80"`,
    records: [
      { time: '06:00:03.000', service: 'haproxy', host: 'lb1', request: 'GET /x 200 36' },
      { time: '06:00:07.000', level: 'error', request: 'GET /items 503 12' },
    ],
  },
  'AWS load balancers': {
    text: `http 2026-11-24T06:00:00.123456Z app/my-lb/50dc6c 1.2.3.4:2817 10.0.0.1:80 0.001 0.120 0.000 502 502 34 366 "GET http://x.example:80/items?a=1 HTTP/1.1" "curl/7.46.0" - - arn:aws:x "Root=1-58337262" "-" "-" 0 2026-11-24T06:00:00.000000Z "forward" "-" "-" "10.0.0.1:80" "200" "-" "-"
2026-11-24T06:00:00.123456Z my-lb 1.2.3.4:2817 - -1 -1 -1 503 0 0 29 "GET http://x.example:80/ HTTP/1.1" "curl/7.38.0" - -
2026-11-24T06:00:00.123456Z my-lb 1.2.3.4:2817 10.0.0.1:80 0.000073 0.001048 0.000057 200 200 0 29 "GET http://x.example:80/ HTTP/1.1" "curl/7.38.0" - -`,
    records: [
      { time: '06:00:00.123', level: 'error', service: 'app', request: 'GET /items 502 121' },
      { level: 'error', request: 'GET / 503 -' },
      { level: 'info', request: 'GET / 200 1.178' },
    ],
  },
  'Squid, Varnish': {
    text: `1795500000.123    456 10.0.0.1 TCP_MISS/503 1234 GET http://x.example/a - HIER_DIRECT/1.2.3.4 text/html
${agent}`,
    records: [
      { time: '06:00:00.123', level: 'error', request: 'GET /a 503 456' },
      { request: 'GET /a 200 -' },
    ],
  },
  'gunicorn, uvicorn, uWSGI': {
    text: `${agent} 0.012345
INFO:     127.0.0.1:5000 - "GET /x HTTP/1.1" 200 OK
[pid: 12|app: 0|req: 1/1] 10.0.0.1 () {40 vars in 500 bytes} [Tue Nov 24 06:00:00 2026] GET /x => generated 12 bytes in 34 msecs (HTTP/1.1 200) 2 headers in 70 bytes (1 switches on core 0)`,
    records: [{ request: 'GET /a 200 12.345' }, { request: 'GET /x 200 -' }, { request: 'GET /x 200 34' }],
  },
  Rails: {
    text: `I, [2026-11-24T06:00:00.123456 #7]  INFO -- : Started GET "/orders/7" for 10.0.0.9 at 2026-11-24 06:00:00 +0000
I, [2026-11-24T06:00:00.133456 #8]  INFO -- : Started GET "/cart" for 10.0.0.9 at 2026-11-24 06:00:00 +0000
I, [2026-11-24T06:00:00.143456 #7]  INFO -- : Completed 500 Internal Server Error in 20ms (ActiveRecord: 2.1ms | Allocations: 12)
I, [2026-11-24T06:00:00.153456 #8]  INFO -- : Completed 200 OK in 12ms (Views: 1.2ms)
I, [2026-11-24T06:00:00.163456 #9]  INFO -- : Completed 200 OK in 12ms (Views: 1.2ms)
I, [2026-11-24T06:00:01.123456 #7]  INFO -- : [ab-1] Started GET "/x.php" for 10.0.0.9 at 2026-11-24 06:00:01 +0000
F, [2026-11-24T06:00:01.133456 #7] FATAL -- : [ab-1] Web::RoutingError (No route matches [GET] "/x.php"):
F, [2026-11-24T06:00:01.143456 #7] FATAL -- : [ab-1] Web::RoutingError (No route matches [GET] "/x.php"):`,
    records: [
      { request: undefined },
      { request: undefined },
      { request: 'GET /orders/:id 500 20' },
      { request: 'GET /cart 200 12' },
      { request: undefined },
      { request: undefined },
      { level: 'fatal', request: 'GET /x.php - -' },
      { request: undefined },
    ],
  },
  'Express, Gin': {
    text: `GET /x 200 12.345 ms - 5
[GIN] 2026/11/24 - 06:00:00 | 500 |    1.234ms |   10.0.0.1 | GET      "/x"`,
    records: [{ request: 'GET /x 200 12.345' }, { level: 'error', request: 'GET /x 500 1.234' }],
  },
  'IIS and others that name their columns (#Fields:)': {
    text: `#Software: Microsoft Internet Information Services 10.0
#Fields: date time s-ip cs-method cs-uri-stem cs-uri-query s-port cs-username c-ip cs(User-Agent) sc-status sc-substatus sc-win32-status time-taken
2026-11-24 06:00:01 10.0.0.1 GET /items id=7 443 - 1.2.3.4 Mozilla/5.0+(x) 200 0 0 15
2026-11-24 06:00:02 10.0.0.1 POST /pay - 443 - 1.2.3.4 Mozilla/5.0+(x) 500 0 64 30015`,
    records: [
      {},
      {},
      { time: '06:00:01.000', level: 'info', message: 'GET /items 200', request: 'GET /items 200 15' },
      { time: '06:00:02.000', level: 'error', request: 'POST /pay 500 30015' },
    ],
  },
});

test('what only speaks of a request is none', async () => {
  for (const line of [
    '2026/11/24 06:00:00 [error] 31#31: *1 connect() failed (111: Connection refused) while connecting to upstream, client: 10.0.0.1, server: x, request: "GET /a HTTP/1.1", upstream: "http://10.0.0.2:80/a", host: "x"',
    '2026-11-24 06:00:00.000 INFO  Planner#9 [plan][result: Trip(status=true, percent=1.0, route=Route(id=abc, stops=[a, b]))]',
    '{"level":"info","msg":"opened","path":"/var/lib/data"}',
    '{"level":"info","msg":"x","route":"Route(id=abc","status":200}',
    '{"level":"info","fields":{"message":"x"},"target":"orders::pool","duration":5}',
  ])
    assert.equal((await recordsOf(line))[0]!.request, undefined, line);
});

test('the unit of a number is learned from its sizes, for each field of each source', () => {
  const last = (field: string, values: number[]): number => {
    const millis = createDurationUnits();
    return values.map((value) => millis('source', field, value)).at(-1)!;
  };
  assert.equal(last('', [120, 45_000, 23_000, 800]), 0.8, 'microseconds');
  assert.equal(last('', [12, 45, 23_000, 7, 800]), 800, 'milliseconds, one of them slow');
  assert.equal(last('latency', [0.01, 0.02, 2.5]), 2_500, 'seconds');
  assert.equal(last('latency', [12.5, 0.8, 40.1]), 40.1, 'milliseconds');
  assert.equal(last('duration', [1_200_000, 45_000_000, 9_000_000]), 9, 'nanoseconds');
  assert.equal(last('duration', [120, 30_000]), 30_000, 'a slow batch');
});
