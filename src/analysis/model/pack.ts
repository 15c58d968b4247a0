import { isError, type LogRecord } from '../../domain/log/record.ts';
import { withoutControlSequences } from '../../domain/text/control-sequences.ts';
import { figure } from '../../i18n/numbers.ts';
import { redactCredentials } from '../../masking/redact.ts';
import type { Evidence } from '../evidence/evidence.ts';
import type { FailureGroup } from '../evidence/failure-groups.ts';
import { Lexicon } from '../lexicon/lexicon.ts';
import { isFrame } from '../logs/failure.ts';
import { maskPattern } from '../logs/reader.ts';
import type { Ranking, RuledOut } from '../ranking/ranking.ts';
import { type Subject, subjectsOf } from '../verify/subjects.ts';

/** Tokens of evidence for a model unless the asker says how many; more makes answers slower, not better. */
export const PACK_TOKENS = 6_000;

/** Tokens as estimated here: characters / 4. Real tokenizers need more for log text; callers keep a reserve. */
export const estimateTokens = (text: string): number => Math.ceil(text.length / 4);

/** Colour codes as some collectors write them: `^[[31m`. */
const SPELLED = /\^\[\[[0-9;]*[A-Za-z]/g;
const withoutColours = (line: string): string => withoutControlSequences(line).replace(SPELLED, '');
const LEADING_TIME = /^\S{0,3}\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d+)?(?:Z|[+-]\d\d:?\d\d)?\]?\s?/;
const LONGEST_LINE = 1_200;
/** A line longer than this must have a higher score to be kept. */
const USUAL_LINE = 160;

const LEXICON = new Lexicon('pack-signals');
/** The score of a line by its words; the first match counts. */
const SIGNALS: [number, RegExp][] = [
  [5, LEXICON.pattern('error-line', '')],
  [4, LEXICON.pattern('failure-mark', '')],
  [3.5, LEXICON.pattern('exit-code')],
  [3, LEXICON.pattern('comparison')],
  [2.5, LEXICON.pattern('failure-word')],
  [1.8, LEXICON.pattern('job-name')],
  [1.5, LEXICON.pattern('summary')],
  [1, LEXICON.pattern('warning')],
];
const HARMLESS = LEXICON.pattern('harmless');

interface Line {
  index: number;
  text: string;
  /** The time at the beginning of the text, with what separates it from the rest. */
  time: string;
  signal: number;
  score: number;
}

/**
 * Fits raw log text into a token budget: the lines that show the failure and the lines around them, in their order. Gaps are
 * marked with their length, and a time is repeated only when a second has passed. Never over the budget.
 * @param budget in tokens of four characters
 */
export function packLines(input: readonly string[], budget: number): string {
  const limit = Math.max(0, Math.floor(budget)) * 4;
  const texts = input.map((line) => redactCredentials(cutLong(withoutColours(line).trimEnd())));
  const whole = texts.join('\n');
  if (whole.length <= limit) return whole;
  return render(select(scoreLines(texts), limit), limit);
}

/** `packLines` for a text as it came from a file. */
export const packText = (text: string, budget: number): string => packLines(text.split(/\r?\n/), budget);

/** A pattern without its quoted names and paths: two patterns with the same rest make the same kind of statement. */
const kindOf = (pattern: string): string =>
  pattern.replace(/(['"`]).*?\1/g, '<*>').replace(/[\w.@<>*-]*[/\\.:]\S*/g, '<*>');

function scoreLines(texts: readonly string[]): Line[] {
  const patterns = texts.map((text) => maskPattern(text.replace(LEADING_TIME, '')));
  const counts = new Map<string, number>();
  for (const pattern of patterns) counts.set(pattern, (counts.get(pattern) ?? 0) + 1);
  const seen = new Map<string, number>();
  const seenKinds = new Map<string, number>();
  const lines: Line[] = texts.map((text, index) => {
    const pattern = patterns[index]!;
    const nth = (seen.get(pattern) ?? 0) + 1;
    seen.set(pattern, nth);
    const kind = kindOf(pattern);
    const nthOfKind = (seenKinds.get(kind) ?? 0) + 1;
    seenKinds.set(kind, nthOfKind);
    const time = LEADING_TIME.exec(text)?.[0] ?? '';
    const body = text.slice(time.length);
    const words = HARMLESS.test(body) ? 0.5 : (SIGNALS.find(([, signal]) => signal.test(body))?.[0] ?? 0);
    // A message that is repeated a thousand times says everything the first time: later copies count less and less.
    const rarity = 1 / (1 + Math.log2(counts.get(pattern)!));
    // The same complaint about another file, test or name is not an exact repetition, but counts less too.
    const repeat = nth ** -0.5 * nthOfKind ** -0.25;
    // The end of a log is nearer to its failure than its beginning.
    const place = 0.85 + 0.3 * (index / Math.max(1, texts.length - 1));
    const signal = words * (0.35 + 0.65 * rarity) * repeat * place * (isFrame(body) ? 0.6 : 1);
    return { index, text, time, signal, score: signal };
  });
  // Context: an error raises the score of the lines before it, and of more lines after it (stack, diff, details).
  lines.forEach((line, index) => {
    if (line.signal < 1.2) return;
    for (let offset = -4; offset <= 8; offset += 1) {
      const near = lines[index + offset];
      if (!near || offset === 0 || near.text.trim() === '') continue;
      const share = offset < 0 ? 0.55 * 0.75 ** (-offset - 1) : 0.62 * 0.85 ** (offset - 1);
      near.score = Math.max(near.score, near.signal + 0.25 * line.signal * share, line.signal * share);
    }
  });
  // The last lines show how it ended.
  for (const line of lines.slice(-12)) line.score = Math.max(line.score, 0.6);
  return lines;
}

const GAP = '… 000000 lines';

/** The seconds of a leading time: `2026-03-01T10:00:00`. */
const SECONDS = /\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d/;

/** A line as it is shown in the pack: within a run of lines, a time is repeated only when a second has passed. */
function shown(line: Line, before: Line | undefined): string {
  const again = before && line.time && SECONDS.exec(before.time)?.[0] === SECONDS.exec(line.time)?.[0];
  return again ? line.text.slice(line.time.length) : line.text;
}

/** A line's score in relation to its length: of two with the same score the shorter one is used first. */
const worth = (line: Line): number =>
  line.score / Math.max(1, (line.text.length - line.time.length) / USUAL_LINE) ** 0.3;

function select(lines: Line[], limit: number): Line[] {
  const order = lines
    .filter((line) => line.text.trim() !== '')
    .toSorted((a, b) => worth(b) - worth(a) || b.index - a.index);
  const chosen = new Set<number>();
  let size = 0;
  // Neighbouring lines save characters, which is known only at the end: a second round uses them.
  for (let round = 0; round < 2; round += 1) {
    for (const line of order) {
      if (chosen.has(line.index)) continue;
      // A line costs its text, and the mark of a gap unless it closes one.
      const joins = (chosen.has(line.index - 1) ? 1 : 0) + (chosen.has(line.index + 1) ? 1 : 0);
      const before = chosen.has(line.index - 1) ? lines[line.index - 1] : undefined;
      const cost = shown(line, before).length + 1 + (1 - joins) * (GAP.length + 1);
      if (size + cost > limit - GAP.length - 2) continue;
      chosen.add(line.index);
      size += cost;
    }
    size = render(
      lines.filter((line) => chosen.has(line.index)),
      limit,
    ).length;
  }
  return lines.filter((line) => chosen.has(line.index));
}

function render(lines: Line[], limit: number): string {
  const out: string[] = [];
  let before: Line | undefined;
  for (const line of lines) {
    const gap = line.index - (before ? before.index + 1 : 0);
    if (gap > 0) out.push(`… ${gap} line${gap === 1 ? '' : 's'}`);
    out.push(shown(line, gap === 0 ? before : undefined));
    before = line;
  }
  const text = out.join('\n');
  return text.length <= limit ? text : text.slice(0, limit);
}

const cutLong = (line: string): string =>
  line.length <= LONGEST_LINE ? line : `${line.slice(0, LONGEST_LINE - 1)}…`;

/**
 * The evidence as text for a model, most important first: figures, the ranked causes with the lines that prove
 * them, other failing templates, what is new or gone, changes, silences. Never over `budget` tokens.
 */
export function packEvidence(evidence: Evidence, ranking: Ranking, budget: number): string {
  const limit = Math.max(0, Math.floor(budget)) * 4;
  const ids = idsOf(subjectsOf(evidence, ranking));
  const items = [figures(evidence, ids)];
  ranking.causes.slice(0, 5).forEach((cause, index) => {
    const by = cause.reporters.length > 0 ? `, named by ${cause.reporters.join(', ')}` : '';
    items.push(
      block(
        `cause ${index + 1}: ${ids.service(cause.service)} (${cause.kind}; own lines ${cause.own}, lines naming it ${cause.named}${by})`,
        cause.lines,
      ),
    );
  });
  if (ranking.either)
    items.push(`one of these, and nothing tells which: ${ranking.either.services.join(', ')}`);
  for (const entry of ranking.ruledOut)
    items.push(`ruled out: ${ids.service(entry.service)}, ${ruledOutBy(entry)}`);
  for (const group of evidence.failures.slice(0, 30))
    items.push(
      block(
        `failing: ${ids.message(group)}${ids.service(group.service)} ${group.count} lines, before ${Math.round(group.before)}: ${group.pattern.slice(0, 200)}`,
        group.lines.slice(0, 2),
      ),
    );
  for (const { traceId, services, failedIn, lines } of evidence.traces)
    items.push(
      block(
        `request ${traceId}: ${services.join(' → ')}, failed first in ${failedIn}`,
        lines.filter((record) => isError(record.level)).slice(0, 4),
      ),
    );
  for (const { service, last } of evidence.silences)
    items.push(block(`silent: ${ids.service(service)}, last line`, [last]));
  for (const record of evidence.events.slice(-10))
    items.push(block(`change ${ids.event(record)}`.trim(), [record]));
  for (const change of evidence.changes)
    items.push(
      block(
        `${change.kind}: ${change.count} lines, before ${change.before}: ${change.pattern.slice(0, 200)}`,
        change.lines.slice(0, 1),
      ),
    );
  let out = '';
  for (const item of items) {
    const next = `${out}${out ? '\n' : ''}${item}`;
    if (next.length <= limit) out = next;
  }
  return out;
}

/** Ids of things of the evidence, each with a blank behind it; empty where a thing has none. */
interface Ids {
  service(name: string): string;
  message(group: FailureGroup): string;
  event(record: LogRecord): string;
  requests(endpoint: string): string;
}

function idsOf(subjects: ReadonlyMap<string, Subject>): Ids {
  const all = [...subjects.values()];
  const idOf = (matches: (subject: Subject) => boolean): string => {
    const found = all.find(matches);
    return found ? `${found.id} ` : '';
  };
  return {
    service: (name) =>
      `${idOf((one) => one.sort === 'service' && (one.service === name || one.names.includes(name)))}${name}`,
    message: (group) => idOf((one) => one.sort === 'message' && one.groups.includes(group)),
    event: (record) => idOf((one) => one.sort === 'event' && one.record === record),
    requests: (endpoint) => idOf((one) => one.sort === 'requests' && one.endpoint === endpoint),
  };
}

const ruledOutBy = (entry: RuledOut): string =>
  entry.why === 'caller'
    ? `its errors name ${entry.because}`
    : entry.why === 'working'
      ? `known on port ${entry.port}, but it goes on working`
      : RULED_OUT_BY[entry.why];

const RULED_OUT_BY = {
  usual: 'its errors are as many as before',
  steady: 'its errors came at the same rate all the time',
  settled: 'its errors ended when all had started',
};

/** Endpoints that are named. */
const ENDPOINTS = 8;

/** Frames of a stack trace that are shown; the head and every `Caused by` stay. */
const FRAMES = 2;

/** A joined stack trace with its frames counted instead of listed. */
export function foldStack(text: string): string {
  if (!text.includes('\n')) return text;
  const out: string[] = [];
  let frames = 0;
  const fold = (): void => {
    if (frames > FRAMES) out.push(`\t… ${frames - FRAMES} frame${frames === FRAMES + 1 ? '' : 's'}`);
    frames = 0;
  };
  for (const line of text.split('\n')) {
    if (isFrame(line)) {
      frames += 1;
      if (frames <= FRAMES) out.push(line);
    } else {
      fold();
      out.push(line);
    }
  }
  fold();
  return out.join('\n');
}

const block = (head: string, lines: readonly LogRecord[]): string =>
  [
    head,
    ...lines.map(
      (record) =>
        `  ${new Date(record.timestamp).toISOString()} ${record.service} | ${cutLong(foldStack(withoutColours(record.line)))}`,
    ),
  ].join('\n');

function figures(evidence: Evidence, ids: Ids): string {
  const { window } = evidence.span;
  const { requests } = evidence;
  const iso = (at: number): string => new Date(at).toISOString();
  const out = [
    `window ${iso(window.from)} to ${iso(window.to)}: ${figure(evidence.records)} lines, ${figure(evidence.errors)} errors`,
    `services: ${evidence.services
      .slice(0, 20)
      .map((entry) => `${ids.service(entry.service)} ${entry.count} lines ${entry.errors} errors`)
      .join('; ')}`,
  ];
  if (requests.requests > 0) {
    const mean = requests.meanMs === undefined ? '' : `, mean response time ${figure(requests.meanMs)} ms`;
    const endpoints = requests.endpoints
      .slice(0, ENDPOINTS)
      .map((entry) => `${ids.requests(entry.endpoint)}${entry.endpoint} ${entry.count}`);
    out.push(`requests: ${figure(requests.requests)}${mean}; busiest endpoints: ${endpoints.join('; ')}`);
    out.push(
      `status codes: ${requests.statuses
        .slice(0, 8)
        .map((entry) => `${entry.status} ${entry.count}`)
        .join('; ')}`,
    );
  }
  if (evidence.errorCodes.length > 0)
    out.push(
      `error codes: ${evidence.errorCodes.map((entry) => `${entry.label} ${entry.count}`).join('; ')}`,
    );
  return out.join('\n');
}
