import { emptyAnswer } from '../../src/analysis/answer/draft.ts';
import { createAnalyst } from '../../src/analysis/create-analyst.ts';
import { readerOver } from '../../src/analysis/logs/reader.ts';
import { packText } from '../../src/analysis/model/pack.ts';
import { claimsSoFar, readObject } from '../../src/analysis/model/reply.ts';
import { replySchema } from '../../src/analysis/verify/claim.ts';
import { cleanHypothesis } from '../../src/analysis/verify/hypothesis.ts';
import { isInstruction, reachingOut } from '../../src/analysis/verify/injection.ts';
import type { BusMessage } from '../../src/backends/bus/bus.ts';
import type { Model } from '../../src/backends/model/model.ts';
import { toDiscord } from '../../src/bot/discord/embeds.ts';
import { toBlocks, toStreamText } from '../../src/bot/slack/blocks.ts';
import { answerView } from '../../src/bot/views/answer.ts';
import { clean } from '../../src/bot/views/clean.ts';
import { answerText } from '../../src/cli/output.ts';
import { toAppError } from '../../src/domain/errors.ts';
import type { SourceLine } from '../../src/domain/log/source-line.ts';
import type { Answer } from '../../src/domain/question/answer.ts';
import { fitsGlob } from '../../src/domain/text/glob.ts';
import { speech } from '../../src/i18n/format.ts';
import { createLog, redact } from '../../src/log.ts';
import { createRedactor, redactCredentials } from '../../src/masking/redact.ts';
import { detectIn } from '../../src/pipeline/detect/detect-lines.ts';
import { createDetector } from '../../src/pipeline/detect/detector.ts';
import { createLineDetectors } from '../../src/pipeline/detect/lines/line-detectors.ts';
import { createMiner } from '../../src/pipeline/mining/miner.ts';
import { createNormalizer } from '../../src/pipeline/normalize/normalize.ts';
import { recordsOfText } from '../../src/pipeline/offline.ts';
import { readCsv } from '../../src/pipeline/sources/files/csv.ts';
import { createLineDecoder } from '../../src/pipeline/sources/files/encoding.ts';
import { joinEvents } from '../../src/pipeline/sources/files/events.ts';
import { splitLines } from '../../src/pipeline/sources/files/lines.ts';
import { readLogMessage } from '../../src/pipeline/sources/log-stream.ts';
import { SyslogFramer } from '../../src/pipeline/sources/syslog/frames.ts';
import { syslogLine } from '../../src/pipeline/sources/syslog/message.ts';
import { fakeModel } from '../eval/fake-model.ts';
import type { Figure } from './figure.ts';
import { hostileShapes, LINE_BYTES, type Shape } from './hostile-shapes.ts';

const DETECT = { warmup: 0, bucketMs: 10_000, warning: 0.6, critical: 0.85 };
/** A line that takes longer than this is measured again, since something else may have had the processor. */
const SUSPECT_MS = 8;
const AGAIN = 4;
/** And one that takes so long is not: no other program does that. */
const HOPELESS_MS = 300;
const AT = Date.UTC(2026, 10, 21, 15, 4, 5);

/** What is done with a line on one of its ways. */
type Way = (text: string) => unknown;

async function* once(text: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(`${text}\n`);
}

async function drain(batches: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of batches);
}

/** The way of a line that comes in: bytes, events, record, template, detectors. */
function ingesting(): Way {
  const normalize = createNormalizer({ timeZone: 'Asia/Seoul', now: () => AT });
  const miner = createMiner();
  const detector = createDetector({ ...DETECT, language: 'en', timeZone: 'UTC' });
  let position = 0;
  return async (text) => {
    for await (const batch of joinEvents(splitLines(once(text))))
      for (const { text } of batch) {
        position += 1;
        const record = normalize({ text, source: 'hostile', position: String(position) });
        record.template = miner.add(record.message).template;
        detector.add([record]);
      }
  };
}

/** The same from a syslog sender, as one datagram, which may hold line ends; and as the offline commands read it. */
function receiving(): Way {
  const framer = new SyslogFramer(LINE_BYTES * 2);
  const decode = createLineDecoder();
  const normalize = createNormalizer({ timeZone: 'UTC', now: () => AT });
  const miner = createMiner();
  const detectors = createLineDetectors({ key: 'id' });
  let position = 0;
  return (text) => {
    const bytes = Buffer.from(text);
    framer.push(Buffer.concat([bytes, Buffer.from('\n')]));
    position += 1;
    const line: SourceLine = syslogLine(decode(bytes), {
      sender: '10.0.0.1',
      position: String(position),
      receivedAt: AT,
    });
    const record = normalize(line);
    const { id, pattern } = miner.add(record.message);
    detectors.add({ ...record, template: { id, pattern } });
  };
}

const answerOf = (text: string): Answer => ({
  ...emptyAnswer('en', text),
  root_cause: text,
  causes: [{ service: 'shop', cause: text, confidence: 1, evidence: [{ id: '1', line: text }] }],
  evidence: [{ id: '1', timestamp: '2026-11-21T15:04:05Z', service: 'shop', line: text, count: 1 }],
});

const log = createLog('silent');

function onlyNotFound(error: unknown): void {
  if (toAppError(error).code !== 'not_found') throw error;
}

/** As long as a model's reply may be. */
const REPLY = 4_800;

/** Evidence and ranked causes over the line and two that blame its service; with a model, its words are checked. */
async function asking(text: string, model?: Model): Promise<void> {
  const around = `2026-11-21T15:04:04Z ERROR cart call to shop:8080 timed out\n`;
  const records = await recordsOfText(`${around}${text}\n${around}`, 'UTC');
  const analyst = createAnalyst({
    logs: readerOver(records),
    models: model ? [model] : [],
    language: 'en',
    timeZone: 'UTC',
    log,
  });
  const events = analyst.ask(
    { kind: 'why', text: '', language: 'en' },
    { useModel: model !== undefined, fresh: true },
  );
  await drain(events);
}

function showing(text: string): void {
  const view = answerView(answerOf(text), speech('en', 'UTC'), { kind: 'why' });
  toBlocks(view);
  toStreamText(view);
  toDiscord(view);
  clean(view);
  answerText(answerOf(text), 'en');
}

function replying(text: string): void {
  const raw = JSON.stringify({ claims: [{ type: text, of: text, than: text }], hypothesis: text });
  claimsSoFar(raw.slice(0, -3));
  for (const form of [raw, text, raw.slice(0, -9)])
    try {
      readObject(form, replySchema);
    } catch {
      // Most are no reply.
    }
  cleanHypothesis(text, text, ['shop']);
  isInstruction(text);
  reachingOut(text);
}

/** Ways that cut at line ends: what is many lines is no line there. */
const BY_LINE = new Set([
  'a line behind a trace',
  'why: pack, mask, and what a model says of it checked',
  'decode, join, normalize, mine, detect',
  'CSV row',
  'why: evidence and causes',
  'pack',
]);

const WAYS: Record<string, () => Way> = {
  'decode, join, normalize, mine, detect': ingesting,
  'syslog frame, normalize, mine, sessions': receiving,
  'a line behind a trace': () => (text) =>
    drain(joinEvents(splitLines(once(`Traceback (most recent call last):\n  File "a"\n${text}\n${text}`)))),
  'a message on the bus': () => (text) => {
    try {
      return readLogMessage(messageOf(text));
    } catch {
      return undefined; // Not meant as JSON after all.
    }
  },
  'the key of a session': () => {
    const lines = (text: string) => [{ text, source: 'hostile', position: '1' }];
    // That the line has no such key is said at the end, as an error.
    return (text) => drain(detectIn(asBatch(lines(text)), { key: 'a' })).catch(onlyNotFound);
  },
  'rules of routes': () => (text) =>
    ['*a*b*c*d*', '*error*timeout*', '*0*?*.*'].map((glob) => fitsGlob(glob, text)),
  'CSV row': () => (text) => drain(readCsv(splitLines(once(`timestamp,level,message\n1,error,${text}`)))),
  'why: evidence and causes': () => (text) => asking(text),
  'why: pack, mask, and what a model says of it checked': () => (text) => {
    const room = REPLY / 3;
    const head = text.slice(0, room);
    const said = head.slice(0, (room * room) / JSON.stringify(head).length);
    const reply = JSON.stringify({ claims: [{ type: 'count', of: 'S1', than: said }], hypothesis: said });
    return asking(
      text,
      fakeModel(() => reply, { external: true }),
    );
  },
  pack: () => (text) => packText(`${text}\n${text}`, 1_000),
  redact: () => (text) => {
    redactCredentials(text);
    redact(text);
    try {
      createRedactor({ personal: true, addresses: true, names: true }).mask(text);
    } catch {
      // It may refuse: then nothing is sent.
    }
  },
  'escape and view': () => showing,
  'a model that repeats it': () => replying,
};

const messageOf = (text: string): BusMessage => ({
  topic: 'log-stream',
  partition: 0,
  offset: '1',

  value: Buffer.from(text),
  headers: {},
  timestamp: AT,
});

async function* asBatch(lines: SourceLine[]): AsyncGenerator<SourceLine[]> {
  yield lines;
}

/** The plain way: one pass over every character. */
function plainly(text: string): number {
  let sum = 0;
  for (let i = 0; i < text.length; i += 1) sum += text.charCodeAt(i);
  return sum;
}

async function timeOf(way: Way, text: string): Promise<number> {
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < AGAIN; round += 1) {
    const started = performance.now();
    await way(text);
    best = Math.min(best, performance.now() - started);
    if (best < SUSPECT_MS || (round > 0 && best > HOPELESS_MS)) break;
  }
  return best;
}

/** The worst of all shapes on every way a line takes, in milliseconds a line of 64 KB. */
export async function benchHostile(): Promise<Figure[]> {
  const shapes = [...hostileShapes()];
  const linear = shapes.map(({ text }) => {
    const started = performance.now();
    plainly(text);
    return performance.now() - started;
  });
  const plain = linear.sort((a, b) => a - b)[linear.length >> 1]!;
  const figures: Figure[] = [];
  for (const [name, make] of Object.entries(WAYS)) {
    if (process.env.BENCH_WAY && !name.includes(process.env.BENCH_WAY)) continue;
    const way = make();
    for (const { text } of shapes.slice(0, 20)) await way(text);
    const times: { shape: Shape; ms: number }[] = [];
    for (const shape of shapes.filter(({ text }) => !BY_LINE.has(name) || !text.includes('\n')))
      times.push({ shape, ms: await timeOf(way, shape.text) });
    times.sort((a, b) => b.ms - a.ms);
    if (process.env.BENCH_WORST)
      for (const { shape, ms } of times.slice(0, Number(process.env.BENCH_WORST)))
        console.log(`    ${ms.toFixed(1).padStart(9)} ms  ${shape.name}`);
    const worst = times[0]!;
    figures.push({
      name: `hostile: ${name}, worst of ${times.length} lines of 64 KB (${worst.shape.name}; median ${times[times.length >> 1]!.ms.toFixed(2)} ms)`,
      value: worst.ms,
      unit: 'ms',
      ratio: worst.ms / plain,
      against: 'one pass over its characters',
    });
  }
  return figures;
}
