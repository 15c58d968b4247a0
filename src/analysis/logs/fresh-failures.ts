import type { LogCount, LogFilter } from '../../backends/logs/store.ts';
import type { TimeWindow } from '../../domain/log/record.ts';
import { isFrame, isGraveKind, isHarmless, mayFail, recordFailure, uncommonFailure } from './failure.ts';
import type { LogReader } from './reader.ts';

/** The stretch of time is compared in this many slices. */
const SLICES = 12;
const TEMPLATES = 3_000;
/** The most templates that are followed further. */
const KEPT = 60;
/** What first comes after this many slices without it is new. */
const QUIET = 2;
/** What is new comes in at most this fraction of the slices that follow its first one, else it is only seldom. */
const SOMETIMES = 0.75;
/** What was there before has risen where a slice has this many times the usual number, and at least this many. */
const TIMES_MORE = 3;
const RISEN = 6;

/** With at most this many lines each line of a template is read: its words may differ where the template has none. */
const READ = 50;

/** Lines that tell of failures and that are new, or more than usual, somewhere in a stretch of time. */
export interface FreshFailures {
  /** Templates with many such lines. */
  templateIds: string[];
  /** Single lines of the others, with whether they are grave even if they are told once. */
  moments: { at: number; grave: boolean }[];
}

/** Finds what fails anew in a stretch of time, by the counts of templates in its slices. */
export async function freshFailures(
  logs: LogReader,
  only: Pick<LogFilter, 'services'>,
  { from, to }: TimeWindow,
): Promise<FreshFailures> {
  const slices = await Promise.all(
    Array.from({ length: SLICES }, (_, i) => {
      const at = (edge: number): number => Math.floor(from + ((to - from) * edge) / SLICES);
      return logs.counts({ ...only, from: at(i), to: at(i + 1) }, 'template', TEMPLATES);
    }),
  );
  const warned = await logs.counts({ ...only, from, to, levels: ['warn'] }, 'template', TEMPLATES);
  const warns = new Set(warned.map(({ key }) => key));
  const amounts = new Map<string, number[]>();
  for (const [index, slice] of slices.entries())
    for (const entry of slice) {
      const told = tellingLines(entry, warns);
      if (told === 0) continue;
      const known = amounts.get(entry.key) ?? new Array<number>(SLICES).fill(0);
      amounts.set(entry.key, known);
      known[index] = told;
    }
  const written = slices.map((slice) => slice.length > 0);
  const out: FreshFailures = { templateIds: [], moments: [] };
  const fresh = [...amounts].filter(([, told]) => isFresh(told, written)).slice(0, KEPT);
  for (const [key, told] of fresh) {
    const lines = told.reduce((sum, count) => sum + count, 0);
    const asked = { ...only, from, to, templateIds: [key] };
    const { records } = await logs.search(asked, { limit: READ });
    const failing = records.flatMap((record) => {
      const kind = recordFailure(record) ?? uncommonFailure(record, true);
      return kind && kind !== 'route' ? [{ at: record.timestamp, grave: isGraveKind(kind) }] : [];
    });
    if (lines > READ && failing.length > READ / 2) out.templateIds.push(key);
    else out.moments.push(...failing);
  }
  return out;
}

/** How many lines of a template tell of a failure: all if its words do, else its errors, else all if it warns. */
export function tellingLines({ key, label, count, errors }: LogCount, warns: ReadonlySet<string>): number {
  if (isFrame(label)) return 0;
  if (mayFail(label) && !(errors === 0 && isHarmless(label))) return count;
  return errors > 0 ? errors : warns.has(key) && !isHarmless(label) ? count : 0;
}

/** @param written whether there are lines at all, by slice */
function isFresh(told: readonly number[], written: readonly boolean[]): boolean {
  const first = told.findIndex((count) => count > 0);
  const quiet = written.slice(0, first).filter(Boolean).length;
  const rest = told.slice(first);
  const active = rest.filter((count) => count > 0).length;
  const most = Math.max(...told);
  const lasting = active > SOMETIMES * rest.length && rest.length > QUIET;
  const half = written.filter(Boolean).length / 2;
  if (quiet >= QUIET && (!lasting || quiet >= half || most >= RISEN)) return true;
  const seen = told.filter((_, index) => written[index]).toSorted((a, b) => a - b);
  const usual = seen[Math.floor(seen.length / 2)] ?? 0;
  return most >= RISEN && most >= TIMES_MORE * (usual + 1);
}
