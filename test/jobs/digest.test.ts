import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openSqliteLogs } from '../../src/backends/logs/sqlite.ts';
import type { JobContext, Queue } from '../../src/backends/queue/queue.ts';
import { openRegistry } from '../../src/backends/state/registry.ts';
import { digestView } from '../../src/bot/views/digest.ts';
import { completeAnomaly } from '../../src/domain/alert/anomaly.ts';
import { type Incident, openIncident } from '../../src/domain/alert/incident.ts';
import { type DigestPeriod, digestId, lastPeriod } from '../../src/domain/job/digest.ts';
import type { JobStatus } from '../../src/domain/job/job.ts';
import type { LogRecord } from '../../src/domain/log/record.ts';
import { emptyDay } from '../../src/domain/question/spend.ts';
import { speech } from '../../src/i18n/format.ts';
import { digestHandler } from '../../src/jobs/digest.ts';
import { createLog } from '../../src/log.ts';
import { wordsOf } from '../fakes/chat.ts';
import { type Changes, changed } from '../fakes/incident.ts';
import { memoryState } from '../fakes/state.ts';

const log = createLog('silent');
const SEOUL = 'Asia/Seoul';
/** 20 November in Seoul. */
const FROM = Date.parse('2026-11-19T15:00:00Z');
const HOUR = 3_600_000;
const period: DigestPeriod = { span: 'day', day: '2026-11-20' };
const context: JobContext = {
  id: 'j',
  attempt: 1,
  attempts: 3,
  signal: new AbortController().signal,
  progress: async () => {},
};

function incident(id: string, service: string, at: number, over: Changes = {}): Incident {
  const wire = {
    anomaly_status: 'critical' as const,
    confidence: 0.9,
    detected_issues: [`${service} is failing`],
    explanation: '',
    service,
    detected_at: new Date(at).toISOString(),
  };
  return changed(openIncident(id, completeAnomaly(wire, id, at)), over);
}
function acted(made: Incident, entries: [string, number][], over: Changes = {}): Incident {
  const acts = entries.map(([what, at]) => ({ what: what as 'acknowledged', at, who: 'mina' }));
  const history = [...made.lifecycle.history, ...acts];
  return changed(changed(made, { lifecycle: { history } }), over);
}

const record = (id: string, at: number, template: string, level: LogRecord['level'], service = 'cart') =>
  ({
    id,
    timestamp: at,
    level,
    service,
    message: template,
    line: template,
    attributes: {},
    template: { id: template, pattern: template },
  }) satisfies LogRecord;

async function setUp(options: { failedJob?: boolean } = {}) {
  const logs = await openSqliteLogs({ file: ':memory:' }, log);
  const state = memoryState();
  const put = (made: Incident) =>
    state.commit({ put: [{ kind: 'incident', id: made.id, value: made, rank: made.activity.lastSeen }] });
  const failed: JobStatus = {
    id: 'x',
    name: 'collect',
    state: 'failed',
    payload: { day: '2026-11-19', language: 'en' },
    attempts: 3,
    createdAt: FROM + HOUR,
  };
  const queue: Pick<Queue, 'list' | 'counts'> = {
    list: async () => (options.failedJob ? [failed] : []),
    counts: async () => ({ waiting: 2, active: 0, done: 0, failed: 1 }),
  };
  const handler = digestHandler({
    logs,
    state,
    queue,
    teams: [{ name: 'all' }, { name: 'pay', services: ['payment'] }],
    timeZone: SEOUL,
    gate: { trainAtLeast: 20, testAtLeast: 30 },
    backendsHealth: async () => ({
      logs: { ok: true, kind: 'sqlite', detail: '' },
      'model:ollama/llama3': { ok: false, kind: 'ollama', detail: '' },
    }),
    now: () => FROM + 33 * HOUR,
  });
  return { logs, state, put, make: (team: string) => handler({ team, ...period, language: 'en' }, context) };
}

test('figures of a day: incidents, times to react, noise, what is new, spending, jobs and models', async () => {
  const { logs, state, put, make } = await setUp({ failedJob: true });
  await put(
    acted(
      incident('a', 'cart', FROM + HOUR),
      [
        ['acknowledged', FROM + HOUR + 2 * 60_000],
        ['resolved', FROM + 2 * HOUR],
      ],
      { lifecycle: { state: 'resolved' }, activity: { count: 9 } },
    ),
  );
  await put(
    acted(incident('b', 'payment', FROM + 3 * HOUR), [['acknowledged', FROM + 3 * HOUR + 6 * 60_000]], {
      identity: { occurrence: 2 },
    }),
  );
  // One opened before and resolved on this day; the other opened after it.
  await put(
    acted(incident('c', 'orders', FROM - HOUR), [['resolved', FROM + HOUR]], {
      lifecycle: { state: 'resolved' },
      activity: { lastSeen: FROM + 1 },
    }),
  );
  await put(incident('d', 'cart', FROM + 25 * HOUR));
  // Posted in the thread of its cause, and only a warning: no alert was sent.
  await put(
    incident('e', 'web', FROM + HOUR, { correlation: { cause: { id: 'a', service: 'cart', title: 't' } } }),
  );
  await put(incident('f', 'web', FROM + HOUR, { anomalyStatus: 'warning' }));
  await logs.write([
    record('1', FROM - HOUR, 'old error', 'error'),
    record('2', FROM + HOUR, 'old error', 'error'),
    record('3', FROM + 2 * HOUR, 'pool exhausted', 'error', 'payment'),
    record('4', FROM + 2 * HOUR, 'pool exhausted', 'error', 'payment'),
    record('5', FROM + 23 * HOUR, 'fine', 'info'),
    record('6', FROM + 24 * HOUR, 'tomorrow', 'error'),
  ]);
  const spent = { usd: 0.25, prompt: 900, completion: 100, calls: 3 };
  await state.commit({ put: [{ kind: 'spend', id: '2026-11-20', value: { ...emptyDay(), all: spent } }] });

  const report = await make('all');
  assert.deepEqual(report.window, { from: FROM, to: FROM + 24 * HOUR });
  const { top, ...incidents } = report.incidents;
  assert.deepEqual(incidents, {
    opened: 2,
    recurring: 1,
    resolved: 2,
    open: 1,
    carried: 1,
    acknowledgeMs: 4 * 60_000,
    resolveMs: 1.5 * HOUR,
  });
  assert.deepEqual(
    top.map(({ id }) => id),
    ['a', 'b', 'c'],
  );
  assert.deepEqual(
    report.noisiest.map(({ incidentId, alerts }) => [incidentId, alerts]),
    [['a', 9]],
  );
  assert.equal(report.logs.lines, 4);
  assert.equal(report.logs.errors, 3);
  assert.deepEqual(report.logs.before, { lines: 1, errors: 1 });
  assert.deepEqual(report.logs.newTemplates, [{ pattern: 'pool exhausted', count: 2, errors: 2 }]);
  assert.deepEqual(report.cost, { usd: 0.25, tokens: 1_000, answers: 3 });
  assert.deepEqual(report.jobs, { done: 0, failed: 1, waiting: 2 });
  assert.deepEqual(report.models, [{ name: 'ollama/llama3', ok: false }]);

  await put(incident('late', 'cart', FROM + 5 * HOUR));
  assert.deepEqual(await make('all'), report, 'made once');
  const kept = await state.get('digest', digestId('all', period));
  assert.deepEqual(kept?.value, report);
  const team = await make('pay');
  assert.equal(team.incidents.opened, 1);
  assert.equal(team.logs.lines, 2);

  const english = wordsOf(digestView(report, speech('en', SEOUL)));
  assert.match(english, /Digest of Fri 20 Nov/);
  assert.match(english, /2 incidents opened: 1 new, 1 that came back\. 2 resolved, 1 still open\./);
  assert.match(english, /acknowledged after 4 min\. Typically resolved after 1 h 30 min/);
  assert.match(english, /4 lines \(\+300 %\), 3 errors \(\+200 %\)/);
  const korean = wordsOf(digestView(report, speech('ko', SEOUL)));
  assert.match(korean, /11월 20일 \(금\) 다이제스트/);
  assert.match(korean, /장애 2건이 열렸어요/);
  const buttons = digestView(report, speech('ko', SEOUL)).blocks.find(({ kind }) => kind === 'buttons');
  assert.deepEqual(buttons?.kind === 'buttons' && buttons.buttons[0]?.action, {
    name: 'mute',
    subject: 'a',
    value: '86400000:template',
  });
});

test('a quiet day is one line, in both languages', async () => {
  const { logs, make } = await setUp();
  await logs.write([record('1', FROM + HOUR, 'fine', 'info')]);
  const report = await make('all');
  assert.equal(report.quiet, true);
  for (const language of ['en', 'ko'] as const) {
    const { blocks } = digestView(report, speech(language, SEOUL));
    assert.equal(blocks.length, 1);
    assert.ok(blocks[0]?.kind === 'text' && !blocks[0].text.includes('\n'));
  }
});

test('an outage over midnight, errors that rose and a failed job each make a day that is not quiet', async (t) => {
  const errors = (count: number, at: number) =>
    Array.from({ length: count }, (_, index) => record(`${at}/${index}`, at + index, 'known', 'error'));
  await t.test('an incident from before that still fires is open and listed', async () => {
    const { put, make } = await setUp();
    await put(
      incident('a', 'cart', FROM - 5 * HOUR, { activity: { lastSeen: FROM + 20 * HOUR, count: 40 } }),
    );
    const report = await make('all');
    assert.equal(report.quiet, false);
    assert.deepEqual([report.incidents.opened, report.incidents.open, report.incidents.carried], [0, 1, 1]);
    assert.deepEqual(
      report.incidents.top.map(({ id }) => id),
      ['a'],
    );
    const english = wordsOf(digestView(report, speech('en', SEOUL)));
    assert.match(
      english,
      /No incident opened\. 0 resolved, 1 still open\. 1 had opened before and went on\./,
    );
    assert.match(wordsOf(digestView(report, speech('ko', SEOUL))), /1건은 그전부터 이어진 장애예요/);
  });
  await t.test('one that was silent since before, and resolved in it', async () => {
    const { put, make } = await setUp();
    const over: Changes = { lifecycle: { state: 'resolved' } };
    await put(acted(incident('b', 'cart', FROM - 2 * HOUR), [['recovered', FROM + 1]], over));
    await put(acted(incident('c', 'cart', FROM - 2 * HOUR), [['recovered', FROM - 1]], over));
    const { quiet, incidents } = await make('all');
    assert.equal(quiet, false);
    assert.deepEqual([incidents.carried, incidents.resolved, incidents.open], [1, 1, 0]);
  });
  for (const [what, now, quiet] of [
    ['many more errors', 900, false],
    ['about as many', 130, true],
    ['twice a handful', 8, true],
  ] as const)
    await t.test(what, async () => {
      const { logs, make } = await setUp();
      await logs.write([...errors(now === 8 ? 4 : 100, FROM - 3 * HOUR), ...errors(now, FROM + HOUR)]);
      assert.equal((await make('all')).quiet, quiet);
    });
  await t.test('a failed job', async () =>
    assert.equal((await (await setUp({ failedJob: true })).make('all')).quiet, false),
  );
});

test('a night that had too little to learn from says so in the digest of its day, by the configured need', async () => {
  for (const [reason, at, said] of [
    ['too_few', FROM + 2 * HOUR, true],
    ['not_better', FROM + 2 * HOUR, false],
    ['too_few', FROM - HOUR, false],
  ] as const) {
    const { state, make } = await setUp();
    const counts = { train: 3, test: 1 };
    const none = { train: 0, test: 0 };
    const card = {
      version: 'v',
      hash: 'v',
      from: 0,
      to: 0,
      counts: { alerts: counts, anomaly: none, sentiment: none, summary: none },
      sources: { confirmed: 4, rejected: 0, corrected: 0, resolved: 0, agreed: 0 },
      repeated: 0,
    };
    const night = '2026-11-20T02:00';
    await openRegistry(state).add(
      { target: 'alerts', trainer: 'embedded', at, night, card, promoted: false, reason },
      undefined,
    );
    const report = await make('all');
    assert.deepEqual(report.training, said ? { ...counts, trainAtLeast: 20, testAtLeast: 30 } : undefined);
    if (!said) continue;
    const english = digestView(report, speech('en', SEOUL));
    assert.equal(english.blocks.length, 1, 'a quiet day stays one line');
    assert.match(wordsOf(english), /Training: 3 of 20 judgements to learn from, 1 of 30 to test on/);
    const busy = digestView({ ...report, quiet: false }, speech('ko', SEOUL)).blocks.at(-1);
    assert.ok(busy?.kind === 'footnote');
    assert.match(busy.text, /배울 판단 20건 중 3건, 시험할 판단 30건 중 1건이라 그대로 두었어요/);
  }
});

test('the last whole day and week are of the zone', () => {
  const at = Date.parse('2026-11-22T16:00:00Z'); // Monday in Seoul, Sunday in Berlin
  assert.deepEqual(lastPeriod('day', at, SEOUL), { span: 'day', day: '2026-11-22' });
  assert.deepEqual(lastPeriod('week', at, SEOUL), { span: 'week', day: '2026-11-16' });
  assert.deepEqual(lastPeriod('day', at, 'Europe/Berlin'), { span: 'day', day: '2026-11-21' });
  assert.deepEqual(lastPeriod('week', at, 'Europe/Berlin'), { span: 'week', day: '2026-11-09' });
});

test('what was kept quiet is listed, the worst first, with a button that opens each; also on a day without news', async () => {
  const { put, make } = await setUp();
  await put(incident('hushed', 'mail', FROM + HOUR, { suppression: {}, severity: 2 }));
  await put(
    incident('graver', 'cart', FROM + 2 * HOUR, {
      suppression: {},
      severity: 4,
      lifecycle: { state: 'resolved' },
    }),
  );
  await put(incident('earlier', 'cart', FROM - 2 * HOUR, { suppression: {} }));
  const report = await make('all');
  assert.equal(report.quiet, true);
  assert.deepEqual(
    [report.keptQuiet?.count, report.keptQuiet?.listed.map(({ id }) => id)],
    [2, ['graver', 'hushed']],
  );
  assert.equal((await make('pay')).keptQuiet, undefined);
  for (const [language, words] of [
    ['en', /Kept quiet.*2 incidents/],
    ['ko', /알리지 않은 장애 2건/],
  ] as const)
    for (const quiet of [true, false]) {
      const { blocks } = digestView({ ...report, quiet }, speech(language, SEOUL));
      assert.match(JSON.stringify(blocks), words);
      const buttons = blocks.flatMap((block) => (block.kind === 'buttons' ? block.buttons : []));
      assert.deepEqual(
        buttons.filter(({ action }) => action.name === 'show').map(({ action }) => action.subject),
        ['graver', 'hushed'],
      );
    }
});
