import assert from 'node:assert/strict';
import { test } from 'node:test';
import { draftAnswer } from '../../../src/analysis/answer/draft.ts';
import { gatherEvidence } from '../../../src/analysis/evidence/evidence.ts';
import { readerOver } from '../../../src/analysis/logs/reader.ts';
import { findWindow } from '../../../src/analysis/logs/window.ts';
import { rankCauses } from '../../../src/analysis/ranking/rank.ts';
import type { LogRecord } from '../../../src/domain/log/record.ts';
import type { Answer } from '../../../src/domain/question/answer.ts';
import type { Language } from '../../../src/domain/question/question.ts';
import { NOON, record } from '../../fakes/incident-logs.ts';

async function answered(records: LogRecord[], language: Language = 'en'): Promise<Answer> {
  const logs = readerOver(records);
  const span = (await findWindow(logs, {}))!;
  const evidence = await gatherEvidence(logs, span);
  return draftAnswer(evidence, rankCauses(evidence), { kind: 'why', language, timeZone: 'UTC', past: [] });
}

/** What an `api` says in two lines, and whom it names by that. */
const TARGETS: [line: string, named: string][] = [
  ['connection refused to db:5432', 'db'],
  ['db:5432: connection refused', 'db'],
  ['[mq:5672] connection refused', 'mq'],
  ['failed to reach es:9200: i/o timeout', 'es'],
  ['Error 111 connecting to db:6379. Connection refused.', 'db'],
  ['could not connect to redis:6379: connection refused', 'redis'],
  ['dial tcp: lookup db on 127.0.0.11:53: no such host', 'db'],
  ['Get "http://es:9200/_search": EOF: connection reset by peer', 'es'],
  ['connection to server at "db" (10.0.0.5), port 5432 failed: Connection refused', 'db'],
  [
    'could not connect to server: Connection refused Is the server running on host "db" (10.0.0.5) and accepting TCP/IP connections on port 5432?',
    'db',
  ],
  ['Failed to connect to db port 5432: Connection refused', 'db'],
  ["HTTPConnectionPool(host='es', port=9200): Max retries exceeded: connection refused", 'es'],
  [
    'Connection to node -1 (kafka/10.0.0.5:9092) could not be established. Broker may not be available.',
    'kafka',
  ],
  ["Can't connect to MySQL server on 'db:3306' (111: connection refused)", 'db'],
  ['dial tcp 10.0.0.5:5432: connect: connection refused', '10.0.0.5:5432'],
  ['connect ECONNREFUSED 127.0.0.1:5432', '127.0.0.1:5432'],
  ['dial tcp [::1]:5432: connect: connection refused', '[::1]:5432'],
  ['java.net.ConnectException: Connection refused: /10.0.0.5:5432', '10.0.0.5:5432'],
  ['connect ECONNREFUSED ::1:5432', '[::1]:5432'],
  ['connect ECONNREFUSED fd00:10:4::9:8080', '[fd00:10:4::9]:8080'],
  [
    "HTTPConnectionPool(host='10.0.0.5', port=9200): Max retries exceeded: connection refused",
    '10.0.0.5:9200',
  ],
  ["HTTPSConnectionPool(host='fd00::5', port=443): connection refused", '[fd00::5]:443'],
  ["Cannot connect: [Errno 111] Connect call failed ('10.0.0.5', 6379): connection refused", '10.0.0.5:6379'],
  ["Connect call failed ('::1', 6379, 0, 0): connection refused", '[::1]:6379'],
  ['Failed to connect to 10.0.0.5 port 8080 after 2 ms: Connection refused', '10.0.0.5:8080'],
  ['connection to server at "10.0.0.5", port 5432 failed: Connection refused', '10.0.0.5:5432'],
  [
    'failed to connect to all addresses; last error: UNKNOWN: ipv6:%5B2001:db8::1%5D:50051: Connection refused',
    '[2001:db8::1]:50051',
  ],
  ['read tcp 10.0.0.7:51234->10.0.0.5:5432: read: connection reset by peer', '10.0.0.5:5432'],
  ['connection to postgres timed out', 'postgres'],
  ['could not connect to postgres: connection refused', 'postgres'],
  ['unable to connect to "ledger": deadline exceeded', 'ledger'],
  ['connection to api.payments.example timed out', 'api.payments.example'],
  ['db:5432 연결이 거부되었습니다', 'db'],
  ['redis:6379에 연결할 수 없습니다: 연결 거부', 'redis'],
  ['10.0.0.5:5432 연결 시간 초과', '10.0.0.5:5432'],
  ['10.0.0.5:5432에 접속하지 못했습니다: 응답 없음', '10.0.0.5:5432'],
  ['postgres에 연결할 수 없습니다: 시간 초과', 'postgres'],
  ['DB 연결 실패', 'db'],
];

test('a caller that is refused names its target, also by a short name, an address or in words', async () => {
  const wrong: string[] = [];
  for (const [line, named] of TARGETS) {
    const two = [0, 1].map((at) => record(NOON + at * 1_000, 'api', 'error', line));
    const alone = (await answered(two)).causes[0]?.service;
    if (alone !== named) wrong.push(`${line}: ${alone}`);
    const beside = Array.from({ length: 199 }, (_, at) => [
      record(NOON + at * 1_000, 'api', 'error', line),
      record(NOON + at * 1_000 + 300, 'web', 'info', `page ${at} served`),
    ]).flat();
    const { causes, ruled_out } = await answered(beside);
    const [first] = causes;
    if (first?.service !== named || !ruled_out[0]?.startsWith('api: its errors name'))
      wrong.push(`beside another: ${line}: ${first?.service}, ${ruled_out[0]}`);
  }
  assert.deepEqual(wrong, []);
});

test('what only looks like a target names none', async () => {
  const wrong: string[] = [];
  for (const line of [
    'request from 10.0.0.9:51234 failed: timeout',
    'client 10.0.0.9:51234: connection reset by peer',
    'pool.go:123: connection refused',
    'cache entry ttl:3600 timed out',
    'connection to the server timed out',
    'could not connect to remote host: connection refused',
    'TCP 연결 실패',
    'connect to failed: connection refused',
  ]) {
    const two = [0, 1].map((at) => record(NOON + at * 1_000, 'api', 'error', line));
    const named = (await answered(two)).causes[0]?.service;
    if (named !== 'api') wrong.push(`${line}: ${named}`);
  }
  assert.deepEqual(wrong, []);
});

test('the answer names the target as the caller calls it, with where to look', async () => {
  const lines = (text: string) => [0, 1].map((at) => record(NOON + at * 1_000, 'api', 'error', text));
  const en = await answered(lines('connection refused to db:5432'));
  assert.equal(
    en.root_cause,
    'db: api cannot reach db:5432: “connection refused to db:5432” (2 lines); it wrote no line of its own in that time.',
  );
  assert.match(en.solution, /^Check that db:5432 answers: .+ and that api has the right address\./);
  const ko = await answered(lines('10.0.0.5:5432 연결이 거부되었습니다'), 'ko');
  assert.match(
    ko.root_cause,
    /^10\.0\.0\.5:5432: api에서 10\.0\.0\.5:5432에 연결하지 못했어요: 연결 거부: “10\.0\.0\.5:5432 연결이 거부되었습니다”\(2줄\)/,
  );
  assert.match(ko.solution, /^10\.0\.0\.5:5432에서 실제로 대기하는/);
});

test('an address that another line resolves keeps its name, and no unresolved target goes before a service that shows its cause', async () => {
  const refused = Array.from({ length: 100 }, (_, at) =>
    record(NOON + at * 1_000, 'api', 'error', 'dial tcp 10.0.0.5:5432: connect: connection refused'),
  );
  const listening = record(NOON - 60_000, 'ledger-db', 'info', 'ledger-db listening on port 5432');
  assert.equal((await answered([listening, ...refused])).causes[0]?.service, 'ledger-db');
  const died = record(NOON - 1_000, 'ledger-db', 'fatal', 'out of memory');
  const { causes } = await answered([died, ...refused]);
  assert.deepEqual(
    causes.map(({ service }) => service),
    ['ledger-db', '10.0.0.5:5432'],
  );
});
