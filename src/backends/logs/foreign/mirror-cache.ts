import type { TimeWindow } from '../../../domain/log/record.ts';
import type { LogStore } from '../store.ts';

/** A minute of an index that was read, by its number since the epoch, and how many documents the server counted in it then. */
export type Segment = [minute: number, documents: number];

/**
 * A log store on this machine for what was read from an index of others. It keeps, beside the records, which minutes were read,
 * so that nothing is read twice, also after a restart. It may be emptied at any time: the index has everything.
 */
export interface MirrorCache extends LogStore {
  /** The minutes of a window that were read, in order. */
  segments(window: TimeWindow): Segment[];
  /** Notes that minutes were read; their records are written before. */
  putSegments(segments: readonly Segment[]): Promise<void>;
  /** Records in all. */
  size(): number;
  /** Forgets whole minutes: their records, and that they were read. In small steps; the file keeps its size and fills again. */
  remove(window: TimeWindow): Promise<void>;
}
