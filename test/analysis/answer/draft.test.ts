import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Language } from '../../../src/domain/question/question.ts';
import { healthyLogs, NOON, poolIncident, record } from '../../fakes/incident-logs.ts';
import { answerPasted, answerWhy } from '../harness.ts';

const MINUTE = 60_000;
const mixed = Array.from({ length: 718 }, (_, i) => {
  const time = new Date(NOON + i * 1_000).toISOString();
  if (i % 18 < 5) return `${time} ERROR [orders] billing 호출 실패: 500`;
  return i % 14 === 7 ? `${time} ERROR [cart] 재고 조회 오류 ${i}` : `${time} INFO [front] 처리 ${i}`;
}).join('\n');
const PASTES: [string, string, Language?][] = [
  ['one line', 'ERROR out of memory'],
  ['two plain lines', 'connection refused\nconnection refused'],
  [
    'Java',
    'java.lang.OutOfMemoryError: Java heap space\n\tat com.shop.Cart.add(Cart.java:41)\nERROR No space left on device',
  ],
  [
    'Python',
    'Traceback (most recent call last):\n  File "app.py", line 5, in main\n    x = [0] * n\nMemoryError',
  ],
  [
    'Kubernetes',
    '2026-03-01T12:00:00Z Warning OOMKilled pod/cart-6d5f7c8b9-abcde Container cart was OOMKilled',
  ],
  [
    'nginx',
    '2026/03/01 12:00:00 [error] 31#31: *1 connect() failed (111: Connection refused) while connecting to upstream, client: 10.0.0.1, upstream: "http://10.0.0.2:8080/"',
  ],
  ['two Korean lines', '오류: 연결 실패\n재시도 실패', 'ko'],
  [
    'three Korean lines',
    '2026-03-01 12:00:00 ERROR 결제 응답 없음\n2026-03-01 12:00:01 ERROR 주문 처리 실패\n2026-03-01 12:00:02 FATAL 연결이 끊어졌습니다',
    'ko',
  ],
  ['a third of all lines', mixed, 'ko'],
];

for (const [name, text, language] of PASTES)
  test(`a failure that stands in a small paste is found: ${name}`, async () => {
    const answer = await answerPasted(text, language);
    assert.notEqual(answer.anomaly_status, 'normal');
    assert.notEqual(answer.verdict, 'inconclusive');
    assert.ok(answer.confidence > 0 && answer.severity >= 3 && answer.detected_issues.length > 0);
    assert.doesNotMatch(
      answer.explanation + answer.summary,
      /No line tells|No failure|찾지 못했|로그가 없어/,
    );
  });

test('a Python MemoryError is out of memory, its traceback only where it happened', async () => {
  const answer = await answerPasted(PASTES[3]![1]);
  assert.equal(answer.error_type, 'MemoryError');
  assert.match(answer.root_cause, /out of memory: “MemoryError”; 1 of its own lines says so/);
});

test('a failure without a proven cause is a warning with a hypothesis, not a normal state', async () => {
  const logs = healthyLogs();
  for (let i = 0; i < 4; i += 1)
    logs.push(record(NOON + 15 * MINUTE + i * 45_000, 'orders', 'error', `could not store order ${i}`));
  const answer = await answerWhy(logs);
  assert.equal(answer.verdict, 'inconclusive');
  assert.equal(answer.anomaly_status, 'warning');
  assert.deepEqual(answer.detected_issues, ['orders: “could not store order 3”']);
  assert.match(answer.root_cause, /^Hypothesis .*orders: “could not store order 3”/);
  assert.doesNotMatch(answer.explanation + answer.summary, /No line tells|No failure/);
  assert.equal(answer.evidence[0]?.count, 4);
});

test('the errors before the window are counted, not estimated', async () => {
  const incident = poolIncident();
  const logs = [
    ...incident,
    // The template of the failing lines was calm before: its lines are no errors.
    ...Array.from({ length: 40 }, (_, i) =>
      record(
        NOON + 6 * MINUTE + i * 1_000,
        'checkout',
        'info',
        `query to orders-db-proxy:6432 timed out after 3000 ms, request ${i}`,
      ),
    ),
    ...Array.from({ length: 7 }, (_, i) =>
      record(NOON + 8 * MINUTE + i * 1_000, 'orders', 'error', `odd ${i}`),
    ),
  ];
  const answer = await answerWhy(logs);
  const found = /Before it, since 2026-03-01 (\d\d):(\d\d):(\d\d): ([\d,]+) lines, (\d+) of them errors/.exec(
    answer.explanation,
  );
  assert.ok(found, answer.explanation);
  const from = NOON + (Number(found[2]) * 60 + Number(found[3])) * 1_000;
  const to = NOON + 12 * MINUTE;
  const before = logs.filter((entry) => entry.timestamp >= from && entry.timestamp < to - 10_000);
  assert.equal(Number(found[5]), before.filter((entry) => entry.level === 'error').length);
});

test('the first and last of the counted lines are those of all of them, not of the quoted ones', async () => {
  const logs = poolIncident();
  const answer = await answerWhy(logs);
  const own = logs.filter((entry) => entry.level === 'error' && entry.timestamp > NOON + 5 * MINUTE);
  const time = (at: number): string => new Date(at).toISOString().slice(0, 19).replace('T', ' ');
  assert.ok(
    answer.explanation.includes(
      `First of the counted lines: ${time(Math.min(...own.map((r) => r.timestamp)))};`,
    ),
    answer.explanation,
  );
});

test('who asks is not to blame: a request from a service accuses nobody', async () => {
  const logs = healthyLogs();
  for (let i = 0; i < 60; i += 1) {
    const at = NOON + 15 * MINUTE + i * 2_000;
    logs.push(record(at, 'cart', 'info', `basket ${i} stored`));
    logs.push(record(at, 'inventory', 'error', `could not answer request from cart: no free worker ${i}`));
    logs.push(record(at, 'inventory', 'error', `cart에서 온 요청 처리 실패 ${i}`));
    logs.push(record(at, 'inventory', 'error', `reservation failed caller=cart item=${i}`));
    logs.push(record(at, 'cart', 'error', `call to inventory:7100 failed: timeout ${i}`));
  }
  const answer = await answerWhy(logs);
  assert.equal(answer.causes[0]?.service, 'inventory');
  assert.ok(!answer.causes.some((cause) => cause.service === 'cart'));
  assert.match(answer.ruled_out.join(), /cart: its errors name inventory/);
});

test('a service is either ruled out or among the causes', async () => {
  const answer = await answerWhy(poolIncident());
  for (const { service } of answer.causes)
    assert.ok(!answer.ruled_out.some((text) => text.startsWith(`${service}:`)), service);
  assert.equal(answer.ruled_out.length, 3);
});

test('a call in Korean words still accuses the one that was called', async () => {
  const logs = healthyLogs();
  for (let i = 0; i < 60; i += 1) {
    const at = NOON + 15 * MINUTE + i * 2_000;
    logs.push(record(at, 'orders', 'error', `billing 호출 실패: 500, 주문 ${i}`));
    logs.push(record(at, 'billing', 'info', `bill ${i} sent`));
  }
  assert.equal((await answerWhy(logs)).causes[0]?.service, 'billing');
});

test('only what changed when it began is called a change, with its time', async () => {
  const logs = [
    ...poolIncident().filter((entry) => !entry.message.startsWith('config')),
    record(NOON, 'cart', 'info', 'cart: starting'),
  ];
  assert.doesNotMatch((await answerWhy(logs)).explanation, /Change/);
  const changed = await answerWhy(poolIncident());
  assert.match(
    changed.explanation,
    /Change when it began \(2026-03-01 12:11:30\): orders-db-proxy: "config reloaded/,
  );
});

test('a start at the beginning of the recorded data is no change', async () => {
  const logs = [record(NOON, 'cart', 'info', 'starting cart')];
  for (let i = 0; i < 300; i += 1) {
    logs.push(record(NOON + i * 1_000, 'cart', 'info', `basket ${i} stored`));
    if (i > 180) logs.push(record(NOON + i * 1_000, 'cart', 'error', `no space left on device ${i}`));
  }
  assert.doesNotMatch((await answerWhy(logs)).explanation, /Change/);
  logs.push(record(NOON + 170_000, 'cart', 'info', 'starting cart'));
  assert.match(
    (await answerWhy(logs)).explanation,
    /Change when it began \(2026-03-01 12:02:50\): cart: "starting cart"/,
  );
});

test('lines of another kind are neither counted nor quoted for a cause', async () => {
  const answer = await answerPasted(
    '2026-03-01 12:00:00 ERROR connection refused\n2026-03-01 12:00:01 ERROR java.lang.OutOfMemoryError: Java heap space',
  );
  const [cause] = answer.causes;
  assert.match(cause!.cause, /^out of memory: “Java heap space”; 1 of its own lines says so\.$/);
  assert.deepEqual(
    cause!.evidence.map(({ line }) => line.includes('OutOfMemoryError')),
    [true],
  );
});

test('each template is quoted once, the decisive line first', async () => {
  const answer = await answerWhy(poolIncident());
  const said = answer.evidence.map(({ line }) => line.slice(25).replace(/\d+|\[\w[\w-]*\]/g, '#'));
  assert.equal(new Set(said).size, said.length, said.join('\n'));
  assert.match(answer.evidence[0]!.line, /connection pool exhausted/);
  assert.equal(answer.evidence[1]!.count, 720, 'the callers say the same: one line, counted together');
});

test('an unknown service is said to be unknown, with those that are known', async () => {
  const answer = await answerWhy(poolIncident(), { services: ['nope'] });
  assert.match(answer.explanation, /^No line of nope in this window .* Services here: .*orders-db-proxy/);
  assert.equal(answer.verdict, 'inconclusive');
  assert.deepEqual(answer.causes, []);
});
