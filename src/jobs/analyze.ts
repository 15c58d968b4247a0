import type { Analyst } from '../analysis/analyst.ts';
import { findBulk } from '../analysis/logs/log-extent.ts';
import type { LogBucket, LogFilter, LogStore } from '../backends/logs/store.ts';
import type { JobContext, JobHandler } from '../backends/queue/queue.ts';
import type { StateStore } from '../backends/state/store.ts';
import { AppError } from '../domain/errors.ts';
import {
  type AnalysisReport,
  type JobProgress,
  type Jobs,
  KEEP_DAYS,
  type TemplateFigure,
} from '../domain/job/job.ts';
import { cutText, type TimeWindow } from '../domain/log/record.ts';
import type { Answer } from '../domain/question/answer.ts';
import { DAY } from '../domain/time/units.ts';
import { type Checkpoint, takeCheckpoint } from './checkpoint.ts';
import type { GpuGate } from './gpu/gpu-gate.ts';
import { append, bucketWidth, windowParts } from './series.ts';

/** Most templates of each part, and of all parts together. */
const TEMPLATES = 10_000;
const PATTERN = 300;
/** Templates in the report. */
const TOP = 30;
/** The share of the progress that is reading; the rest is the answer of the analyst. */
const SCAN_SHARE = 0.8;
const STEP_FRACTION = { window: 0.82, evidence: 0.85, causes: 0.88, model: 0.9, verify: 0.97 } as const;
/** Progress is reported, and saved for a worker that takes the job over, at most this often, in milliseconds. */
const TELL_MS = 250;
const SAVE_MS = 1_000;

/** What is known when some parts of the window are read. */
interface Progress {
  /** As it was when the job began: the store may grow meanwhile. */
  window: TimeWindow;
  /** How many parts are read. */
  read: number;
  records: number;
  series: LogBucket[];
  templates: TemplateFigure[];
  answer?: Answer;
}

export interface AnalyzeParts {
  logs: LogStore;
  state: StateStore;
  analyst: Pick<Analyst, 'ask'>;
  /** How long a report can be downloaded, in days; 30 when absent. */
  keepDays?: number;
  /** Makes the job wait while the GPU of this machine is too hot; absent if the models run elsewhere. */
  gate?: GpuGate;
}

/** The id of a job's report in the state store; it can be downloaded under it. */
export const reportId = (jobId: string): string => `report/${jobId}`;

/**
 * The analysis of a long window. Map: the log store counts each part of it by template. Reduce: the counts are added
 * up; they are exact, however many lines there are. Then the analyst explains the whole. After each part and after
 * the answer another worker can go on from there. Ends with AppError `stopped` at the next part once the job is
 * stopped.
 */
export function analyzeHandler(parts: AnalyzeParts): JobHandler<'analyze'> {
  const { logs, state, keepDays = KEEP_DAYS.report } = parts;
  return async (payload, context) => {
    const { signal } = context;
    const { services } = payload;
    const checkpoint = await takeCheckpoint<Progress>(state, context.id);
    const window = checkpoint.value?.window ?? (await overlap(payload.window, logs));
    let done: Progress = checkpoint.value ?? { window, read: 0, records: 0, series: [], templates: [] };
    const filter: LogFilter = { ...window, ...(services?.length ? { services } : {}) };
    const tell = throttled(context.progress);

    const slices = windowParts(window, bucketWidth(window));
    const { total } = await logs.search(filter, { limit: 1, signal });
    const scanned = (): JobProgress => ({
      fraction: SCAN_SHARE * (slices.length > 0 ? done.read / slices.length : 1),
      step: 'step.scan',
      done: done.records,
      // Records that arrive meanwhile belong to the window too.
      total: Math.max(total, done.records),
    });
    await tell(scanned(), true);
    let saved = performance.now();
    while (done.read < slices.length) {
      signal.throwIfAborted();
      done = await count(logs, { ...filter, ...slices[done.read]! }, bucketWidth(window), done);
      if (performance.now() - saved >= SAVE_MS || done.read === slices.length) {
        await checkpoint.save(done);
        saved = performance.now();
      }
      await tell(scanned());
    }
    signal.throwIfAborted();

    if (!done.answer) {
      const answer = await explain(parts, payload, window, context, (step, paused) =>
        tell({ ...scanned(), ...step, ...(paused ? { paused } : {}) }, paused !== undefined),
      );
      done = { ...done, answer };
      await checkpoint.save(done);
    }
    await tell({ ...scanned(), fraction: 1, step: 'step.verify' }, true);
    return finish(state, context.id, done, checkpoint, keepDays * DAY);
  };
}

/** Stores the report for download and forgets the checkpoint. */
async function finish(
  state: StateStore,
  jobId: string,
  { window, records, series, templates, answer }: Progress,
  checkpoint: Checkpoint<Progress>,
  ttlMs: number,
): Promise<AnalysisReport> {
  const top = [...templates].sort(byWeight).slice(0, TOP);
  const report = { answer: answer!, records, templates: templates.length, window, series, top };
  await state.commit({ put: [{ kind: 'analysis', id: reportId(jobId), value: report, ttlMs }] });
  await checkpoint.clear();
  return report;
}

/** Map and reduce of one part: its counts by template and bucket, added to those of the parts before it. */
async function count(
  logs: LogStore,
  filter: LogFilter & TimeWindow,
  width: number,
  done: Progress,
): Promise<Progress> {
  const [counts, buckets] = await Promise.all([
    logs.counts(filter, 'template', TEMPLATES),
    logs.histogram(filter, width),
  ]);
  const templates = new Map(done.templates.map((figure) => [figure.id, figure]));
  for (const { key, label, count: found, errors, first, last } of counts) {
    const known = templates.get(key);
    const peak = known && known.peak.count >= found ? known.peak : { at: filter.from, count: found };
    templates.set(key, {
      id: key,
      pattern: known?.pattern ?? cutText(label, PATTERN),
      count: (known?.count ?? 0) + found,
      errors: (known?.errors ?? 0) + errors,
      first: Math.min(known?.first ?? first, first),
      last: Math.max(known?.last ?? last, last),
      peak,
    });
  }
  const kept = [...templates.values()];
  return {
    ...done,
    read: done.read + 1,
    records: done.records + buckets.reduce((sum, bucket) => sum + bucket.total, 0),
    series: append(done.series, buckets),
    // If there are too many, those with the fewest lines are left out.
    templates: kept.length > TEMPLATES ? kept.sort(byWeight).slice(0, TEMPLATES) : kept,
  };
}

/** Errors first, then the most frequent. */
const byWeight = (a: TemplateFigure, b: TemplateFigure): number =>
  b.errors - a.errors || b.count - a.count || (a.id < b.id ? -1 : 1);

async function explain(
  { analyst, gate }: AnalyzeParts,
  { text, language, services, asker }: Jobs['analyze']['payload'],
  window: TimeWindow,
  { signal }: JobContext,
  tell: (step: Pick<JobProgress, 'fraction' | 'step'>, paused?: JobProgress['paused']) => Promise<void>,
): Promise<Answer> {
  // The memory need not be free: the model is loaded already, or unloads others. Only heat makes it wait.
  await gate?.enter(0, signal, (paused) => tell({ fraction: SCAN_SHARE, step: 'step.waiting' }, paused));
  const question = {
    kind: 'why',
    text,
    language,
    window,
    ...(services?.length ? { services } : {}),
  } as const;
  let answer: Answer | undefined;
  const options = { signal, lane: 'batch', ...(asker ? { asker } : {}) } as const;
  for await (const event of analyst.ask(question, options)) {
    signal.throwIfAborted();
    if (event.kind === 'step')
      await tell({ fraction: STEP_FRACTION[event.step], step: `step.${event.step}` });
    else if (event.kind === 'answer') answer = event.answer;
  }
  signal.throwIfAborted();
  if (!answer) throw new AppError('internal', 'the analyst gave no answer');
  return answer;
}

/**
 * The part of the asked window in which most of the stored lines are, so that a chart of "the last 30 days" is not
 * almost empty.
 */
async function overlap(asked: TimeWindow, logs: LogStore): Promise<TimeWindow> {
  const bulk = await findBulk(logs, Date.now());
  if (!bulk) return asked;
  const { extent } = bulk;
  const from = Math.max(asked.from, extent.from);
  const to = Math.min(asked.to, extent.to);
  return from < to ? { from, to } : asked;
}

/** Passes on progress, but not more often than every `TELL_MS` for one step; `always` for the first and the last. */
function throttled(
  progress: (progress: JobProgress) => Promise<void>,
): (progress: JobProgress, always?: boolean) => Promise<void> {
  let last = { at: Number.NEGATIVE_INFINITY, step: '' };
  return async (next, always = false) => {
    const at = performance.now();
    if (!always && next.step === last.step && at - last.at < TELL_MS) return;
    last = { at, step: next.step };
    await progress(next);
  };
}
