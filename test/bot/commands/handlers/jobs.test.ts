import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { createLedger } from '../../../../src/analysis/model/ledger.ts';
import { openMemoryBus } from '../../../../src/backends/bus/memory.ts';
import { createBot } from '../../../../src/bot/bot.ts';
import { loadTask } from '../../../../src/bot/delivery/delivery.ts';
import { reportPut } from '../../../../src/bot/follow-up/report-delivery.ts';
import { readAudit } from '../../../../src/bot/incidents/audit.ts';
import { jobView } from '../../../../src/bot/views/jobs.ts';
import { parseConfig } from '../../../../src/config/config.ts';
import { type DigestReport, digestId, lastPeriod, periodWindow } from '../../../../src/domain/job/digest.ts';
import type { JobStatus } from '../../../../src/domain/job/job.ts';
import type { Estimate } from '../../../../src/domain/question/spend.ts';
import { speech } from '../../../../src/i18n/format.ts';
import { createMetrics } from '../../../../src/metrics.ts';
import { fakeChat, type Reply, wordsOf } from '../../../fakes/chat.ts';
import { quietDigest } from '../../../fakes/digest.ts';
import {
  eventually,
  fakeAnalyst,
  fakeLogs,
  fakeQueue,
  idleSystem,
  log,
  NO_BUDGET,
  temporaryState,
} from '../../fixtures.ts';

const period = lastPeriod('day', Date.now(), 'UTC');
const digest: DigestReport = {
  ...quietDigest,
  ...period,
  window: periodWindow(period, 'UTC'),
  quiet: false,
  incidents: { opened: 3, recurring: 1, resolved: 2, open: 1, top: [] },
};

async function setUp(t: TestContext, most?: Estimate, roles: Record<string, string[]> = {}) {
  const stores = await temporaryState(t);
  const state = await stores.open();
  const chat = fakeChat();
  const queue = fakeQueue();
  const start = async () => {
    const bus = openMemoryBus(log);
    const bot = createBot({
      bus,
      state,
      logs: fakeLogs(),
      queue,
      analyst: fakeAnalyst(),
      ledger: createLedger({ state, budget: NO_BUDGET, timeZone: 'UTC' }),
      chats: [chat],
      config: parseConfig({ roles }),
      backendsHealth: async () => ({}),
      systemHealth: idleSystem,
      metrics: createMetrics(),
      ...(most ? { most } : {}),
      reportLink: (id) => `http://here/reports/${id}`,
      log,
    });
    await bot.start();
    let stopped: Promise<void> | undefined;
    const stop = (): Promise<void> => {
      stopped ??= bot.stop().then(() => bus[Symbol.asyncDispose]());
      return stopped;
    };
    t.after(stop);
    return stop;
  };
  return { state, chat, queue, start };
}
const said = (reply: Reply | undefined): string => wordsOf(reply!.states.at(-1)!);

test('jobs: what runs, waits and failed; retried and dropped by word and by button', async (t) => {
  const { chat, queue, start } = await setUp(t);
  await start();
  await queue.add('collect', { day: '2026-11-20', language: 'en' }, { id: 'collect-2026-11-20' });
  await queue.add('digest', { team: 'all', span: 'day', day: '2026-11-20', language: 'en' }, { id: 'd' });
  const error = { code: 'unavailable', message: 'broker:9092 refused' };
  queue.change('collect-2026-11-20', { state: 'failed', error });
  queue.change('d', { state: 'active', progress: { fraction: 0.5, step: 'step.figures' } });
  const [listed] = await chat.command('jobs');
  assert.match(said(listed), /1 running, 0 waiting, 1 failed/);
  assert.match(
    said(listed),
    /failed · Collection \(2026-11-20\) · collect-2026-11-20: A service cannot be reached/,
  );
  assert.match(said(listed), /running 50 % · Digest/);
  assert.doesNotMatch(said(listed), /broker:9092/);
  const [korean] = await chat.command('작업');
  assert.match(said(korean), /작업: 진행 중 1개, 대기 0개, 실패 1개/);

  const [again] = await chat.command('작업 재시도 collect-2026-11-20');
  assert.match(said(again), /다시 대기열에 넣었어요/);
  assert.equal(queue.jobs.get('collect-2026-11-20')?.state, 'waiting');
  assert.match(said((await chat.command('jobs drop collect-2026-11-20'))[0]), /no failed job/);
  queue.change('collect-2026-11-20', { state: 'failed', error });
  await chat.press({ name: 'job-drop', subject: 'collect-2026-11-20' });
  assert.equal(queue.jobs.has('collect-2026-11-20'), false);
  assert.match(said((await chat.press({ name: 'job-retry', subject: 'gone' }))[0]), /no longer valid/);
});

test('a job that nobody asked for in chat is stopped from the list, by button and by word, by who may', async (t) => {
  const { state, chat, queue, start } = await setUp(t, undefined, { responder: ['U1'] });
  await start();
  const fill = async () => {
    queue.jobs.clear();
    await queue.add('fine-tune', { day: '2026-11-27T02:00', language: 'en' }, { id: 'fine-tune-1' });
    await queue.add('collect', { day: '2026-11-26', language: 'en' }, { id: 'collect-1' });
    queue.change('fine-tune-1', { state: 'active', progress: { fraction: 0.5, step: 'tune.data' } });
  };
  const buttons = (reply: Reply | undefined) =>
    reply!.states.at(-1)!.blocks.flatMap((block) => (block.kind === 'buttons' ? block.buttons : []));
  await fill();
  const shown = buttons((await chat.command('jobs'))[0]);
  assert.deepEqual(
    shown.map(({ label, action }) => [label, action]),
    [
      ['Stop Collection (2026-11-26)', { name: 'job-stop', subject: 'collect-1' }],
      ['Stop Fine-tuning (Fri 27 Nov 02:00)', { name: 'job-stop', subject: 'fine-tune-1' }],
    ],
  );
  assert.match(said((await chat.command('작업'))[0]), /\/logs 작업 중지 ID/);
  const viewer = { userId: 'U3', user: 'eve' };
  for (const { action } of shown) {
    assert.match(said((await chat.press(action, viewer))[0]), /“responder”/);
    assert.deepEqual(await chat.press(action, { id: `press ${action.subject}` }), []);
    assert.equal(queue.jobs.get(action.subject)?.state, 'stopped');
  }
  // The button of its own message too.
  await fill();
  assert.deepEqual(await chat.press({ name: 'stop', subject: 'collect-1' }), []);
  assert.equal(queue.jobs.get('collect-1')?.state, 'stopped');
  await fill();
  const refused = await chat.command('jobs stop fine-tune-1', viewer);
  assert.deepEqual([refused.length, refused[0]?.to], [1, 'asker']);
  assert.match(said(refused[0]), /“responder”/);
  assert.equal(queue.jobs.get('fine-tune-1')?.state, 'active');
  assert.match(said((await chat.command('jobs stop fine-tune-1'))[0]), /The job is stopped/);
  assert.match(said((await chat.command('작업 중지 collect-1'))[0]), /작업을 중지했어요/);
  assert.ok([...queue.jobs.values()].every((job) => job.state === 'stopped'));
  // Their own.
  await chat.command('analyze 1d', viewer);
  const own = [...queue.jobs.keys()].at(-1)!;
  assert.match(said((await chat.command(`jobs stop ${own}`, viewer))[0]), /The job is stopped/);
  assert.match(said((await chat.command('jobs stop gone'))[0]), /No job gone runs or waits/);
  const audit = (await readAudit(state)).map(
    ({ who, what, about, note }) => `${who.id} ${what} ${about ?? note}`,
  );
  for (const entry of [
    'U3 refused stop collect-1',
    'U1 stop collect-1',
    'U3 refused stop fine-tune-1',
    'U1 stop fine-tune-1',
    `U3 stop ${own}`,
  ])
    assert.ok(audit.includes(entry), `${entry} in ${audit}`);
  assert.ok(!audit.some((entry) => entry.includes('gone')));
});

test('what is an answer by its id is not looked for in the queue', async (t) => {
  const { chat, queue, start } = await setUp(t);
  await start();
  queue.status = () => assert.fail('an answer is no job');
  queue.stop = () => assert.fail('an answer is no job');
  assert.match(said((await chat.press({ name: 'stop', subject: 'ask-1' }))[0]), /no longer valid/);
  assert.match(said((await chat.command('jobs stop ask-1'))[0]), /No job ask-1 runs or waits/);
});

test('jobs are named in words people use, in both languages', async () => {
  const base = { id: 'j', state: 'done', attempts: 1, createdAt: 0 } as const;
  const language = 'en' as const;
  const named = (job: object, spoken: 'en' | 'ko') =>
    jobView({ ...base, ...job } as JobStatus, speech(spoken, 'UTC')).summary;
  const byHand = { name: 'fine-tune', payload: { day: '2026-11-27T14:36:27.314Z', language } } as const;
  const night = {
    name: 'fine-tune',
    payload: { day: '2026-11-27T02:00', tasks: ['summary'], language },
  } as const;
  const ofDay = {
    name: 'digest',
    payload: { team: 'all', span: 'day', day: '2026-11-26', language },
  } as const;
  const ofWeek = { ...ofDay, payload: { team: '결제', span: 'week', day: '2026-11-23', language } } as const;
  assert.equal(named(byHand, 'en'), 'Fine-tuning: done.');
  assert.equal(named(byHand, 'ko'), '미세 조정 작업이 끝났어요.');
  assert.equal(named(night, 'en'), 'Fine-tuning (Fri 27 Nov 02:00 · summary): done.');
  assert.equal(named(ofDay, 'en'), 'Digest (Thu 26 Nov): done.');
  assert.equal(named(ofWeek, 'ko'), '다이제스트 (11월 23일 (월) – 11월 29일 (일) · 결제) 작업이 끝났어요.');
});

test('digest: from the cache at once, in the language of the asker; else by a job with its report', async (t) => {
  const { state, chat, queue, start } = await setUp(t);
  await start();
  const [first] = await chat.command('digest');
  const [id] = [...queue.jobs.keys()];
  assert.match(said(first), /Digest .* is queued/);
  assert.deepEqual(queue.jobs.get(id!)?.payload, {
    team: 'all',
    ...period,
    language: 'en',
    ...(queue.jobs.get(id!)?.payload.asker ? { asker: queue.jobs.get(id!)?.payload.asker } : {}),
    replyTo: queue.jobs.get(id!)?.payload.replyTo,
  });
  queue.change(id!, { state: 'done', result: digest });
  await eventually(() =>
    assert.equal(
      chat.messages.filter(({ message }) => /3 incidents opened/.test(wordsOf(message))).length,
      1,
    ),
  );
  await state.commit({ put: [{ kind: 'digest', id: digestId('all', period), value: digest }] });
  const [cached] = await chat.command('다이제스트 어제');
  assert.match(said(cached), /장애 3건이 열렸어요/);
  assert.equal(queue.jobs.size, 1);
});

test('a scheduled report is posted once, whatever is announced again, over restarts, and after a retry', async (t) => {
  const { state, chat, queue, start } = await setUp(t);
  const announce = () =>
    state.commit({ put: [reportPut('digest-1', { chat: 'slack', channel: 'C1' }, 'ko')] });
  await queue.add('digest', { team: 'all', ...period, language: 'ko' }, { id: 'digest-1' });
  await announce();
  const stop = await start();
  queue.change('digest-1', { state: 'failed', error: { code: 'unavailable', message: '' } });
  await announce();
  await stop();
  await queue.retry('digest-1');
  queue.change('digest-1', { state: 'done', result: digest });
  // Due again: as if the time the bot waits between two looks had passed.
  const task = (await loadTask(state, 'task/job/digest-1/slack/C1'))!;
  await state.commit({ put: [{ kind: 'outbox', id: task.id, value: { ...task.value, due: 0 }, rank: 0 }] });
  const restarted = await start();
  await eventually(() => assert.equal(chat.messages.length, 1));
  await announce();
  await restarted();
  await start();
  await announce();
  await eventually(async () => assert.equal(await state.count('outbox'), 2));
  assert.equal(chat.messages.length, 1);
  assert.match(wordsOf(chat.messages[0]!.message), /장애 3건이 열렸어요/);
});

test('what an analysis may cost at most is said when it is queued and while it runs, in both languages', async (t) => {
  const priced = await setUp(t, { usd: 0.0152, tokens: 9_700 });
  await priced.start();
  const [english] = await priced.chat.command('analyze 7d');
  assert.match(
    said(english),
    /is queued\.[\s\S]*The model may cost up to \$0\.02 \(9,700 tokens\)\.[\s\S]*Stop/,
  );
  const [id] = [...priced.queue.jobs.keys()];
  priced.queue.change(id!, { state: 'active', progress: { fraction: 0.5, step: 'step.scan' } });
  assert.match(said(english), /Reading logs[\s\S]*may cost up to \$0\.02/);
  const [korean] = await priced.chat.command('분석 7일');
  assert.match(said(korean), /대기열에 넣었어요\.[\s\S]*모델 비용은 최대 \$0\.02예요\(토큰 9,700개\)\./);
  const without = await setUp(t);
  await without.start();
  assert.match(said((await without.chat.command('analyze 7d'))[0]), /is queued\.[\s\S]*No model: free\./);
  assert.match(said((await without.chat.command('분석 7일'))[0]), /모델 없음: 무료예요\./);
});

test('an analysis that may cost more than the limit is begun only after a yes', async (t) => {
  const { chat, queue, start } = await setUp(t, { usd: 0.75, tokens: 9_700 });
  await start();
  const [reply] = await chat.command('analyze 7d');
  assert.match(said(reply), /may cost up to \$0\.75, which is above the limit of \$0\.50/);
  assert.equal(queue.jobs.size, 0);
  const button = reply!.states.at(-1)!.blocks.find(({ kind }) => kind === 'buttons');
  assert.ok(button?.kind === 'buttons');
  await chat.press(button.buttons[0]!.action);
  const [job] = [...queue.jobs.values()];
  assert.equal(job?.name, 'analyze');
  await chat.command('분석 1일 --진행');
  assert.equal(queue.jobs.size, 2);
});
