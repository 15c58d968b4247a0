import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inBatches, type SourceLine } from '../../../src/domain/log/source-line.ts';
import { type DetectLine, detectIn } from '../../../src/pipeline/detect/detect-lines.ts';
import { collect, linesOf } from '../harness.ts';

async function* batches(lines: SourceLine[], size = 100): AsyncGenerator<SourceLine[]> {
  yield* inBatches(lines, size);
}
const at = (ms: number): string => new Date(Date.UTC(2026, 0, 1) + ms).toISOString();

/** Orders that are placed, paid and shipped, ten at a time; `odd` gives other steps for some of them. */
function orders(count: number, odd: Record<number, string[]> = {}): string[] {
  const steps = ['accepted for packing', 'paid in full', 'sent to the customer'];
  const events: [number, string][] = [];
  for (let i = 0; i < count; i++)
    for (const [step, text] of (odd[i] ?? steps).entries())
      events.push([i * 700 + step * 2_100 + (i % 5) * 40, `INFO ord_${7_000 + i * 13} ${text}`]);
  return events.sort((a, b) => a[0] - b[0]).map(([ms, text]) => `${at(ms)} ${text}`);
}
const odd = (rows: DetectLine[]): DetectLine[] => rows.filter(({ anomaly }) => anomaly);

test('a session that ends too early is found by the clock, without a key', async () => {
  const lines = orders(900, { 700: ['accepted for packing'], 750: ['accepted for packing', 'paid in full'] });
  const found = odd(await collect(detectIn(batches(linesOf(lines)), { warmup: 600 })));
  assert.deepEqual([...new Set(found.map(({ Session }) => Session))], ['ord_16100', 'ord_16750']);
  for (const { LineId, detector, confidence } of found) {
    assert.equal(detector, 'session');
    assert.ok(confidence! >= 0.6 && LineId > 2_100);
  }
});

test('something extra in a session is found on its line', async () => {
  const steps = [
    'accepted for packing',
    'paid in full',
    'was refused by the carrier',
    'sent to the customer',
  ];
  const lines = orders(900, { 700: steps });
  const found = odd(await collect(detectIn(batches(linesOf(lines)), { warmup: 600 })));
  assert.deepEqual(
    found.map(({ LineId }) => lines[LineId - 1]!.split(' ').slice(2).join(' ')),
    ['ord_16100 was refused by the carrier'],
  );
});

test('sessions that are all as they should be give nothing, in chunks of any size the same', async () => {
  const lines = linesOf(orders(900));
  const whole = await collect(detectIn(batches(lines, 1_000)));
  assert.deepEqual(odd(whole), []);
  assert.deepEqual(await collect(detectIn(batches(lines, 7))), whole);
});

test('a key names the session of every line: an attribute, or the beginning of a word', async () => {
  const lines = linesOf(orders(40).map((line, i) => `${line} req=${i}`));
  const byAttribute = await collect(detectIn(batches(lines), { key: 'req' }));
  assert.equal(byAttribute[7]!.Session, '7');
  const byPrefix = await collect(detectIn(batches(lines), { key: 'ord_' }));
  assert.equal(byPrefix[0]!.Session, 'ord_7000');
});

test('lines that name no time give the same rows again', async () => {
  const lines = linesOf(orders(300).map((line) => line.slice(25)));
  const first = await collect(detectIn(batches(lines), { warmup: 100 }));
  assert.deepEqual(await collect(detectIn(batches(lines, 9), { warmup: 100 })), first);
});

test('a heartbeat that takes ten milliseconds where it took nine has not stopped', async () => {
  const beats = (ms: (i: number) => number): string[] =>
    Array.from({ length: 60 }, (_, i) => [
      `${at(i * 30_000)} INFO GET /v1/live 200 ${ms(i)}ms`,
      `${at(i * 30_000 + 9_000)} INFO queue has ${i} jobs`,
    ]).flat();
  const stopped = async (lines: string[]): Promise<DetectLine[]> =>
    (await collect(detectIn(batches(linesOf(lines))))).filter(
      ({ detector }) => detector === 'missing-heartbeat',
    );
  assert.deepEqual(await stopped(beats((i) => (i < 30 ? 9 : 10))), []);
  // The same lines, when they do stop.
  const lines = beats(() => 9);
  assert.equal((await stopped(lines.filter((line, i) => i < 60 || !line.includes('GET')))).length, 1);
});

test('a step done again is found soon after; hours later it may be the first time that anyone could see it', async () => {
  const jobs = (again: (i: number) => number | undefined): string[] => {
    const events: [number, string][] = [];
    for (let i = 0; i < 2_400; i += 1) {
      const from = i * 10_000;
      events.push([from, `opened job-${5_000 + i * 7}`], [from + 700, `read parts of job-${5_000 + i * 7}`]);
      const more = again(i);
      if (more !== undefined) events.push([from + more, `read parts of job-${5_000 + i * 7}`]);
    }
    return events.sort((a, b) => a[0] - b[0]).map(([ms, text]) => `${at(ms)} INFO ${text}`);
  };
  const sessions = async (lines: string[]): Promise<(string | undefined)[]> =>
    odd(await collect(detectIn(batches(linesOf(lines)))))
      .filter(({ detector }) => detector === 'session')
      .map(({ Session }) => Session);
  assert.deepEqual(await sessions(jobs((i) => (i === 1_190 ? 1_400 : undefined))), ['job-13330']);
  // A few hours of sessions are too short to say what happens in the first four hours of each.
  assert.deepEqual(await sessions(jobs((i) => (i === 400 ? 5_000_000 : undefined))), []);
});

test('a line of tomorrow or of 2190 is a row like any other, and changes none', async () => {
  const lines = orders(900, { 700: ['accepted for packing'], 750: ['accepted for packing', 'paid in full'] });
  const rows = await collect(detectIn(batches(linesOf(lines)), { warmup: 600 }));
  for (const date of ['2026-01-02T08:00:00Z', '2190-01-01T00:00:00Z', '1970-01-01T00:00:01Z']) {
    const stray = `${date} INFO ord_${7_000 + 650 * 13} sent to the customer`;
    const more = [...lines.slice(0, 2_050), stray, ...lines.slice(2_050)];
    const found = odd(await collect(detectIn(batches(linesOf(more)), { warmup: 600 })));
    assert.deepEqual(
      found.map(({ LineId, Session }) => [LineId > 2_050 ? LineId - 1 : LineId, Session]),
      odd(rows).map(({ LineId, Session }) => [LineId, Session]),
      date,
    );
  }
});
