import { actionView } from '../../src/bot/views/action.ts';
import { answerView, chartView, errorChart } from '../../src/bot/views/answer.ts';
import { chartSvg } from '../../src/bot/views/chart.ts';
import { incidentView } from '../../src/bot/views/incident.ts';
import { menuView } from '../../src/bot/views/menu.ts';
import { sentence } from '../../src/bot/views/replies.ts';
import type { Incident } from '../../src/domain/alert/incident.ts';
import { type Act, actOn } from '../../src/domain/alert/incident-actions.ts';
import type { LogRecord } from '../../src/domain/log/record.ts';
import type { Answer } from '../../src/domain/question/answer.ts';
import type { Action } from '../../src/domain/question/message.ts';
import type { Language } from '../../src/domain/question/question.ts';
import { MINUTE } from '../../src/domain/time/units.ts';
import { speech } from '../../src/i18n/format.ts';
import { type FakeRoom, fakeRoom } from '../fakes/room.ts';

/** An answer with every field filled in; its words are `explanation`. */
export const answerOf = (explanation: string): Answer => ({
  anomaly_status: 'critical',
  confidence: 0.92,
  detected_issues: ['connection pool exhausted'],
  explanation,
  statements: [],
  error_type: 'PoolTimeout',
  root_cause: 'The pool has no free connection.',
  solution: 'Look for a connection that is not given back.',
  severity: 5,
  sentiment: 'negative',
  summary: explanation,
  verdict: 'likely',
  causes: [
    {
      service: 'orders',
      cause: 'pool ran dry',
      confidence: 0.9,
      evidence: [{ id: 'r1', line: 'ERROR pool timeout' }],
    },
  ],
  ruled_out: ['payments'],
  evidence: [
    {
      id: 'r1',
      timestamp: '2026-11-21T00:00:00.000Z',
      service: 'orders',
      line: 'ERROR pool timeout',
      count: 4,
    },
  ],
  model: 'none',
  tokens: { prompt: 0, completion: 0 },
  usd: 0,
  cached: false,
  duration_ms: 3,
});

/** One record for each line that is not blank. */
export const linesOf = (text: string): LogRecord[] =>
  text
    .split('\n')
    .filter((line) => line.trim())
    .map((line, index) => ({
      id: `r${index + 1}`,
      timestamp: Date.UTC(2026, 10, 21),
      level: 'error',
      service: 'orders',
      message: line,
      line,
      attributes: {},
    }));

/** Log text of an attacker. */
export const HOSTILE =
  '</script><img src=x onerror="document.title=\'pwned\'"> <!channel> @everyone \u001b[31mred';

const WORDS = {
  en: {
    title: 'Connection pool exhausted',
    explanation:
      'From 0 to 84 pool timeouts per 10 s. All 20 connections are held, and the queue behind them grows.',
    answer:
      'The connection pool of inventory ran dry: all 20 connections were held from 14:03:10 on, and requests waited until their time was up. Orders, cart, checkout and gateway failed because they wait for inventory.',
    solution:
      'Find what holds connections: a transaction that is not closed since the last deploy is the usual reason.',
    cause: 'the database connection pool ran dry',
    ruled: ['payments: no error in this time', 'network: no connection was refused'],
  },
  ko: {
    title: '커넥션 풀 고갈',
    explanation:
      '풀 타임아웃이 10초당 0건에서 84건으로 늘었어요. 커넥션 20개가 모두 사용 중이고 대기열이 길어지고 있어요.',
    answer:
      'inventory의 커넥션 풀이 고갈됐어요. 14:03:10부터 커넥션 20개가 모두 사용 중이어서 요청이 제한 시간까지 기다리다 실패했어요. orders, cart, checkout, gateway는 inventory를 기다리다 실패했어요.',
    solution:
      '커넥션을 잡고 있는 곳을 찾아 주세요. 최근 배포 이후 닫히지 않는 트랜잭션이 가장 흔한 원인이에요.',
    cause: '데이터베이스 커넥션 풀이 고갈됨',
    ruled: ['payments: 이 시간에 오류 없음', '네트워크: 거부된 연결 없음'],
  },
} as const;

export const LINES = [
  '2026-11-21 14:03:12,481 ERROR [http-17] c.s.inventory.Stock - Could not get JDBC connection: pool timeout after 30000 ms (active=20, idle=0, waiting=41)',
  '2026-11-21 14:03:13,007 ERROR [http-04] c.s.inventory.Stock - SQLSTATE 53300: remaining connection slots are reserved',
  '2026-11-21 14:03:15,920 WARN  [pool-1] c.s.inventory.Pool - 커넥션 대기 시간이 30초를 넘었습니다 (대기 41건)',
  HOSTILE,
];

function incidentOf(language: Language, now: number): Incident {
  const words = WORDS[language];
  const victim = (service: string, count: number) => ({
    service,
    count,
    firstSeen: now - 6 * MINUTE,
    lastSeen: now - MINUTE,
    issues: ['503'],
  });
  return {
    id: 'incident-1',
    identity: { key: 'inventory\u0000pool', occurrence: 1 },
    service: 'inventory',
    title: words.title,
    issues: [words.title, 'SQLSTATE 53300'],
    explanation: words.explanation,
    anomalyStatus: 'critical',
    severity: 5,
    confidence: 0.94,
    lifecycle: { state: 'open', history: [{ at: now - 6 * MINUTE, who: 'bongsu', what: 'opened' }] },
    activity: { count: 12, firstSeen: now - 7 * MINUTE, lastSeen: now - MINUTE },
    correlation: {
      affected: [victim('orders', 31), victim('cart', 18), victim('checkout', 9), victim('gateway', 44)],
    },
    feedback: {},
    sampleLines: LINES,
  };
}

export function sampleAnswer(language: Language): Answer {
  const words = WORDS[language];
  return {
    ...answerOf(words.answer),
    confidence: 0.91,
    detected_issues: [words.title, 'SQLSTATE 53300'],
    root_cause: `inventory: ${words.cause}`,
    solution: words.solution,
    causes: [
      {
        service: 'inventory',
        cause: words.cause,
        confidence: 0.91,
        evidence: LINES.slice(0, 2).map((line, index) => ({ id: `r${index}`, line })),
      },
      { service: 'orders', cause: '503 from inventory', confidence: 0.22, evidence: [] },
    ],
    ruled_out: [...words.ruled],
    evidence: LINES.slice(0, 3).map((line, index) => ({
      id: `r${index}`,
      timestamp: '2026-11-21T14:03:12.481Z',
      service: 'inventory',
      line,
      count: 84 - index * 40,
    })),
    duration_ms: 412,
  };
}

/** What the buttons of the sample do. */
const WHAT: Partial<Record<Action['name'], Act['what']>> = {
  acknowledge: 'acknowledged',
  resolve: 'resolved',
  take: 'assigned',
  false_alarm: 'false_alarm',
  reopen: 'reopened',
};

/**
 * A room with one incident, its analysis and its chart, made by the bot's own views. Buttons act on the incident;
 * `/logs why` is answered in three steps, like an answer that is being written.
 */
export function sampleRoom(language: Language): FakeRoom & { parent: string; finish: () => void } {
  const room = fakeRoom();
  const voice = speech(language, 'Asia/Seoul');
  const now = Date.now();
  let incident = incidentOf(language, now);
  const parent = room.post(incidentView(incident, voice, now), { at: now - 5 * MINUTE });
  room.post(answerView(sampleAnswer(language), voice, { kind: 'why' }), {
    thread: parent.id,
    at: now - 4 * MINUTE,
  });
  const buckets = Array.from({ length: 40 }, (_, index) => ({
    at: now - (40 - index) * 30_000,
    total: 120 + ((index * 37) % 23),
    errors: index < 26 ? index % 2 : 30 + ((index * 13) % 41),
  }));
  const chart = errorChart(buckets, voice, { services: ['inventory'], foundAt: now - 6 * MINUTE });
  room.post(chartView(chart, voice, 'inventory'), {
    thread: parent.id,
    at: now - 4 * MINUTE + 1,
    charts: [chartSvg(chart, { language, timeZone: 'Asia/Seoul' })],
  });

  let finish = (): void => {};
  room.onInput = (input) => {
    const { action, thread } = input;
    const what = action && WHAT[action.name];
    if (action?.name === 'more')
      room.post(menuView(incident, [], voice, { now: Date.now(), wide: true }), { onlyFor: input.session });
    if (what) {
      incident = actOn(incident, { what, who: input.user, at: Date.now() });
      room.edit(parent.id, incidentView(incident, voice, Date.now()));
      const said = actionView(incident, incident.lifecycle.history.length - 1, voice);
      if (said) room.post(said, { thread: parent.id });
    }
    if (!/^\/logs (why|왜)/.test(input.text ?? '')) return;
    const stop = { label: voice.say['button.stop'], action: { name: 'stop', subject: 'job-1' } } as const;
    const answer = sampleAnswer(language);
    const live = room.post(sentence(voice.say['step.evidence'], 'neutral', [stop]), {
      ...(thread ? { thread } : {}),
    });
    room.edit(
      live.id,
      answerView(answer, voice, { kind: 'why', writing: answer.explanation.slice(0, 60), buttons: [stop] }),
    );
    finish = () => room.edit(live.id, answerView(answer, voice, { kind: 'why' }));
  };
  return Object.assign(room, { parent: parent.id, finish: () => finish() });
}
