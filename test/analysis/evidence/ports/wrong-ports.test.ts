import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findWrongPorts } from '../../../../src/analysis/evidence/ports/wrong-ports.ts';
import { readerOver } from '../../../../src/analysis/logs/reader.ts';
import type { LogRecord } from '../../../../src/domain/log/record.ts';
import { NOON, record } from '../../../fakes/incident-logs.ts';
import { analysed, answerWhy, mined } from '../../harness.ts';

/** A line every `step` seconds of the ten minutes of a harbour. */
const each = (
  of: (at: number, i: number) => LogRecord,
  { from = 0, to = 600, step = 2 }: { from?: number; to?: number; step?: number } = {},
): LogRecord[] => {
  const out: LogRecord[] = [];
  for (let second = from; second < to; second += step) out.push(of(NOON + second * 1_000, out.length));
  return out;
};
const tides = [
  record(NOON, 'tides', 'info', 'tides listening on port 7301'),
  ...each((at, i) => record(at + 200, 'tides', 'info', `table ${i} computed`)),
];
const pilots = each((at, i) => record(at + 400, 'pilots', 'info', `ship ${i} brought in`));
/** Somebody else whom it answers at the port on which it listens. */
const served = (port: number): LogRecord[] =>
  each((at, i) => record(at + 600, 'lights', 'info', `asked http://tides:${port}/today/${i}: fine`));
const TEXTS = {
  en: (port: number) => `cannot read tides: dial http://tides:${port}/today: connection refused`,
  ko: (port: number) => `물때 조회 실패: http://tides:${port}/today 연결 거부됨 (connection refused)`,
};
const refused = (port: number, language: 'en' | 'ko' = 'en'): LogRecord[] =>
  each((at) => record(at + 800, 'pilots', 'error', TEXTS[language](port)), { from: 300, step: 3 });
const story = (...parts: LogRecord[][]): LogRecord[] =>
  mined(parts.flat().toSorted((a, b) => a.timestamp - b.timestamp));

/** Whether the harbour master's lines are marked as dialling a wrong port. */
async function isWrong(records: LogRecord[]): Promise<boolean> {
  const { evidence } = await analysed(records);
  const targets = evidence.failures
    .filter(({ service }) => service === 'pilots')
    .flatMap(({ targets }) => targets.filter(({ service }) => service === 'tides'));
  assert.ok(targets.length > 0, 'tides is named');
  return targets.every(({ wrongPort }) => wrongPort === true);
}

test('who dials a port on which a working service does not listen is at fault, whatever the language', async () => {
  for (const language of ['en', 'ko'] as const) {
    const records = story(tides, pilots, served(7301), refused(7310, language));
    assert.equal(await isWrong(records), true, language);
    const answer = await answerWhy(records, { language });
    assert.notEqual(answer.causes[0]?.service, 'tides', answer.root_cause);
  }
});

test('no port is wrong on which the service listens, or somebody was answered', async () => {
  assert.equal(await isWrong(story(tides, pilots, served(7301), refused(7301))), false);
  assert.equal(await isWrong(story(tides, pilots, served(7301), served(7310), refused(7310))), false);
});

test('where nobody is served at the other port, or nothing tells of one, the address may be right', async () => {
  assert.equal(await isWrong(story(tides, pilots, refused(7310))), false);
  const untold = tides.filter(({ message }) => !message.includes('listening'));
  assert.equal(await isWrong(story(untold, pilots, served(7301), refused(7310))), false);
});

test('who has fallen quiet is away, at whatever port it is dialled', async () => {
  const quiet = tides.filter(({ timestamp }) => timestamp < NOON + 300_000);
  const answered = served(7301).filter(({ timestamp }) => timestamp < NOON + 300_000);
  assert.equal(await isWrong(story(quiet, pilots, answered, refused(7310))), false);
});

test('an address is looked for once, however many messages name it', async () => {
  const records = story(tides, pilots, served(7301), refused(7310));
  const { evidence, span } = await analysed(records);
  const logs = readerOver(records);
  const texts: string[] = [];
  const asked = {
    ...logs,
    search: (...of: Parameters<typeof logs.search>) => {
      if (of[0].text) texts.push(of[0].text);
      return logs.search(...of);
    },
  };
  const services = await logs.counts(span.window, 'service', 100);
  const scene = { logs: asked, window: span.window, services, directory: evidence.directory };
  const group = evidence.failures.find(({ service }) => service === 'pilots')!;
  const marked = await findWrongPorts(
    Array.from({ length: 30 }, () => group),
    scene,
  );
  assert.ok(marked.every(({ targets }) => targets.every(({ wrongPort }) => wrongPort)));
  assert.deepEqual(texts, ['":7310"', '":7301"']);
});
