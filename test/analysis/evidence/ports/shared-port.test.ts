import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LogRecord } from '../../../../src/domain/log/record.ts';
import { NOON, record } from '../../../fakes/incident-logs.ts';
import { answerWhy } from '../../harness.ts';

/** A line a second from second `from` on. */
const each = (count: number, from: number, make: (at: number, i: number) => LogRecord): LogRecord[] =>
  Array.from({ length: count }, (_, i) => make(NOON + (from + i) * 1_000, i));

const listening = (service: string, port = 8080): LogRecord =>
  record(NOON, service, 'info', `${service} listening on port ${port}`);
/** What a service does when nothing is wrong, in its own words. */
const work = (service: string, seconds: number, words = 'job'): LogRecord[] =>
  each(seconds, 0, (at, i) => record(at + 300, service, 'info', `${words} ${i} done`));
const refused = (what: string, port = 8080, from = 60): LogRecord[] =>
  each(120, from, (at) =>
    record(at, 'gateway', 'error', `${what}: dial tcp 10.1.2.3:${port}: connect: connection refused`),
  );
const serving = each(200, 0, (at, i) => record(at + 500, 'gateway', 'info', `page ${i} served`));

test('of two services on one port the words of the line decide, whatever the names are', async () => {
  for (const [named, other] of [
    ['zebra', 'apple'],
    ['apple', 'zebra'],
    ['shop-zebra-service', 'shop-apple-service'],
    ['apple-svc', 'zebra-svc'],
    ['adservice', 'cartservice'],
    ['zebra-7f9c4d5b6-x2x4z', 'apple-6c5d4b3a2-abcde'],
  ] as const) {
    const plain = named.replace(/^shop-|-?(?:service|svc)$|-[0-9a-f]{9}-\w{5}$/g, '');
    for (const what of [
      `failed to get ${plain}s`,
      `call to /api/v1/${plain}/7 failed`,
      `${plain} 조회 실패`,
    ]) {
      const answer = await answerWhy([
        ...[named, other].flatMap((service) => [listening(service), ...work(service, 200)]),
        ...serving,
        ...refused(what),
      ]);
      assert.equal(answer.causes[0]?.service, named, `${what}: ${answer.root_cause}`);
      assert.ok(!answer.causes.some(({ service }) => service === other), what);
      assert.notEqual(answer.verdict, 'confirmed');
    }
  }
});

test('a word that only one of them uses in its own lines decides too', async () => {
  for (const [painter, other] of [
    ['alpha', 'omega'],
    ['omega', 'alpha'],
  ] as const) {
    const answer = await answerWhy([
      listening(painter),
      listening(other),
      ...work(painter, 200, 'thumbnail rendered for job'),
      ...work(other, 200, 'letter posted for job'),
      ...serving,
      ...refused('cannot fetch thumbnail'),
    ]);
    assert.equal(answer.causes[0]?.service, painter);
  }
});

test('a service that only listens is named by words too, where callers are configured with another service of that port', async () => {
  const answer = await answerWhy([
    record(NOON, 'gateway', 'info', 'config: mail at mailer:8080'),
    ...['mailer', 'prices'].flatMap((service) => [listening(service), ...work(service, 200)]),
    ...serving,
    ...refused('failed to get prices'),
  ]);
  assert.equal(answer.causes[0]?.service, 'prices');
});

test('where nothing decides, both that fell quiet are named, neither as proven', async () => {
  for (const names of [
    ['quotes', 'cards'],
    ['aaa-store', 'zzz-store'],
  ]) {
    const records = [
      ...names.flatMap((service) => [listening(service), ...work(service, 30)]),
      ...serving,
      ...refused('order failed'),
      ...refused('order failed').map((line) => ({ ...line, id: `${line.id}-desk`, service: 'desk' })),
    ];
    const answer = await answerWhy(records);
    assert.deepEqual(
      answer.causes.map(({ service }) => service).slice(0, 2),
      names.toSorted(),
      'both are listed',
    );
    assert.equal(answer.causes[0]?.confidence, answer.causes[1]?.confidence);
    assert.notEqual(answer.verdict, 'confirmed');
    for (const text of [answer.root_cause, answer.summary, answer.solution])
      for (const name of names) assert.ok(text.includes(name), text);
    assert.match(answer.explanation, /name port 8080, by which .+ and .+ are known; they do not tell which/);
    const korean = await answerWhy(records, { language: 'ko' });
    assert.match(korean.explanation, /8080 포트만 나오는데 이 포트를 쓰는 서비스가 여럿이에요/);
    for (const name of names) assert.ok(korean.root_cause.includes(name), korean.root_cause);
  }
});

test('a service that goes on working is not blamed for failed calls to its port: the address is named', async () => {
  for (const others of [['mailer'], ['mailer', 'audit'], ['mailer', 'audit', 'search']]) {
    const answer = await answerWhy([
      ...others.flatMap((service) => [listening(service), ...work(service, 200)]),
      ...serving,
      ...refused('failed to get prices'),
    ]);
    assert.equal(answer.causes[0]?.service, '10.1.2.3:8080', answer.root_cause);
    assert.deepEqual(
      answer.causes.filter(({ service }) => others.includes(service)),
      [],
    );
    assert.notEqual(answer.verdict, 'confirmed');
    const told = others.length === 1 ? answer.ruled_out.join('\n') : answer.explanation;
    for (const name of others) assert.ok(told.includes(name), told);
  }
});

test('a service that only starts, or starts again and again, does not go on working', async () => {
  const starting = (at: number) => [
    record(at, 'ledger', 'info', 'tracing disabled'),
    record(at + 100, 'ledger', 'info', 'ledger listening on port 8080'),
    record(at + 200, 'ledger', 'info', 'catalog loaded'),
  ];
  for (const starts of [[110], [20, 178]]) {
    const answer = await answerWhy([
      ...starts.flatMap((second) => starting(NOON + second * 1_000)),
      ...serving,
      ...refused('cannot book'),
    ]);
    assert.equal(answer.causes[0]?.service, 'ledger', answer.root_cause);
  }
});

test('an address that a line gives a name is that one, whoever else is on the port', async () => {
  for (const line of [
    'connected to prices/10.1.2.3:8080',
    'connection to server at "prices" (10.1.2.3), port 8080 established: 0 failed so far',
  ]) {
    const answer = await answerWhy([
      listening('mailer'),
      listening('prices'),
      ...work('mailer', 200),
      ...work('prices', 200),
      record(NOON, 'gateway', 'info', `started, ${line}`),
      ...serving,
      ...refused('request failed'),
    ]);
    assert.equal(answer.causes[0]?.service, 'prices', `${line}: ${answer.root_cause}`);
  }
});

test('of causes that weigh the same none is told alone, whatever their names', async () => {
  const full = (service: string): LogRecord[] =>
    each(40, 60, (at) => record(at, service, 'error', 'no space left on device'));
  for (const [one, other] of [
    ['anvil', 'zither'],
    ['zither', 'anvil'],
  ] as const) {
    const answer = await answerWhy([...serving, ...full(one), ...full(other)]);
    assert.match(answer.root_cause, /^anvil or zither: /);
    assert.notEqual(answer.verdict, 'confirmed');
    assert.match(answer.explanation, /As much speaks against anvil and zither/);
  }
});

test('of two callers that call a misspelt name equally often, both are at fault', async () => {
  const lookup = (service: string): LogRecord[] =>
    each(60, 60, (at) =>
      record(at, service, 'error', 'dial tcp: lookup paymments on 10.0.0.2:53: no such host'),
    );
  const answer = await answerWhy([
    ...serving,
    ...work('payments', 200),
    ...lookup('zither'),
    ...lookup('anvil'),
  ]);
  assert.deepEqual(
    answer.causes
      .slice(0, 2)
      .map(({ service }) => service)
      .sort(),
    ['anvil', 'zither'],
  );
  assert.equal(answer.causes[0]?.confidence, answer.causes[1]?.confidence);
});

test('a port is a port in every form an address has', async () => {
  for (const at of [
    '[fd00:10:4::9]:8080',
    'host=10.1.2.3 port=8080',
    "('10.1.2.3', 8080)",
    '%5Bfd00::9%5D:8080',
  ]) {
    const lines = [
      ...serving,
      ...each(120, 60, (when) => record(when, 'gateway', 'error', `cannot reach ${at}: connection refused`)),
    ];
    const fell = await answerWhy([
      listening('mailer'),
      listening('thumbs'),
      ...work('mailer', 200),
      ...work('thumbs', 60),
      ...lines,
    ]);
    assert.equal(fell.causes[0]?.service, 'thumbs', at);
    const works = await answerWhy([
      listening('mailer'),
      listening('thumbs'),
      ...work('mailer', 200),
      ...work('thumbs', 200),
      ...lines,
    ]);
    assert.match(works.causes[0]?.service ?? '', /^[[\d].*:8080$/, at);
  }
});
