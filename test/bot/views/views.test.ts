import assert from 'node:assert/strict';
import { test } from 'node:test';
import { toDiscord } from '../../../src/bot/discord/embeds.ts';
import { toBlocks } from '../../../src/bot/slack/blocks.ts';
import { answerView } from '../../../src/bot/views/answer.ts';
import { incidentView } from '../../../src/bot/views/incident.ts';
import { jobView } from '../../../src/bot/views/jobs.ts';
import { incidentsView, pageView } from '../../../src/bot/views/lists.ts';
import { errorView, healthView } from '../../../src/bot/views/replies.ts';
import { joinAffected } from '../../../src/domain/alert/affected-services.ts';
import { joinOwn, openIncident } from '../../../src/domain/alert/incident.ts';
import { actOn } from '../../../src/domain/alert/incident-actions.ts';
import { joinCause } from '../../../src/domain/alert/merge.ts';
import { AppError, ERROR_CODES } from '../../../src/domain/errors.ts';
import { encodeAction, type Message } from '../../../src/domain/question/message.ts';
import { speech } from '../../../src/i18n/format.ts';
import { healthOf, NO_MODEL } from '../../../src/i18n/health.ts';
import { wordsOf } from '../../fakes/chat.ts';
import { anomaly, answer, NOW } from '../fixtures.ts';

const en = speech('en', 'UTC');

const ko = speech('ko', 'Asia/Seoul');

const labels = (message: Message): string[] =>
  message.blocks.flatMap((block) => (block.kind === 'buttons' ? block.buttons.map((b) => b.label) : []));

test('an incident says what, where, since when, how often and its state', () => {
  const incident = openIncident(
    'i1',
    anomaly('payment', {
      detected_issues: ['연결 실패', '재시도 실패'],
      sample_lines: ['ERROR pool exhausted'],
      window: { from: '2026-11-21T09:00:00Z', to: '2026-11-21T09:05:00Z' },
    }),
  );
  const words = wordsOf(incidentView(joinAffected(incident, anomaly('orders')), en, NOW));
  for (const part of [
    /payment: 연결 실패/,
    /Since: 21 Nov 2026 09:00:00 UTC/,
    /How often: 1 time so far █▁*█?\n/,
    /Affects: payment, orders\n/,
    /Do first: Look for connections that payment does not give back/,
    /Also affected: orders \(1 time\)/,
    /Signs: 재시도 실패/,
    /ERROR pool exhausted/,
  ])
    assert.match(words, part);
  const korean = wordsOf(incidentView(incident, ko, NOW));
  assert.match(korean, /먼저 할 일: payment에서 반환되지 않는 연결/);
  const seen = actOn(incident, { what: 'acknowledged', who: 'mina', at: NOW });
  assert.match(wordsOf(incidentView(seen, ko, NOW)), /상태: 확인됨 \(mina, /);
  assert.match(korean, /2026년 11월 21일 18:00:00 GMT\+9/);
});

test('how often: lines where the detector counts them, in how many reports', () => {
  const counted = (service: string, count: number) => anomaly(service, { count } as object);
  let incident = openIncident('i1', counted('payment', 1_200), { id: 'i0', occurrence: 1, at: NOW });
  assert.match(wordsOf(incidentView(incident, en, NOW)), /How often: 1,200 lines in 1 report so far\n/);
  incident = joinOwn(incident, counted('payment', 34));
  // A producer that counts nothing adds a report.
  incident = joinOwn(incident, anomaly('payment'));
  incident = joinAffected(incident, counted('orders', 1));
  const { cause } = joinCause(incident, openIncident('i2', counted('orders', 6)));
  const words = wordsOf(incidentView(cause, en, NOW));
  assert.match(words, /How often: 1,234 lines in 3 reports so far\n/);
  assert.match(words, /Also affected: orders \(7 lines in 2 reports\)/);
  assert.match(words, /Occurrence 2 of this problem · the one before: 21 Nov 2026 09:00:00 UTC/);
  assert.match(wordsOf(incidentView(cause, ko, NOW)), /횟수: 지금까지 1,234줄 · 알림 3회/);
  assert.match(wordsOf(incidentsView([cause], en)), /\(Open, 1,234 lines in 3 reports, last seen/);
  for (const count of [0, -1, 1.5, 'many'])
    assert.equal(openIncident('i3', anomaly('payment', { count } as object)).activity.lines, undefined);
});

test('an installation without a model is whole; a configured one that is away is named', () => {
  const well = { ok: true, kind: 'sqlite', detail: 'fine' };
  const away = { ok: false, kind: 'ollama', detail: 'refused', mend: 'start it' };
  const view = healthView({ logs: well, model: NO_MODEL }, undefined, en);
  assert.equal(view.tone, 'good');
  assert.match(wordsOf(view), /Everything works[\s\S]*– No model: answers are evidence and ranked causes/);
  assert.match(wordsOf(healthView({ model: NO_MODEL }, undefined, ko)), /– 모델 없음: 근거와 원인/);
  const gone = healthView({ logs: well, 'model:llama3': away }, undefined, en);
  assert.equal(gone.tone, 'warning');
  assert.match(
    wordsOf(gone),
    /1 part needs attention[\s\S]*✗ model:llama3 \(ollama\): refused → start it\n– No model/,
  );
  const other = healthView({ 'model:llama3': away, 'model:gpt': well }, undefined, en);
  assert.doesNotMatch(wordsOf(other), /No model/);
  const far = { gpus: [{ name: 'H200', host: 'w1' }], cpu: { load: 0, cores: 1 }, at: 0 };
  const machine = { ...far, memory: { usedMb: 0, totalMb: 1 } };
  assert.match(wordsOf(healthView({ logs: well }, machine, en)), /H200 @ w1/);
  const pipe = healthOf(true, 'syslog', [['lines', { count: 7 }]]);
  assert.match(wordsOf(healthView({ 'syslog udp': pipe }, undefined, ko)), /syslog udp \(syslog\): 7줄/);
  const broken = healthView({ logs: { ...away, kind: 'sqlite' }, model: NO_MODEL }, undefined, en);
  assert.equal(broken.tone, 'warning');
  assert.match(wordsOf(broken), /1 part needs attention[\s\S]*✗ logs/);
});

test('buttons follow the state', () => {
  const open = openIncident('i1', anomaly('payment'));
  const act = (what: 'acknowledged' | 'resolved' | 'muted' | 'false_alarm', until?: number) =>
    incidentView(actOn(open, { what, who: 'mina', at: NOW, until }), en, NOW);
  assert.deepEqual(labels(incidentView(open, en, NOW)), [
    'Why?',
    'Summarize',
    'Acknowledge',
    'Resolve',
    'Mute 1 h',
    'Take',
    'False alarm',
    'More…',
  ]);
  const first = (view: Message, count: number): string[] => labels(view).slice(0, count);
  assert.deepEqual(first(act('acknowledged'), 5), [
    'Why?',
    'Summarize',
    'Resolve',
    'Mute 1 h',
    'False alarm',
  ]);
  assert.deepEqual(first(act('muted', NOW + 1), 5), [
    'Why?',
    'Summarize',
    'Acknowledge',
    'Resolve',
    'Unmute',
  ]);
  assert.deepEqual(first(act('muted', NOW), 5), ['Why?', 'Summarize', 'Acknowledge', 'Resolve', 'Mute 1 h']);
  assert.deepEqual(labels(act('resolved')), ['Why?', 'Summarize', 'Open again', 'False alarm', 'Real']);
  assert.deepEqual(labels(act('false_alarm')), ['Why?', 'Summarize', 'Open again']);
  const folded = joinCause(open, openIncident('i2', anomaly('orders')));
  assert.deepEqual(labels(incidentView(folded.consequence, en, NOW)), []);
  assert.deepEqual(
    folded.cause.correlation.affected.map((entry) => entry.service),
    ['orders'],
  );
});

test('what came back has a button that opens the one before, in its thread and on its page, while open and after', () => {
  const show = { name: 'show', subject: 'i1' } as const;
  const actions = (message: Message) =>
    message.blocks.flatMap((block) => (block.kind === 'buttons' ? block.buttons.map((b) => b.action) : []));
  const again = openIncident('i2', anomaly('payment'), { id: 'i1', occurrence: 1, at: NOW });
  const resolved = actOn(again, { what: 'resolved', who: 'mina', at: NOW });
  for (const incident of [again, resolved]) {
    const views = [incidentView(incident, en, NOW), pageView(incident, en, NOW, [])];
    for (const view of views)
      assert.deepEqual(
        actions(view).filter(({ name }) => name === 'show'),
        [show],
      );
    assert.ok(labels(views[0]!).includes('Show i1'));
    assert.ok(labels(incidentView(incident, ko, NOW)).includes('i1 보기'));
    // Both platforms keep all of them.
    const sent = JSON.stringify([toBlocks(views[0]!), toDiscord(views[0]!)]);
    assert.equal(sent.split(JSON.stringify(encodeAction(show))).length, 3);
  }
  const first = incidentView(openIncident('i1', anomaly('payment')), en, NOW);
  assert.ok(actions(first).every(({ name }) => name !== 'show'));
});

test('a summary shows its window and all its figures, also where nothing is a request', () => {
  const window = { from: NOW, to: NOW + 3_600_000 };
  const facts = [
    '12 requests, mean 30 ms, busiest GET /pay (9).',
    'Errors: 3 of 40 lines (timeout 3).',
    'Most frequent messages: connect <*> (20).',
  ];
  const summed = { ...answer, summary: facts[0]!, explanation: facts.join('\n') };
  const view = answerView(summed, en, { kind: 'summarize', window });
  const words = wordsOf(view);
  for (const fact of facts) assert.equal(words.split(fact).length, 2, fact);
  assert.match(words, /Window: 21 Nov 2026 09:00:00 UTC – 21 Nov 2026 10:00:00 UTC/);
  assert.deepEqual(
    view.blocks.slice(0, 3).map((block) => block.kind),
    ['heading', 'fields', 'text'],
  );
  const quiet = { ...answer, summary: 'Payment failed.', explanation: facts.slice(1).join('\n') };
  assert.match(wordsOf(answerView(quiet, en, { kind: 'summarize' })), /Payment failed\.\n\nErrors: 3 of 40/);
  // While a model chooses, the figures are there already, and what it chose comes below them.
  const soFar = `${summed.explanation}\npay fell silent.`;
  const writing = answerView(summed, en, { kind: 'summarize', writing: soFar });
  assert.match(wordsOf(writing), /12 requests[\s\S]*\npay fell silent\.[\s\S]*Still being checked/);
});

test('all figures of a day have room below the longest prose of a summary', () => {
  const figures = `Errors: 3 of 40.\n${'Lines an hour: 1, 2, 3. '.repeat(55)}\nBy service: web 40.`;
  const explanation = `${'It went wrong here. '.repeat(45).trim()}\n${figures}`;
  const view = answerView({ ...answer, summary: 'Errors: 3 of 40.', explanation }, en, {
    kind: 'summarize',
  });
  assert.match(wordsOf(view), /By service: web 40\./);
});

test('an error is a sentence in the language of the person, without its detail', () => {
  for (const code of ERROR_CODES)
    for (const spoken of [en, ko]) {
      const words = wordsOf(errorView(new AppError(code, 'SECRET https://u:p@host'), spoken));
      assert.doesNotMatch(words, /SECRET|host/);
      assert.ok(words.length > 5);
    }
});

test('a failed job names its reason, an unknown step is still a step', () => {
  const job = {
    id: 'j',
    name: 'analyze' as const,
    payload: { window: { from: 0, to: 3_600_000 }, language: 'en' as const, text: '' },
    attempts: 1,
    createdAt: 0,
  };
  const failed = jobView({ ...job, state: 'failed', error: { code: 'timeout', message: 'SECRET' } }, en);
  assert.match(wordsOf(failed), /failed\. That took too long/);
  assert.doesNotMatch(wordsOf(failed), /SECRET/);
  const odd = jobView({ ...job, state: 'active', progress: { fraction: 7, step: 'unheard' } }, en);
  const [bar] = odd.blocks;
  assert.ok(bar?.kind === 'progress' && bar.fraction === 1 && bar.label === 'Analyzing…');
});
