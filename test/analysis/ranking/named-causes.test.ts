import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Said, works, wrongFirst } from './staged/stage.ts';

/** One service says something a hundred times, and who calls it complains. */
const calling = (service: string, text: string): Said[] => [
  works(service),
  works('portal'),
  ['portal', 303, 4, 70, 'ERROR', `call to ${service} failed: status 500`],
  [service, 300, 3, 100, 'ERROR', text],
];

const OUTSIDE: string[][] = [
  ['charge # failed: pay.cards.example.com does not resolve', 'pay.cards.example.com'],
  ['lookup pay.cards.example.com: no such host', 'pay.cards.example.com'],
  [
    'Error: getaddrinfo EAI_FAIL pay.cards.example.com: name not known, could not resolve',
    'pay.cards.example.com',
  ],
  ['socket.gaierror: [Errno -2] Name or service not known: pay.cards.example.com', 'pay.cards.example.com'],
  [
    'I/O error on POST request for "https://pay.cards.example.com/charge": Connection refused',
    'pay.cards.example.com',
  ],
  ['GET https://pay.cards.example.com/v2/rates timed out after 5000 ms', 'pay.cards.example.com'],
  [
    "HTTPSConnectionPool(host='pay.cards.example.com', port=443): Read timed out. (read timeout=5)",
    'pay.cards.example.com',
  ],
  ['connect to pay.cards.example.com:443 failed: no route to host', 'pay.cards.example.com'],
  ['pay.cards.example.com 도메인을 찾을 수 없습니다', 'pay.cards.example.com'],
  ['https://pay.cards.example.com/charge 호출 실패: 연결 시간 초과', 'pay.cards.example.com'],
  ['결제 요청 # 실패: pay.cards.example.com:443 연결이 거부되었습니다', 'pay.cards.example.com'],
  ['Impossible de se connecter à pay.cards.example.com:443 : connexion refusée', 'pay.cards.example.com'],
  ['no se pudo resolver el host pay.cards.example.com: nombre desconocido', 'pay.cards.example.com'],
  ['host pay.cards.example.com is unreachable', 'pay.cards.example.com'],
  ['pay.cards.example.com could not be resolved (3: Host not found)', 'pay.cards.example.com'],
  ["Unknown MySQL server host 'db7.data.example.com' (-2)", 'db7.data.example.com'],
  ['TLS handshake with pay.cards.example.com failed: certificate has expired', 'pay.cards.example.com'],
];

test('a host outside that cannot be reached is the cause, not who says so, in whatever words', async () => {
  assert.deepEqual(await wrongFirst(OUTSIDE.map(([text, host]) => [host!, calling('billing', text!)])), []);
});

test('a package, a file and an address of mail are no hosts', async () => {
  const texts = [
    'com.example.pay.Client timed out in worker.py',
    'mail to anna@mail.example.com timed out in queue',
  ];
  assert.deepEqual(await wrongFirst(texts.map((text) => ['billing', calling('billing', text)])), []);
});

const DIALLED: string[][] = [
  ['gRPC handshake to pricing-svc failed: x509: certificate has expired', 'pricing-svc'],
  ['SSL connection to token-store failed: certificate verify failed', 'token-store'],
  ['request to tax-engine failed: timed out', 'tax-engine'],
  ['call to tax-engine timed out after 2 s', 'tax-engine'],
  ['rpc to tax-engine failed: UNAVAILABLE', 'tax-engine'],
  ['session with tax-engine lost', 'tax-engine'],
  ['stream from price-feed broke: unexpected EOF', 'price-feed'],
  ['fetching rates from price-feed failed: timed out', 'price-feed'],
  ['subscribing to price-feed timed out', 'price-feed'],
  ['pricing-svc 와의 TLS 핸드셰이크 실패: 인증서가 만료되었습니다', 'pricing-svc'],
  ['tax-engine 호출 실패: 응답 없음', 'tax-engine'],
  ['tax-engine 연결 끊김', 'tax-engine'],
];

test('a service that writes nothing is the cause where it is spoken to', async () => {
  assert.deepEqual(await wrongFirst(DIALLED.map(([text, name]) => [name!, calling('cartd', text!)])), []);
});

const WORDS = [
  'handshake to failed: x509: certificate has expired',
  'connection to the database failed: connection refused',
  'call to upstream timed out',
  'request to remote host failed: no route to host',
  'session with client lost: connection reset',
  'update of cache failed: timed out',
  'reading from stdin failed: broken pipe',
  'write to disk failed: timed out',
  'unable to connect to any of the nodes: timed out',
  'lookup of item failed: timed out',
  '서버와 연결 실패',
  '데이터베이스 연결 끊김',
];

test('a word of the sentence is no service', async () => {
  assert.deepEqual(await wrongFirst(WORDS.map((text) => ['cartd', calling('cartd', text)])), []);
});

/** A vault that listens on a port and serves a desk there, and a batch that dials. */
const dialling = (text: string, port = 8_200): Said[] => [
  works('vault'),
  works('desk'),
  works('batch'),
  ['vault', 0, 1, 1, 'INFO', `server listening on port ${port}`],
  ['vault', 1, 1, 1, 'INFO', `listening on 10.4.0.3:${port}`],
  ['desk', 5, 3, 190, 'INFO', `read # from vault:${port}`],
  ['batch', 10, 2, 290, 'ERROR', text],
];
const WRONG = [
  'dial tcp vault:8201: connect: connection refused',
  'cannot reach vault:8210: connection refused',
  'GET http://vault:8000/v1/keys: connection refused',
  'connect ECONNREFUSED vault:8201',
  'vault:8201 연결 거부',
  'http://vault:8000/v1 호출 실패: 연결 거부',
  'connect to vault:9999 timed out',
  'connect to 10.4.0.3:8201 failed: connection refused',
];

test('who dials a port on which nobody listens, while others are served beside it, is at fault', async () => {
  assert.deepEqual(await wrongFirst(WRONG.map((text) => ['batch', dialling(text)])), []);
});

test('the right port, one of several, one that worked before and one that all use blame who is dialled', async () => {
  const refused = (port: number) => `dial tcp vault:${port}: connect: connection refused`;
  const cases: Said[][] = [
    dialling(refused(8_200)),
    [['vault', 1, 1, 1, 'INFO', 'metrics listening on port 8201'], ...dialling(refused(8_201))],
    [['batch', 5, 3, 100, 'INFO', 'got # from vault:8201'], ...dialling(refused(8_201))],
    [
      works('vault'),
      works('desk'),
      works('batch'),
      ['vault', 0, 1, 1, 'INFO', 'server listening on port 8080'],
      ['desk', 300, 2, 140, 'ERROR', refused(80)],
      ['batch', 300, 2, 140, 'ERROR', refused(80)],
    ],
  ];
  assert.deepEqual(await wrongFirst(cases.map((lines) => ['vault', lines])), []);
});

test('others that name only the address show as well that they are served there', async () => {
  const lines: Said[] = [
    works('vault'),
    works('batch'),
    ['vault', 0, 1, 1, 'INFO', 'listening on 10.4.0.3:8200'],
    ['desk', 5, 3, 190, 'INFO', 'read # from 10.4.0.3:8200'],
    ['batch', 10, 2, 290, 'ERROR', 'dial tcp 10.4.0.3:8300: connect: connection refused'],
  ];
  assert.deepEqual(await wrongFirst([['batch', lines]]), []);
});

test('who looks up a name with two letters exchanged is at fault', async () => {
  const text = 'lookup catalgo on 10.0.0.2:53: no such host';
  const lines: Said[] = [works('catalog'), works('batch'), ['batch', 10, 2, 290, 'ERROR', text]];
  assert.deepEqual(await wrongFirst([['batch', lines]]), []);
});

test('a port that somebody once said does not accuse who goes on working', async () => {
  for (const text of [
    'no tips: dial tcp 10.1.9.3:8080: connect: connection refused',
    '추천 조회 실패: 10.1.9.3:8080 연결 거부',
  ]) {
    const lines: Said[] = [
      works('mailer'),
      ['mailer', 0, 1, 1, 'INFO', 'listening on :8080'],
      works('gate'),
      ['gate', 200, 3, 130, 'ERROR', text],
    ];
    assert.deepEqual(await wrongFirst([['10.1.9.3:8080', lines]]), []);
  }
});
