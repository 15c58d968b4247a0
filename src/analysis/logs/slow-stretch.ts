import type { LogFilter } from '../../backends/logs/store.ts';
import type { LogRecord, TimeWindow } from '../../domain/log/record.ts';
import { durationOf } from './durations.ts';
import type { LogReader } from './reader.ts';

/** The stretch of time is compared in this many slices. */
const SLICES = 12;
/** The most frequent templates are looked at, by some lines of each slice. */
const TEMPLATES = 24;
const SAMPLE = 40;
/** With fewer timed lines a slice tells nothing. */
const LEAST = 4;
/** The slower tenth tells: most requests may be for something else. */
export const SLOWER = 0.9;
/** A slice is slow if it takes this many times as long as is usual, and at least this long. */
export const SLOWER_TIMES = 4;
export const SLOW_MS = 100;

/** The given fraction of some numbers is at most this. */
export function quantile(values: readonly number[], fraction: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(fraction * sorted.length))] ?? 0;
}

/** The last stretch of time in which some step takes clearly longer than is usual for it, where nothing fails. */
export async function slowStretch(
  logs: LogReader,
  only: Pick<LogFilter, 'services'>,
  { from, to }: TimeWindow,
): Promise<TimeWindow | undefined> {
  const edge = (index: number): number => Math.floor(from + ((to - from) * index) / SLICES);
  const templates = await logs.counts({ ...only, from, to }, 'template', TEMPLATES);
  const slow = new Set<number>();
  const seldom: (number | undefined)[][] = [];
  const all = Array.from({ length: SLICES }, (): LogRecord[] => []);
  for (const { key } of templates) {
    const taken: (number | undefined)[] = [];
    for (let index = 0; index < SLICES; index += 1) {
      const asked = { ...only, from: edge(index), to: edge(index + 1), templateIds: [key] };
      const { records } = await logs.search(asked, { limit: SAMPLE });
      all[index]!.push(...records);
      taken.push(tookIn(records));
      if (index === 2 && taken.every((one) => one === undefined)) break;
    }
    const known = taken.filter((one) => one !== undefined);
    if (known.length < SLICES / 2) seldom.push(taken);
    else for (const [index, took] of taken.entries()) if ((took ?? 0) >= limitOf(known)) slow.add(index);
  }
  // A step that is new has no earlier time of its own.
  if (slow.size === 0) {
    const limit = limitOf(all.flatMap((records) => tookIn(records) ?? []));
    for (const taken of seldom)
      for (const [index, took] of taken.entries()) if ((took ?? 0) >= limit) slow.add(index);
  }
  const last = Math.max(...slow);
  if (slow.size === 0 || slow.size > SLICES / 2) return undefined;
  let first = last;
  while (slow.has(first - 1)) first -= 1;
  return first > 0 ? { from: edge(first), to: edge(last + 1) } : undefined;
}

/** What is slow, by how long it took in each slice. */
const limitOf = (taken: readonly number[]): number => Math.max(SLOW_MS, SLOWER_TIMES * quantile(taken, 0.5));

function tookIn(records: readonly LogRecord[]): number | undefined {
  const times = records.flatMap((record) => durationOf(record) ?? []);
  return times.length >= LEAST ? quantile(times, SLOWER) : undefined;
}
