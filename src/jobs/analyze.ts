import type { Analyst } from '../analysis/analyst.ts';
import type { LogFilter, LogStore } from '../backends/logs/store.ts';
import type { JobHandler } from '../backends/queue/queue.ts';
import type { Answer } from '../domain/answer.ts';
import { AppError } from '../domain/errors.ts';
import type { JobProgress } from '../domain/job.ts';
import { isError, type LogRecord, type TimeWindow } from '../domain/record.ts';

/** Most points of the chart's series. */
const MAX_BUCKETS = 120;
/** Bucket widths that read well on a time axis, in milliseconds: 1 s to 1 day. */
const BUCKET_WIDTHS = [
  1_000, 5_000, 10_000, 30_000, 60_000, 300_000, 600_000, 1_800_000, 3_600_000, 10_800_000, 21_600_000,
  43_200_000, 86_400_000,
];
/** Reading takes the first part of the bar; asking the analyst the rest. */
const SCAN_SHARE = 0.8;
const STEP_FRACTION = { window: 0.82, evidence: 0.85, causes: 0.88, model: 0.9, verify: 0.97 } as const;
/** Progress is told at most this often, in milliseconds. */
const TELL_MS = 250;

/**
 * The heavy analysis of a long window: every record of it is read (counts and the chart's series are exact), then
 * the analyst explains it. Ends with AppError `stopped` at the next batch once the job is stopped.
 */
export function analyzeHandler(logs: LogStore, analyst: Pick<Analyst, 'ask'>): JobHandler<'analyze'> {
  return async ({ window: asked, services, text, language, asker }, { signal, progress }) => {
    const tell = throttled(progress);
    const window = await overlap(asked, logs);
    const filter: LogFilter = { ...window, ...(services?.length ? { services } : {}) };
    const { total } = await logs.search(filter, { limit: 1, signal });
    await tell({ fraction: 0, step: 'step.scan', done: 0, total }, true);

    const series = new Series(window);
    const templates = new Set<string>();
    let records = 0;
    for await (const batch of logs.scan(filter, { signal })) {
      signal.throwIfAborted();
      for (const record of batch) {
        series.add(record);
        if (record.template) templates.add(record.template.id);
      }
      records += batch.length;
      // Records that arrive meanwhile belong to the window too.
      const fraction = SCAN_SHARE * Math.min(1, records / Math.max(total, records, 1));
      await tell({ fraction, step: 'step.scan', done: records, total: Math.max(total, records) });
    }
    signal.throwIfAborted();

    let answer: Answer | undefined;
    const question = {
      kind: 'why',
      text,
      language,
      window,
      ...(services?.length ? { services } : {}),
    } as const;
    for await (const event of analyst.ask(question, { signal, lane: 'batch', ...(asker ? { asker } : {}) })) {
      signal.throwIfAborted();
      if (event.kind === 'step')
        await tell({
          fraction: STEP_FRACTION[event.step],
          step: `step.${event.step}`,
          done: records,
          total: records,
        });
      else if (event.kind === 'answer') answer = event.answer;
    }
    signal.throwIfAborted();
    if (!answer) throw new AppError('internal', 'the analyst gave no answer');
    await tell({ fraction: 1, step: 'step.verify', done: records, total: records }, true);
    return { answer, records, templates: templates.size, window, series: series.buckets };
  };
}

/** The part of the asked window that the store covers, so that a chart of "the last 30 days" is not mostly empty. */
async function overlap(asked: TimeWindow, logs: LogStore): Promise<TimeWindow> {
  const extent = await logs.extent();
  if (!extent) return asked;
  const from = Math.max(asked.from, extent.from);
  const to = Math.min(asked.to, extent.to);
  return from < to ? { from, to } : asked;
}

/** Lines and errors per bucket over the whole window, buckets without records included. */
class Series {
  readonly buckets: { at: number; total: number; errors: number }[] = [];
  readonly #start: number;
  readonly #width: number;

  constructor({ from, to }: TimeWindow) {
    const fits = (width: number): boolean => (to - from) / width <= MAX_BUCKETS - 1;
    this.#width = BUCKET_WIDTHS.find(fits) ?? Math.ceil((to - from) / (MAX_BUCKETS - 1));
    this.#start = Math.floor(from / this.#width) * this.#width;
    for (let at = this.#start; at < to; at += this.#width) this.buckets.push({ at, total: 0, errors: 0 });
  }

  add({ timestamp, level }: LogRecord): void {
    const bucket = this.buckets[Math.floor((timestamp - this.#start) / this.#width)];
    if (!bucket) return;
    bucket.total += 1;
    if (isError(level)) bucket.errors += 1;
  }
}

/** Passes on what is new in time; `always` for the first and the last word. */
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
