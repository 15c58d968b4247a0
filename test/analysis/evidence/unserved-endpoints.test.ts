import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gatherEvidence } from '../../../src/analysis/evidence/evidence.ts';
import { readerOver } from '../../../src/analysis/logs/reader.ts';
import { findWindow } from '../../../src/analysis/logs/window.ts';
import type { LogRecord } from '../../../src/domain/log/record.ts';
import { recordsOfLines } from '../../../src/pipeline/offline.ts';
import { NOON, record } from '../../fakes/incident-logs.ts';
import { answerWhy } from '../harness.ts';

const SECONDS = 240;
const iso = (second: number): string => new Date(NOON + second * 1_000).toISOString();

/** Lines of several services as a pipeline reads them. */
const read = (streams: Record<string, string[]>): Promise<LogRecord[]> =>
  recordsOfLines(
    Object.entries(streams).map(([name, lines]) =>
      lines.map((text, at) => ({
        text,
        source: `made#${name}`,
        position: `${at}`,
        stream: { service: name, name },
      })),
    ),
    'UTC',
  );

const access = (second: number, path: string, status: number): string =>
  `${iso(second)} 10.0.0.9 - - "GET ${path} HTTP/1.1" ${status} 131 "-" "curl/8"`;

/** A gate whose bonus pages are gone from minute two on, and what else it writes. */
const gate = (more: (second: number) => string[]): string[] =>
  Array.from({ length: SECONDS }, (_, second) => [
    access(second, '/api/v1/members/list', 200),
    ...(second >= 120 && second % 3 === 0 ? [access(second, '/api/v1/bonusservice/points/all', 404)] : []),
    ...more(second),
  ]).flat();
const quiet = (name: string): string[] =>
  Array.from({ length: SECONDS / 3 }, (_, at) => `${iso(at * 3)} INFO ${name} refreshed its cache ${at}`);
const shop = (more: (second: number) => string[]): Promise<LogRecord[]> =>
  read({
    'web-gate': gate(more),
    'web-bonus-service': quiet('bonus'),
    'web-members-service': quiet('members'),
    'web-order-service': quiet('order'),
  });

/** What else an access log may hold beside requests that nobody serves. */
const BESIDE: [name: string, more: (second: number) => string[]][] = [
  ['nothing else', () => []],
  ['one 500', (second) => (second === 200 ? [access(second, '/api/v1/members/list', 500)] : [])],
  ['one 503 before', (second) => (second === 10 ? [access(second, '/api/v1/members/list', 503)] : [])],
  ['a 502 a minute', (second) => (second % 60 === 5 ? [access(second, '/api/v1/members/list', 502)] : [])],
  ['one error line', (second) => (second === 90 ? [`${iso(second)} ERROR cannot write access log`] : [])],
  ['some 403', (second) => (second % 50 === 7 ? [access(second, '/api/v1/members/list', 403)] : [])],
  [
    'a 404 of a mistyped address and a 500',
    (second) =>
      second === 33 ? [access(second, '/favicon.ico', 404), access(second, '/api/v1/members/list', 500)] : [],
  ],
];

test('requests that nobody serves are ranked alike, whatever else their template holds', async () => {
  for (const [name, more] of BESIDE) {
    const { causes, verdict } = await answerWhy(await shop(more));
    assert.equal(causes[0]?.service, 'web-bonus-service', name);
    assert.match(causes[0].cause, /^no such endpoint \(404\): “GET \S+ 404”; 40 lines of web-gate/, name);
    assert.equal(verdict, 'likely', name);
  }
});

test('an endpoint that answers at times is none that nobody serves, beside a 500 too', async () => {
  const answer = await answerWhy(
    await shop((second) => [access(second, '/api/v1/bonusservice/points/all', second === 70 ? 500 : 200)]),
  );
  assert.ok(!answer.causes.some(({ cause }) => /no such endpoint/.test(cause)));
  // It answers others, so 404 is what was asked for, not a failure.
  assert.equal(answer.verdict, 'inconclusive');
});

/** Lines of one template at several levels. */
const mixed = (levels: ('info' | 'warn' | 'error')[], message: (at: number) => string): LogRecord[] =>
  levels.map((level, at) =>
    record(NOON + at * 500, 'desk', level, message(at), {
      template: { id: 'mixed', pattern: 'request <*> finished: <*>' },
    }),
  );

test('what failed is counted by level, exactly, beyond any sample', async () => {
  // Of 4,000 lines of one template 30 are errors, 900 warn of a failure and the others are calm.
  const records = mixed(
    Array.from({ length: 4_000 }, (_, at) => (at % 133 === 7 ? 'error' : at % 40 < 9 ? 'warn' : 'info')),
    (at) =>
      at % 133 === 7 || at % 40 < 9
        ? `request ${at} finished: connection refused by ledger`
        : `request ${at} finished: ok`,
  );
  const logs = readerOver(records);
  const failed = records.filter(({ level }) => level !== 'info').length;
  const { failures } = await gatherEvidence(
    logs,
    (await findWindow(logs, { window: { from: NOON, to: NOON + 3_600_000 } }))!,
  );
  const refused = failures.filter(({ kind }) => kind === 'refused');
  assert.deepEqual(
    refused.map(({ count }) => count),
    [failed],
  );
  const again = await logs.search(refused[0]!.asked, { limit: 10_000 });
  assert.equal(again.total, failed);
});

test('one error does not hide what a template warns of', async () => {
  const levels = Array.from({ length: 120 }, (_, at) => (at === 60 ? ('error' as const) : ('warn' as const)));
  const records = [
    ...mixed(levels, (at) =>
      at === 60 ? `request ${at} finished: failed` : `request ${at} finished: ledger:7000 timed out`,
    ),
    ...Array.from({ length: 60 }, (_, at) => record(NOON + at * 1_000, 'mailer', 'info', `mail ${at} sent`)),
  ];
  const { causes } = await answerWhy(records);
  assert.equal(causes[0]?.service, 'ledger');
});

test('requests that failed are failures though their lines are called info, as gateways write them', async () => {
  const line = (second: number, path: string, status: number, form: number): string =>
    JSON.stringify({
      time: iso(second),
      level: 'info',
      ...(form === 0
        ? { msg: `10.0.0.9 - - "GET ${path} HTTP/1.1" ${status} 131` }
        : form === 1
          ? { msg: 'request completed', method: 'GET', path, status }
          : { msg: `GET ${path} ${status} in 12 ms` }),
    });
  for (const form of [0, 1, 2])
    for (const failing of [0, 503]) {
      const lines = Array.from({ length: SECONDS }, (_, second) => [
        line(second, `/home/${second}`, 200, form),
        ...(second >= 120 ? [line(second, `/stock/items/${second}`, failing || 200, form)] : []),
      ]).flat();
      const answer = await answerWhy(await read({ edge: lines, stock: quiet('stock') }));
      assert.equal(answer.causes.length > 0, failing > 0, `form ${form}, ${failing}: ${answer.root_cause}`);
      if (failing) assert.match(answer.root_cause, /5xx/, `form ${form}`);
    }
  const few = Array.from({ length: SECONDS }, (_, second) =>
    line(second, `/home/${second}`, second % 80 === 79 ? 502 : 200, 0),
  );
  const answer = await answerWhy(await read({ edge: few, stock: quiet('stock') }));
  assert.deepEqual(answer.causes, [], 'three in calm lines occur in healthy systems');
});

test('what nobody serves and somebody asks for all the time does not stand before requests that begin to fail', async () => {
  const lines = Array.from({ length: 1_000 }, (_, second) => [
    access(second, '/api/items', second > 850 && second % 7 === 0 ? 502 : 200),
    ...(second % 80 === 7 ? [access(second, '/favicon.ico', 404)] : []),
  ]).flat();
  const answer = await answerWhy(await read({ gate: lines }));
  assert.match(answer.root_cause, /5xx/);
});
