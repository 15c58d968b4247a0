import type { LogCount } from '../../backends/logs/store.ts';
import type { LogRecord } from '../../domain/log/record.ts';
import { durationOf } from '../logs/durations.ts';
import type { LogReader } from '../logs/reader.ts';
import { quantile, SLOW_MS, SLOWER, SLOWER_TIMES } from '../logs/slow-stretch.ts';
import { canonicalName, type Directory } from '../service-names/names.ts';
import type { FailureGroup } from './failure-groups.ts';
import type { LogScope, Scopes } from './scopes.ts';

/** The most frequent templates are looked at, by some lines now and before. */
const TEMPLATES = 24;
const SAMPLE = 240;
/** With fewer timed lines a step's usual time is not known. */
const LEAST = 8;
const LINES = 6;

type Timed = { record: LogRecord; ms: number };

/** Steps that take clearly longer than before the window: requests for one endpoint, or lines of one template. */
export async function slowSteps(
  logs: LogReader,
  { now, before }: Scopes,
  templates: readonly LogCount[],
  directory: Directory,
): Promise<FailureGroup[]> {
  if (!before) return [];
  const out: FailureGroup[] = [];
  const others = await usualOf(logs, before, templates);
  for (const entry of templates.slice(0, TEMPLATES)) {
    const asked = { ...now, templateIds: [entry.key] };
    const timed = timesOf((await logs.search(asked, { limit: SAMPLE })).records);
    if (timed.size === 0) continue;
    const earlier = timesOf(
      (await logs.search({ ...before, templateIds: [entry.key] }, { limit: SAMPLE })).records,
    );
    const all = [...timed.values()].reduce((sum, { length }) => sum + length, 0);
    for (const [step, own] of timed) {
      const past = earlier.get(step)?.map(({ ms }) => ms) ?? [];
      // What was never done before is compared with the slower ones of all others.
      const isNew = past.length === 0 && others.length >= LEAST;
      const usual = isNew ? others : past;
      const usualMs = quantile(usual, isNew ? SLOWER : 0.5);
      const slow = own.filter(({ ms }) => ms >= SLOW_MS && ms >= SLOWER_TIMES * usualMs);
      if (usual.length < LEAST || slow.length < LEAST || slow.length < own.length / 2) continue;
      const records = slow.toSorted((a, b) => b.ms - a.ms).map(({ record }) => record);
      const nowMs = quantile(
        slow.map(({ ms }) => ms),
        0.5,
      );
      const share = slow.length / all;
      out.push({
        templateId: entry.key,
        pattern: `${entry.label} ${step}`,
        service: canonicalName(records[0]!.service, directory.own),
        kind: 'slow',
        count: Math.max(slow.length, Math.round(entry.count * share)),
        before: 0,
        steady: false,
        first: Math.min(...records.map(({ timestamp }) => timestamp)),
        last: Math.max(...records.map(({ timestamp }) => timestamp)),
        targets: [],
        unresolved: [],
        lines: records.slice(0, LINES),
        asked,
        slow: { ...(step ? { step } : {}), nowMs, usualMs },
      });
    }
  }
  return out;
}

/** How long the steps of the most frequent templates took before. */
async function usualOf(logs: LogReader, before: LogScope, templates: readonly LogCount[]): Promise<number[]> {
  const out: number[] = [];
  for (const { key } of templates.slice(0, TEMPLATES)) {
    const { records } = await logs.search({ ...before, templateIds: [key] }, { limit: SAMPLE });
    out.push(...records.flatMap((record) => durationOf(record) ?? []));
  }
  return out;
}

/** The timed lines by endpoint; those of no request together. */
function timesOf(records: readonly LogRecord[]): Map<string, Timed[]> {
  const out = new Map<string, Timed[]>();
  for (const record of records) {
    const ms = durationOf(record);
    if (ms === undefined) continue;
    const step = record.request?.endpoint ?? '';
    const known = out.get(step);
    if (known) known.push({ record, ms });
    else out.set(step, [{ record, ms }]);
  }
  return out;
}
