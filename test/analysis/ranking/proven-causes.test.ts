import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Ranking } from '../../../src/analysis/ranking/ranking.ts';
import type { Level, LogRecord } from '../../../src/domain/log/record.ts';
import { NOON, record } from '../../fakes/incident-logs.ts';
import { analysed, mined } from '../harness.ts';

/** A harbour of forty minutes; the trouble is from minute twenty-five to thirty. */
const END = 2_400;
const FROM = 1_500;
const TO = 1_800;
interface Course {
  from?: number;
  to?: number;
  step?: number;
  level?: Level;
}
const lines = (service: string, text: string, over: Course = {}): LogRecord[] => {
  const { from = FROM, to = TO, step = 10, level = 'error' } = over;
  const out: LogRecord[] = [];
  for (let second = from; second < to; second += step)
    out.push(record(NOON + second * 1_000, service, level, text.replaceAll('#', String(out.length + 10))));
  return out;
};
const SERVICES = ['pilots', 'cranes', 'customs', 'berths', 'tides'];
const work = (service: string, over: Course = {}): LogRecord[] =>
  lines(service, `${service} moved crate #`, { from: 0, to: END, step: 4, level: 'info', ...over });
const working = (...but: string[]): LogRecord[] =>
  SERVICES.filter((service) => !but.includes(service)).flatMap((service) => work(service));
const rankingOf = async (...parts: LogRecord[][]): Promise<Ranking> =>
  (await analysed(mined(parts.flat().toSorted((a, b) => a.timestamp - b.timestamp)))).ranking;
const said = ({ causes: [first], verdict }: Ranking): string => `${first?.service}: ${verdict}`;

const WORDS = {
  en: {
    root: 'list # not written: No space left on device',
    refused: 'crate #: connect to berths:7000: connection refused',
    timeout: 'crate #: call to berths timed out after 900 ms',
    own: 'list # not read: timed out after 900 ms',
    bug: 'list # has an odd number of rows',
  },
  ko: {
    root: '목록 # 저장 실패: 디스크 공간 부족 (No space left on device)',
    refused: '화물 # 처리 실패: berths:7000 연결 거부됨 (connection refused)',
    timeout: '화물 # 처리 실패: berths 호출 시간 초과 (timed out after 900 ms)',
    own: '목록 # 조회 시간 초과 (timed out after 900 ms)',
    bug: '목록 # 줄 수 오류',
  },
};
const BOTH = ['en', 'ko'] as const;

test('a root of its own with one or more that suffer later is confirmed; without anybody it is not', async () => {
  for (const language of BOTH) {
    const { root, timeout } = WORDS[language];
    const suffering = lines('cranes', timeout, { from: FROM + 5 });
    assert.equal(said(await rankingOf(working(), lines('berths', root), suffering)), 'berths: confirmed');
    assert.equal(said(await rankingOf(working(), lines('berths', root))), 'berths: likely');
  }
});

test('a few lines of a witness are no rise, many are', async () => {
  const { root, timeout } = WORDS.en;
  const verdict = async (count: number) => {
    const witness = lines('cranes', timeout, { from: FROM + 5, to: FROM + 5 + count * 10 });
    return (await rankingOf(working(), lines('berths', root), witness)).verdict;
  };
  assert.equal(await verdict(1), 'likely');
  assert.equal(await verdict(3), 'likely');
  assert.equal(await verdict(25), 'confirmed');
});

test('a cause may be told moments after its first symptom, not minutes', async () => {
  for (const language of BOTH) {
    const { root, timeout } = WORDS[language];
    const verdict = async (late: number) =>
      (await rankingOf(working(), lines('berths', root, { from: FROM + late }), lines('cranes', timeout)))
        .verdict;
    assert.equal(await verdict(5), 'confirmed');
    assert.notEqual(await verdict(120), 'confirmed');
  }
});

test('healthy hours with the same message as often prove nothing; those with another one do not matter', async () => {
  for (const language of BOTH) {
    const { root, timeout, bug } = WORDS[language];
    const trouble = [...lines('berths', root), ...lines('cranes', timeout, { from: FROM + 5 })];
    const before = (text: string, by: string) => lines(by, text, { from: 300, to: 600 });
    const same = await rankingOf(working(), trouble, before(root, 'berths'), before(timeout, 'cranes'));
    assert.notEqual(same.verdict, 'confirmed');
    const other = await rankingOf(working(), trouble, before(bug, 'berths'));
    assert.equal(said(other), 'berths: confirmed');
  }
});

test('hearsay is confirmed beside own lines of the same kind, not beside those of another', async () => {
  for (const language of BOTH) {
    const { timeout, own, bug } = WORDS[language];
    const hearsay = lines('cranes', timeout, { from: FROM + 5, to: END });
    const same = await rankingOf(working(), lines('berths', own, { to: END }), hearsay);
    assert.equal(said(same), 'berths: confirmed');
    const unrelated = await rankingOf(working(), lines('berths', bug, { to: END }), hearsay);
    assert.notEqual(unrelated.verdict, 'confirmed', said(unrelated));
  }
});

test('two that agree on the kind and its silence confirm; one line each, or kinds that differ, do not', async () => {
  for (const language of BOTH) {
    const { refused, timeout } = WORDS[language];
    const dead = [...working('berths'), ...work('berths', { to: FROM - 2 })];
    const say = (by: string, text: string, over: Course = {}) => lines(by, text, { to: END, ...over });
    const agreed = await rankingOf(dead, say('cranes', refused), say('customs', refused));
    assert.equal(said(agreed), 'berths: confirmed');
    // A caller that nobody seconds, of a service that no healthy hour shows.
    const unknown = await rankingOf(working('berths'), say('cranes', refused, { from: 0, to: END }));
    assert.notEqual(unknown.verdict, 'confirmed', said(unknown));
    const once = await rankingOf(
      working('berths'),
      say('cranes', refused, { to: FROM + 10 }),
      say('customs', timeout, { to: FROM + 10 }),
    );
    assert.notEqual(once.verdict, 'confirmed', said(once));
  }
});

test('what all say of one that goes on at its usual rate is contradicted by its life', async () => {
  for (const language of BOTH) {
    const { refused, bug } = WORDS[language];
    const hearsay = [...lines('cranes', refused), ...lines('customs', refused, { from: FROM + 3 })];
    assert.notEqual((await rankingOf(working(), hearsay)).verdict, 'confirmed');
    // Other errors of its own are no second source.
    const beside = await rankingOf(working(), hearsay, lines('berths', bug, { step: 30 }));
    assert.notEqual(beside.verdict, 'confirmed', said(beside));
  }
});

test('a rival with as good a proof, or nearly, leaves neither confirmed; a weak one does not matter', async () => {
  const { root, timeout, bug } = WORDS.en;
  const first = [...lines('berths', root), ...lines('cranes', timeout, { from: FROM + 5 })];
  const rival = [
    ...lines('tides', root, { step: 12 }),
    ...lines('pilots', timeout.replace('berths', 'tides'), { from: FROM + 5, step: 12 }),
  ];
  assert.notEqual((await rankingOf(working(), first, rival)).verdict, 'confirmed');
  const weak = lines('tides', bug, { step: 150, level: 'warn' });
  assert.equal(said(await rankingOf(working(), first, weak)), 'berths: confirmed');
});

test('requests that a service refuses as wrong prove nothing, and those it fails are no proof alone', async () => {
  const answered = (status: number): LogRecord[] =>
    lines('berths', `GET /berths/# ${status} 3ms`, { step: 3, level: status < 500 ? 'warn' : 'error' }).map(
      (one) => ({ ...one, request: { endpoint: 'GET /berths', status, durationMs: 3 } }),
    );
  for (const status of [400, 401, 404, 422])
    assert.equal((await rankingOf(working(), answered(status))).verdict, 'inconclusive', String(status));
  // A failed request is a failure, but alone it does not tell whose.
  const failed = await rankingOf(working(), answered(500));
  assert.equal(failed.causes[0]?.service, 'berths');
  assert.notEqual(failed.verdict, 'confirmed');
});

test('with no healthy past volume confirms nothing, and the ranking says that there is none', async () => {
  for (const language of BOTH) {
    const { bug } = WORDS[language];
    for (const step of [10, 2, 1]) {
      const all: Course = { from: 0, to: 120 };
      const ranking = await rankingOf(
        SERVICES.flatMap((service) => work(service, all)),
        lines('berths', bug, { ...all, step }),
      );
      assert.notEqual(ranking.verdict, 'confirmed');
      if (ranking.causes.length > 0) assert.equal(ranking.noPast, true);
    }
  }
});
