import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createMiner, minerState } from '../../../src/pipeline/mining/miner.ts';
import { templatesOf } from '../../../src/pipeline/offline.ts';
import { collect, linesOf } from '../harness.ts';
import { maskTokens } from './harness.ts';

const hex = (i: number, length: number): string =>
  (i * 2_654_435_761 + 97).toString(16).padStart(length, 'a').slice(0, length);
const uuid = (i: number): string =>
  `${hex(i, 8)}-${hex(i + 1, 4)}-4${hex(i + 2, 3)}-a${hex(i + 3, 3)}-${hex(i + 4, 8)}${hex(i + 5, 4)}`;

/** Routes with ids of all forms, each a template of its own. */
const ROUTES: ((i: number) => string)[] = [
  (i) => `/orders/${i}`,
  (i) => `/users/${uuid(i)}`,
  (i) => `/v1/carts/${hex(i, 12)}/items/${i * 7}`,
  (i) => `/v2/carts/${hex(i, 12)}/items/${i * 7}`,
  () => '/healthz',
  (i) => `/search?q=word${i}&page=${i % 9}`,
  (i) => `/files/2026-11-${10 + (i % 20)}/report-${i}.csv`,
  () => '/shop.orders.v1.Orders/Get',
  (i) => `/검색/${i}`,
  (i) => `/a%20b%2F${i}/x`,
  () => '/',
];
const VERBS = ['GET', 'POST'];
const STATUS = [200, 201, 304, 404, 403, 500, 503];
/** The classes of status: no failure, failure of the client, failure of the server. */
const CLASSES = 3;

const FORMATS: [name: string, line: (verb: string, path: string, status: number, i: number) => string][] = [
  [
    'access log',
    (v, p, s, i) =>
      `10.0.0.${i} - - [21/Nov/2026:10:00:${10 + (i % 50)} +0000] "${v} ${p} HTTP/1.1" ${s} ${i * 31} "https://shop.example/a" "Mozilla/5.0 (X11; Linux x86_64) like Gecko and more ${i}"`,
  ],
  [
    'a sentence',
    (v, p, s, i) => `edge accepted call of user-${i} as "${v} ${p} HTTP/1.1" status ${s} in ${i} ms`,
  ],
  [
    'status with a colon',
    (v, p, s, i) => `10.11.10.${i} "${v} ${p} HTTP/1.1" status: ${s} len: ${i * 13} time: 0.${i}77`,
  ],
  ['pairs', (v, p, s, i) => `handled request="${v} ${p} HTTP/2.0" status=${s} ms=${i}`],
  ['the status before', (v, p, s, i) => `[${s}] "${v} ${p} HTTP/1.1" took ${i} ms`],
  [
    'columns of a proxy',
    (v, p, s, i) =>
      `10.0.1.${i}:33317 web static/srv1 10/0/3${i}/69/109 ${s} ${i * 31} - - ---- 1/1/1/${i}/0 0/0 {x} {} "${v} ${p} HTTP/1.1"`,
  ],
  [
    'columns of a balancer',
    (v, p, s, i) =>
      `https app/web/${hex(i, 16)} 10.0.0.${i}:2817 10.0.1.1:80 0.086 0.${i}48 0.037 ${s} ${s} 0 ${i} "${v} https://shop.example:443${p} HTTP/1.1"`,
  ],
  ['pairs, the status before', (v, p, s, i) => `handled status=${s} request="${v} ${p} HTTP/1.1" ms=${i}`],
  ['an arrow', (v, p, s, i) => `'${v} ${p}' => ${s} in ${i}ms`],
  ['a word', (v, p, s, i) => `upstream "${v} ${p} HTTP/1.1" responded with ${s} after ${i} ms`],
  ['absolute URL', (v, p, s, i) => `proxied "${v} http://10.0.0.${i}:8080${p} HTTP/1.1" ${s} ${i}`],
  ['no closing quote', (v, p, s, i) => `cut "${v} ${p} HTTP/1.1 ${s} ${i}`],
  [
    'escaped quotes',
    (v, p, s, i) => `wrapped {\\"request\\":\\"${v} ${p} HTTP/1.1\\",\\"status\\":${s},\\"ms\\":${i}}`,
  ],
  ['JSON', (v, p, s, i) => `hop {"request":"${v} ${p} HTTP/1.1","status":${s},"ms":${i}}`],
  ['a quoted path behind its method', (v, p, s, i) => `Started ${v} "${p}" for 10.0.0.${i}, answered ${s}`],
  ['columns before the method', (v, p, s, i) => `10.0.0.${i} |   ${v}      "${p}" | ${s} | ${i}.5ms`],
  [
    'a version without its name',
    (v, p, s, i) =>
      `10.0.0.${i}:401${i} - - "${v} ${p} 2" ${s} ${i} "-" "Mozilla/5.0 (X11; Linux) like Gecko"`,
  ],
  [
    'who asked, before the status',
    (v, p, s, i) =>
      `"${v} ${p} HTTP/1.1" "Mozilla/5.0 (iPhone; CPU iPhone OS like Mac OS X) Build ${'abc'[i % 3]}" ${s} ${i}`,
  ],
  ['no quotes', (v, p, s, i) => `${v} ${p} HTTP/1.1 -> ${s} in ${i} ms`],
  ['other marks', (v, p, s, i) => `request \`${v} ${p} HTTP/1.1\` returned ${s} after ${i} ms`],
  ['Korean', (v, p, s, i) => `요청 "${v} ${p} HTTP/1.1" 응답 코드 ${s}, ${i}밀리초`],
];

describe('one template per route, verb and class of status', () => {
  for (const [name, line] of FORMATS)
    test(name, async () => {
      const lines: string[] = [];
      for (let i = 1; i <= 40; i++)
        for (const verb of VERBS)
          for (const path of ROUTES) lines.push(line(verb, path(i), STATUS[i % STATUS.length]!, i));
      const { online, final } = templatesOf(
        (async function* () {
          yield linesOf(lines);
        })(),
      );
      const rows = (await collect(online)).flat();
      const patterns = [...new Map(rows.map((row) => [row.id, final(row).template])).values()];
      assert.equal(patterns.length, VERBS.length * ROUTES.length * CLASSES, patterns.sort().join('\n'));
      for (const verb of VERBS) assert.ok(patterns.some((pattern) => pattern.includes(`${verb} `)));
      assert.ok(patterns.some((pattern) => pattern.includes('/orders/<*>') && pattern.includes('5xx')));
    });
});

test('masks a request', () => {
  const cases: [message: string, masked: string][] = [
    ['"GET /orders/1 HTTP/1.1" 200 5', '"GET /orders/<*> HTTP/1.1" <*> <*>'],
    ['"GET /orders/1 HTTP/1.1" 404 5', '"GET /orders/<*> HTTP/1.1" 4xx <*>'],
    ['"CONNECT example.com:443 HTTP/1.1" 502', '"CONNECT <*> HTTP/1.1" 5xx'],
    ['"OPTIONS * HTTP/1.0" 200', '"OPTIONS * HTTP/1.0" <*>'],
    // Three digits alone do not make a number after a request a status.
    ['"GET /orders/1" took 450 ms', '"GET /orders/<*>" took <*> ms'],
    ['"GET /orders/1" 0.404 and 1404', '"GET /orders/<*>" <*> and <*>'],
    ['exit code 500 of "/usr/bin/job"', 'exit code <*> of "<*>"'],
    // Quoted text after a request is read as everywhere else.
    ['request: "GET /a/1 HTTP/1.1", host: "a.example"', 'request: "GET /a/<*> HTTP/1.1", host: "<*>"'],
    ['"POST /pay" failed: "card declined by bank"', '"POST /pay" failed: "card declined by bank"'],
    ['"GET /a b 7 HTTP/1.1" 404 5', '"GET /a b <*> HTTP/1.1" 4xx <*>'],
    ['"GET /orders/1" "200" "12"', '"GET /orders/<*>" "<*>" "<*>"'],
    ['"GET /orders/1" "503" "12"', '"GET /orders/<*>" "5xx" "<*>"'],
    ['10.0.0.1 GET /orders/1 443 - 10.0.0.9', '<*> GET <*> <*> - <*>'],
    ['OPEN "/var/spool/1" failed', 'OPEN "<*>" failed'],
  ];
  for (const [message, masked] of cases) assert.equal(maskTokens(message).join(' '), masked);
});

test('HTTP versions and statuses without failure do not part what belongs together', () => {
  const miner = createMiner();
  const ids = ['1.1', '2.0', '1.0'].flatMap((version) =>
    [200, 204, 304].map((status) => miner.add(`"GET /orders/7 HTTP/${version}" ${status} 12`).id),
  );
  assert.equal(new Set(ids).size, 1);
});

test('names of articles in a route become one variable when ever new ones come', () => {
  const name = (n: number): string =>
    [...String(n * 7_919)].map((digit) => 'abcdefghij'[Number(digit)]).join('');
  const miner = createMiner();
  for (let i = 0; i < 400; i++) miner.add(`"GET /products/${name(i)} HTTP/1.1" 200 ${i}`);
  assert.ok(miner.size <= 66, String(miner.size));
  assert.equal(
    miner.add('"GET /products/new HTTP/1.1" 200 1').pattern,
    '"GET /products/<*> HTTP/1.1" <*> <*>',
  );
});

const MESSAGES = [
  '10.0.0.7 "GET /orders/7 HTTP/1.1" 503 12 "-" "curl/8.0 (x y)"',
  '"Error syncing pod, skipping" pod="ns/a-1"',
  'said "hello there world" and "a b" twice',
  "open 'C:\\Program Files\\x y' ok",
  '결제 실패: "카드 한도를 초과했어요" order=ORD-17',
  'a\t"b\tc"  "d \u00a0 e"',
  '{"a": "b c", "d": {"e": "f g"}}',
];

test('no token holds white space, and what is saved comes back as it was', () => {
  for (const message of MESSAGES)
    for (const token of maskTokens(message)) assert.doesNotMatch(token, /[ \t\n]/, message);
  const first = createMiner();
  const ids = MESSAGES.map((message) => first.add(message).id);
  const saved = first.save();
  const second = createMiner();
  second.restore(minerState.parse(JSON.parse(JSON.stringify(saved))));
  assert.deepEqual(second.save(), saved);
  assert.deepEqual(
    MESSAGES.map((message) => second.add(message).id),
    ids,
  );
  assert.equal(second.size, first.size);
});

test('templates that were stored when quotes were cut at blanks do not take what is mined now', () => {
  const old = {
    version: 2 as const,
    clusters: [
      { id: 'a', tokens: ['"GET', '<*>"', '<*>', '<*>'], count: 60 },
      { id: 'b', tokens: ['"<*>"', 'pod="<*>"', 'podUID="<*>"'], count: 900 },
      { id: 'c', tokens: ['<*>', '"GET <*>"', '<*>'], count: 5 },
    ],
  };
  const miner = createMiner();
  miner.restore(old);
  const ids = [
    '"GET /orders/7 HTTP/1.1" 200',
    '"GET /orders/8 HTTP/1.1" 500',
    '"GET /users/8 HTTP/1.1" 200',
    '"Starting" pod="a" podUID="b"',
    '"Failed to pull image" pod="a" podUID="b"',
  ].map((message) => miner.add(message).id);
  assert.equal(new Set(ids).size, ids.length);
  for (const id of ids) assert.ok(!['a', 'b', 'c'].includes(id));
});
