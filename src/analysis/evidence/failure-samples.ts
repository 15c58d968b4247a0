import type { LogCount, LogFilter, RequestStats } from '../../backends/logs/store.ts';
import type { Level, LogRecord } from '../../domain/log/record.ts';
import { isFrame, mayFail } from '../logs/failure.ts';
import type { LogReader } from '../logs/reader.ts';
import type { Sampled } from './failure-groups.ts';
import type { Scopes } from './scopes.ts';

const SUSPECTS = 80;
/** Lines read per failing template: more of the most suspicious templates, whose lines may differ. */
const SAMPLE = 24;
const WIDE_SAMPLE = 240;
const WIDE = 16;

const FAILED: Level[] = ['error', 'fatal'];
/** Calm lines of failed requests are read only if a status has at least this many: a few fail in healthy systems too. */
const FAILING = 5;
/** Levels are sampled and counted apart, so that calm lines do not count as failed ones, or the other way round. */
const BANDS: Level[][] = [FAILED, ['warn'], ['info', 'debug', 'trace']];

/** What is known about the templates besides their counts. */
export interface SuspectOptions extends Scopes {
  /** Template → lines before the window, for as long a time as the window. */
  earlier: ReadonlyMap<string, number>;
  /** Templates of which some lines are warnings. */
  warns: ReadonlySet<string>;
  /** Statuses of the requests in the window: a failed one may be in a calm line whose template does not show it. */
  statuses: RequestStats['statuses'];
  /** Whether the time before has so many lines that what it lacks is new. */
  compared: boolean;
  signal?: AbortSignal | undefined;
}

/**
 * Samples of the templates that may report failures, the most suspicious first. A template whose lines have several levels gives
 * one for each kind of level.
 */
export async function sampleSuspects(
  logs: LogReader,
  templates: readonly LogCount[],
  asked: SuspectOptions,
): Promise<Sampled[]> {
  const { earlier, warns, signal } = asked;
  const served = await failedRequests(logs, asked);
  const suspects = templates
    .filter(
      (entry) => entry.errors > 0 || mayFail(entry.label) || warns.has(entry.key) || served.has(entry.key),
    )
    .filter((entry) => !isFrame(entry.label))
    .sort((a, b) => suspicion(b, earlier) - suspicion(a, earlier))
    .slice(0, SUSPECTS);
  const out: Sampled[] = [];
  for (const [index, entry] of suspects.entries()) {
    for (const band of await bandsOf(logs, entry, asked))
      out.push(await sampled(logs, entry, band, index < WIDE ? WIDE_SAMPLE : SAMPLE, asked));
    signal?.throwIfAborted();
  }
  return out;
}

/** Templates of failed requests (5xx), whatever level their lines have. */
async function failedRequests(
  logs: LogReader,
  { now, statuses, signal }: SuspectOptions,
): Promise<ReadonlySet<string>> {
  const out = new Set<string>();
  for (const { status } of statuses.filter((one) => one.status >= 500 && one.count >= FAILING)) {
    const { records } = await logs.search({ ...now, text: String(status) }, { limit: WIDE_SAMPLE, signal });
    for (const { request, template } of records)
      if (request?.status === status && template) out.add(template.id);
  }
  return out;
}

interface LevelBand {
  /** Undefined where all lines of the template are of one kind of level. */
  levels?: Level[];
  count: number;
}

async function bandsOf(
  logs: LogReader,
  { key, count, errors }: LogCount,
  { now }: SuspectOptions,
): Promise<LevelBand[]> {
  if (errors === count) return [{ count }];
  const levels = await logs.counts({ ...now, templateIds: [key] }, 'level', 10);
  const bands = BANDS.map((band) => ({
    levels: band,
    count: levels.filter((one) => band.includes(one.key as Level)).reduce((sum, one) => sum + one.count, 0),
  })).filter((band) => band.count > 0);
  return bands.length > 1 ? bands : [{ count }];
}

async function sampled(
  logs: LogReader,
  entry: LogCount,
  { levels, count }: LevelBand,
  limit: number,
  { now, before, firstHalf, scale, earlier, compared, signal }: SuspectOptions,
): Promise<Sampled> {
  const only: LogFilter = { templateIds: [entry.key], ...(levels ? { levels } : {}) };
  const asked = { ...now, ...only };
  const newest = (await logs.search(asked, { limit, order: 'newest', signal })).records;
  const oldest =
    count > newest.length
      ? (await logs.search(asked, { limit: limit / 4, order: 'oldest', signal })).records
      : [];
  const seen = new Set(newest.map((record) => record.id));
  const lines: LogRecord[] = [...newest, ...oldest.filter((record) => !seen.has(record.id)).reverse()];
  // A template whose lines in the window are all failures may have had calm lines before.
  const past = levels ?? (entry.errors > 0 ? FAILED : undefined);
  const [here, then, begun] = await Promise.all([
    logs.counts(asked, 'service', 1_000),
    before && earlier.has(entry.key)
      ? logs.counts(
          { ...before, templateIds: [entry.key], ...(past ? { levels: past } : {}) },
          'service',
          1_000,
        )
      : [],
    firstHalf ? logs.counts({ ...asked, ...firstHalf }, 'service', 1_000) : undefined,
  ]);
  return {
    entry,
    lines,
    asked,
    now: here,
    before: then,
    scale,
    compared,
    ...(begun ? { firstHalf: begun } : {}),
  };
}

/** Which failing templates come first if there are too many to sample all. */
function suspicion(entry: LogCount, earlier: ReadonlyMap<string, number>): number {
  const was = earlier.get(entry.key);
  const novelty = was === undefined ? 3 : entry.count > 2 * was ? 2 : 0.3;
  return novelty * (1 + Math.log2(1 + entry.count)) * (entry.errors > 0 ? 2 : 1);
}
