import assert from 'node:assert/strict';
import { test } from 'node:test';
import { toDiscord } from '../../../src/bot/discord/embeds.ts';
import { toBlocks } from '../../../src/bot/slack/blocks.ts';
import { answerView } from '../../../src/bot/views/answer.ts';
import { firstStep } from '../../../src/bot/views/card/first-step.ts';
import { nameOf } from '../../../src/bot/views/card/headline.ts';
import { proofOf } from '../../../src/bot/views/card/proof.ts';
import { incidentView, threadTitle } from '../../../src/bot/views/incident.ts';
import { incidentsView } from '../../../src/bot/views/lists.ts';
import { joinAffected } from '../../../src/domain/alert/affected-services.ts';
import { type Incident, openIncident } from '../../../src/domain/alert/incident.ts';
import type { Message } from '../../../src/domain/question/message.ts';
import { speech } from '../../../src/i18n/format.ts';
import { wordsOf } from '../../fakes/chat.ts';
import { checkDiscord } from '../../fakes/discord-limits.ts';
import { checkSlack } from '../../fakes/slack-limits.ts';
import { anomaly, answer, NOW } from '../fixtures.ts';

const en = speech('en', 'UTC');
const ko = speech('ko', 'Asia/Seoul');
const window = { from: '2026-11-21T08:40:00Z', to: '2026-11-21T08:59:00Z' };

const noticed = openIncident(
  'i1',
  anomaly('checkout', {
    detected_issues: ['reserve stock failed: 503 from inventory'],
    explanation: '"reserve stock failed" came 31 times in 10 s, usually none.',
    window,
    sample_lines: [
      'ERROR reserve stock failed: 503 from inventory order=7',
      'ERROR reserve stock failed: 503 from inventory order=8',
      'WARN retry 3/3 password=hunter2',
    ],
  }),
);
const caused: Incident = {
  ...joinAffected(joinAffected(noticed, anomaly('cart')), anomaly('gateway')),
  rootCause: {
    service: 'inventory',
    kind: 'pool',
    text: 'connection pool exhausted (20/20)',
    verdict: 'likely',
    confidence: 0.81,
    evidence: ['ERROR [inventory] connection pool exhausted (20/20)'],
  },
  requests: { total: 1_080, failed: 410 },
};
const kinds = (message: Message): string[] => message.blocks.map(({ kind }) => kind);

test('what one needs to act stands above the buttons, figures below them', () => {
  const view = incidentView(caused, en, NOW);
  assert.deepEqual(kinds(view), ['heading', 'fields', 'lines', 'buttons', 'details', 'footnote']);
  assert.equal(view.summary, 'inventory: connection pool exhausted (20/20)');
  const [, fields] = view.blocks;
  assert.deepEqual(
    fields?.kind === 'fields' && fields.fields.map(({ label, value }) => `${label}: ${value}`),
    [
      'Since: 21 Nov 2026 08:40:00 UTC',
      'Last line: 21 Nov 2026 09:00:00 UTC',
      'Affects: checkout, cart, gateway · 38 % of the requests to checkout fail (410 of 1,080)',
      'Cause: likely (81 %)',
      'First sign: checkout: reserve stock failed: 503 from inventory',
      'Do first: Look for connections that inventory does not give back: slow queries, leaks.',
    ],
  );
  const words = wordsOf(incidentView(caused, ko, NOW));
  for (const part of [
    /영향: checkout, cart, gateway · checkout 요청 1,080건 중 410건\(38%\) 실패/,
    /원인: 유력\(81%\)/,
    /먼저 할 일: inventory에서 반환되지 않는 연결/,
    /마지막 로그: 2026년 11월 21일 18:00:00 GMT\+9/,
  ])
    assert.match(words, part);
});

test('a cause that is not sure stays out of the headline', () => {
  const unsure = { ...caused, rootCause: { ...caused.rootCause!, verdict: 'inconclusive' as const } };
  assert.equal(nameOf(unsure, en), 'checkout: reserve stock failed: 503 from inventory');
  assert.doesNotMatch(wordsOf(incidentView(unsure, en, NOW)), /Cause|inventory\] connection pool/);
});

test('lists, threads and the card call it by the same name', () => {
  const name = 'inventory: connection pool exhausted (20/20)';
  assert.equal(threadTitle(caused, en), name);
  assert.match(wordsOf(incidentsView([caused], en)), new RegExp(name.replace(/[()]/g, '\\$&')));
  // Where only the kind is known, it is said in the reader's language.
  const { text: _, ...kindOnly } = caused.rootCause!;
  assert.equal(nameOf({ ...caused, rootCause: kindOnly }, ko), 'inventory: 커넥션 풀 또는 연결 한도 소진');
});

test('alerts of other producers read well', () => {
  const of = (service: string | undefined, issues: string[], explanation: string): Incident =>
    openIncident('b', {
      ...anomaly('x', { detected_issues: issues, explanation }),
      service: service ?? 'unknown',
    });
  const rate = of('payment', ['HIGH_ERROR_RATE'], 'Error rate 45% for 5 minutes. Look at /pay.');
  assert.equal(nameOf(rate, en), 'payment: HIGH_ERROR_RATE: Error rate 45% for 5 minutes.');
  assert.equal(firstStep(rate, en), 'Read what payment has logged since then.');
  const nameless = of(undefined, [], 'disk usage on /var is at 97 %');
  assert.equal(nameOf(nameless, en), 'disk usage on /var is at 97 %');
  const words = wordsOf(incidentView(nameless, en, NOW));
  assert.doesNotMatch(words, /unknown/);
  assert.equal(words.split('disk usage on /var').length, 3, 'the summary and the heading');
  assert.equal(nameOf(of('db', ['db: down for 3 minutes'], ''), en), 'db: down for 3 minutes');
  assert.equal(nameOf(of('db', ['connection to <*> refused'], ''), en), 'db: connection to … refused');
});

test('two lines of different kinds prove it', () => {
  const { shown, more } = proofOf(noticed);
  assert.deepEqual(shown, [
    'ERROR reserve stock failed: 503 from inventory order=7',
    'WARN retry 3/3 password=hunter2',
  ]);
  assert.deepEqual(more, ['ERROR reserve stock failed: 503 from inventory order=8']);
});

test('of a trace its beginning and its reason are in view, of a long structured line what it tells', () => {
  const frames = Array.from({ length: 9 }, (_, n) => `  File "/srv/a${n}.py", line ${n}, in f`);
  const trace = [
    'ERROR cannot pay',
    'Traceback (most recent call last):',
    ...frames,
    'OSError: no space left',
  ];
  const { shown, more } = proofOf({ ...noticed, sampleLines: [trace.join('\n')] });
  assert.deepEqual(shown[0]?.split('\n'), [
    'ERROR cannot pay',
    'Traceback (most recent call last):',
    '  [9]',
    'OSError: no space left',
  ]);
  assert.ok(more[0]?.includes('a8.py'));
  const json = `{"id": "${'0'.repeat(300)}", "message": "volume is full on node 4"}`;
  const [cut] = proofOf({ ...noticed, title: 'volume is full on node 4', sampleLines: [json] }).shown;
  assert.match(cut!, /^… 0*", "message": "volume is full on node 4"\}$/);
});

test('the first step names who is to be looked at', () => {
  const says = (line: string, names: string[] = []): string =>
    firstStep(
      openIncident('s', anomaly('orders', { detected_issues: [line], sample_lines: [line], names })),
      en,
    );
  assert.match(says('write failed: no space left on device'), /Free disk space for orders/);
  assert.match(says('connect ECONNREFUSED 10.0.0.9:5432'), /what orders could not reach/);
  assert.match(says('connect ECONNREFUSED stock:5432', ['stock']), /Check that stock is running/);
  assert.match(says('it did not work as it should'), /Read the lines of orders below/);
});

test('platforms say how long ago it was and fold the details away', () => {
  const view = incidentView(caused, en, NOW);
  const slack = toBlocks(view);
  checkSlack(slack);
  const types = slack.blocks.map(({ type }) => type);
  assert.ok(types.lastIndexOf('actions') < types.indexOf('context'), 'details stand below the buttons');
  const date = { type: 'date', timestamp: Date.parse(window.from) / 1_000, format: '{ago}', fallback: '…' };
  assert.ok(JSON.stringify(slack.blocks).includes(JSON.stringify(date)));
  const discord = toDiscord(view);
  checkDiscord(discord);
  assert.equal(discord.embeds.length, 1);
  assert.ok(discord.embeds[0]?.description?.includes(`(<t:${date.timestamp}:R>)`));
  assert.match(discord.embeds[0]?.fields?.[0]?.value ?? '', /^\|\|[\s\S]+\|\|$/);
});

test('an answer is headed by its problem alone; how many lines show it stands below', () => {
  const cause = 'pool exhausted: 20/20 in use; 1,930 of its own lines say so.';
  const given = {
    ...answer,
    detected_issues: ['payment: pool exhausted: 20/20 in use', 'cart: timeout'],
    causes: [{ service: 'payment', cause, confidence: 0.9, evidence: [] }],
  };
  assert.equal(
    answerView(given, en, { kind: 'why' }).summary,
    'Likely: payment: pool exhausted: 20/20 in use',
  );
  assert.equal(
    answerView({ ...given, detected_issues: ['other'] }, ko, { kind: 'why' }).summary,
    `원인 유력: payment: ${cause}`,
  );
});

test('a cause of which only the lines say what it is leaves the title that was noticed', () => {
  const cause = { service: 'inventory', kind: 'error' as const, verdict: 'likely' as const, confidence: 0.7 };
  const title = nameOf({ ...noticed, rootCause: { ...cause, evidence: [] } }, en);
  assert.match(title, /reserve stock failed/);
});
