import type { ForeignIndex, TimeField } from '../../backends/logs/foreign/foreign-index.ts';
import type { TimeWindow } from '../../domain/log/record.ts';
import { MINUTE } from '../../domain/time/units.ts';

/** Buckets of one look at an index: enough to come near the limit, few enough for one short reply. */
const BUCKETS = 2_000;

/** The newest part of an index with no more documents than can be read for one question. */
export interface Span extends TimeWindow {
  /** Documents in it. */
  records: number;
  /** Older documents, which are left out. */
  older: number;
}

/**
 * Finds the newest documents of an index up to a limit, by whole minutes. One minute is taken even if it alone has more.
 * @returns undefined for an index without documents
 */
export async function newestSpan(
  foreign: ForeignIndex,
  time: TimeField,
  limit: number,
): Promise<Span | undefined> {
  const all = await foreign.extent(time);
  if (!all) return undefined;
  if (all.records <= limit) return { ...all, older: 0 };
  let part: TimeWindow = all;
  for (let kept = 0; ; ) {
    const width = Math.max(1, Math.ceil((part.to - part.from) / BUCKETS / MINUTE)) * MINUTE;
    const counts = await foreign.counts(time, part, width);
    let over: number | undefined;
    for (const [bucket, documents] of [...counts].sort(([a], [b]) => b - a)) {
      if (kept + documents > limit && !(kept === 0 && width === MINUTE)) {
        over = bucket;
        break;
      }
      kept += documents;
    }
    if (over === undefined || width === MINUTE) {
      const from = over === undefined ? part.from : Math.max(all.from, (over + 1) * MINUTE);
      return { from, to: all.to, records: kept, older: Math.max(0, all.records - kept) };
    }
    part = { from: Math.max(all.from, over * width), to: Math.min(all.to, (over + 1) * width) };
  }
}
