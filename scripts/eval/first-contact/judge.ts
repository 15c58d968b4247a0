// How right the answers about one case are. Every figure is defined where it is computed.
import type { Answers } from './ask.ts';
import type { Truth } from './case.ts';

/** `undefined` where the case does not ask for the figure. */
export interface Verdict {
  broken: boolean;
  /** An incident is the problem, and began from a minute before to ten minutes after it did. */
  seen?: boolean;
  /** That one is the most severe, and the earliest of those. */
  first?: boolean;
  /** Incidents that are not the problem; on a healthy case, all of them. */
  others: number;
  /** The first cause has the right service and words of the problem. */
  why?: boolean;
  /** The first cause's evidence has a line that proves the problem. */
  proof?: boolean;
  /** Healthy: the answer claims a cause. */
  confirmed?: boolean;
  likely?: boolean;
  /** The summary's course spans the log's own times. */
  range?: boolean;
  counts: Record<string, boolean>;
}

const MINUTE = 60_000;

type Fields = Record<string, unknown>;
const fields = (value: unknown): Fields =>
  typeof value === 'object' && value !== null ? (value as Fields) : {};
const list = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);
const text = (value: unknown): string => (value === undefined || value === null ? '' : String(value));

const matches = (patterns: string[], texts: string[]): boolean =>
  patterns.some((pattern) => texts.some((one) => one !== '' && new RegExp(pattern, 'i').test(one)));

const plain = (name: unknown): string =>
  text(name)
    .trim()
    .toLowerCase()
    .replace(/(\[\d+\])?(\.service|\.log|\.json|\.txt|\.csv)*$/, '');
const isCulprit = (service: unknown, { culprit }: Truth): boolean =>
  plain(service) !== '' && culprit.some((one) => plain(one) === plain(service));

const linesOf = (evidence: unknown): string[] =>
  list(evidence).map((one) => (typeof one === 'string' ? one : text(fields(one).line)));

function moment(value: unknown): number {
  if (typeof value === 'number') return value;
  const said = text(value);
  return Date.parse(/(Z|[+-]\d\d:?\d\d)$/.test(said) ? said : `${said}Z`);
}

/** Milliseconds from `truth` to `said`; without a look at the year where the log has none. NaN if either is no time. */
function apart(said: unknown, truth: string, yearless: boolean): number {
  const [a, b] = [moment(said), moment(truth)];
  if (!yearless || Number.isNaN(a)) return a - b;
  return new Date(a).setUTCFullYear(new Date(b).getUTCFullYear()) - b;
}

function isTheProblem(incident: Fields, truth: Truth): boolean {
  if (matches(truth.lines, linesOf(incident.evidence))) return true;
  const said = matches(truth.problem, [text(incident.title), text(incident.cause)]);
  return said && (truth.services.length < 2 || isCulprit(incident.service, truth));
}

function judgeIncidents(truth: Truth, answer: unknown): Pick<Verdict, 'seen' | 'first' | 'others'> {
  const all = list(answer).map(fields);
  if (!truth.broken) return { others: all.length };
  const hits = all.filter((one) => isTheProblem(one, truth));
  const good = hits.filter((one) => {
    if (truth.from === null) return true;
    const late = apart(one.since, truth.from, truth.yearless);
    return late >= -MINUTE && late <= 10 * MINUTE;
  });
  const [worst] = all.toSorted(
    (a, b) =>
      Number(b.severity ?? 0) - Number(a.severity ?? 0) ||
      (text(a.since) < text(b.since) ? -1 : text(a.since) > text(b.since) ? 1 : 0),
  );
  return {
    seen: good.length > 0,
    first: good.length > 0 && good.includes(worst!),
    others: all.length - hits.length,
  };
}

function judgeWhy(truth: Truth, answer: Fields): Pick<Verdict, 'why' | 'proof' | 'confirmed' | 'likely'> {
  if (!truth.broken)
    return { confirmed: answer.verdict === 'confirmed', likely: answer.verdict === 'likely' };
  const causes = list(answer.causes).map(fields);
  const [cause] = causes;
  if (cause === undefined) return { why: false, proof: false };
  const said = [text(cause.cause), text(answer.root_cause), text(list(answer.detected_issues)[0])];
  return {
    why: isCulprit(cause.service, truth) && matches(truth.problem, said),
    proof: matches(truth.lines, linesOf(cause.evidence)),
  };
}

function judgeRange({ time_range: range, yearless }: Truth, summary: Fields): boolean | undefined {
  if (range === null) return undefined;
  const course = fields(summary.course);
  const buckets = list(course.buckets).map(fields);
  const step = Number(course.bucket_ms ?? 0) + 1000;
  const near = (said: unknown, truth: string): boolean => Math.abs(apart(said, truth, yearless)) <= step;
  return buckets.length > 0 && near(buckets[0]!.at, range[0]) && near(buckets.at(-1)!.at, range[1]);
}

const endpoint = (name: unknown): string =>
  text(name)
    .trim()
    .toLowerCase()
    .replace(/\/\d+(?=\/|$)/g, '/:id');

function sameEndpoint(a: unknown, b: unknown): boolean {
  const [one, other] = [endpoint(a), endpoint(b)];
  return one === other || one.split(' ').at(-1) === other.split(' ').at(-1);
}

/** Each number of the truth: is the summary's the same? The mean may be 2 % off. */
function judgeCounts({ counts: want }: Truth, summary: Fields): Record<string, boolean> {
  const said = fields(summary.counts);
  const out: Record<string, boolean> = {};
  if (said.lines !== undefined)
    out.lines = Number(said.lines) >= Number(want.entries) && Number(said.lines) <= Number(want.lines);
  if (want.requests === undefined) return out;
  out.requests = said.requests === want.requests;
  out.errors_5xx = out.requests && (said.errors_5xx ?? 0) === want.errors_5xx;
  if (want.busiest !== undefined) {
    const busiest = typeof said.busiest === 'string' ? said.busiest : fields(said.busiest).endpoint;
    out.busiest = busiest !== undefined && sameEndpoint(busiest, want.busiest);
  }
  const mean = Number(want.mean_ms);
  if (want.mean_ms !== undefined)
    out.mean_ms = Math.abs(Number(said.mean_ms) - mean) <= Math.max(0.02 * mean, 0.5);
  return out;
}

/** Compares the answers about a case with its truth. */
export function judge(truth: Truth, answers: Answers): Verdict {
  const summary = fields(answers.summary);
  return {
    broken: truth.broken,
    ...judgeIncidents(truth, answers.incidents),
    ...judgeWhy(truth, fields(answers.why)),
    range: judgeRange(truth, summary),
    counts: judgeCounts(truth, summary),
  };
}
