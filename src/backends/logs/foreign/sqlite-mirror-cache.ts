import { setImmediate as breathe } from 'node:timers/promises';
import { MINUTE } from '../../../domain/time/units.ts';
import type { Log } from '../../../log.ts';
import { sqliteLogsOver } from '../sqlite.ts';
import { openDatabase } from '../sqlite-database.ts';
import type { MirrorCache, Segment } from './mirror-cache.ts';

const LAYOUT = 'CREATE TABLE IF NOT EXISTS segments (minute INTEGER PRIMARY KEY, documents INTEGER NOT NULL)';
/** Records that one transaction removes, about, so that it holds up the event loop for some ten milliseconds. */
const STEP = 2_000;

/**
 * Opens the cache in an SQLite file; several processes may use it.
 * @throws AppError as `openSqliteLogs`
 */
export async function openMirrorCache(options: { file: string }, log: Log): Promise<MirrorCache> {
  const database = await openDatabase(options.file);
  await database.transaction(() => database.prepare(LAYOUT).run());
  const minuteOf = (ms: number): number => Math.floor(ms / MINUTE);
  const removeMinutes = (from: number, to: number): Promise<void> =>
    database.transaction(() => {
      database.prepare('DELETE FROM segments WHERE minute >= ? AND minute < ?').run(from, to);
      database.prepare('DELETE FROM records WHERE at >= ? AND at < ?').run(from * MINUTE, to * MINUTE);
      database.prepare('DELETE FROM minutes WHERE minute >= ? AND minute < ?').run(from, to);
    });
  return {
    ...sqliteLogsOver(database, log, true),
    segments: ({ from, to }) =>
      database
        .prepare('SELECT minute, documents FROM segments WHERE minute >= ? AND minute < ? ORDER BY minute')
        .all(minuteOf(from), Math.ceil(to / MINUTE)) as unknown as Segment[],
    putSegments: (segments) =>
      database.transaction(() => {
        const put = database.prepare('INSERT OR REPLACE INTO segments VALUES (?, ?)');
        for (const [minute, documents] of segments) put.run(minute, documents);
      }),
    size: () =>
      (database.prepare('SELECT coalesce(sum(records), 0) FROM minutes').get() as unknown as [number])[0],
    async remove({ from, to }) {
      const full = database
        .prepare(
          'SELECT minute, sum(records) FROM minutes WHERE minute >= ? AND minute < ? GROUP BY minute ORDER BY minute',
        )
        .all(minuteOf(from), Math.ceil(to / MINUTE)) as unknown as [number, number][];
      let start = minuteOf(from);
      let records = 0;
      for (const [minute, count] of full) {
        records += count;
        if (records < STEP) continue;
        await removeMinutes(start, minute + 1);
        start = minute + 1;
        records = 0;
        await breathe();
      }
      await removeMinutes(start, Math.ceil(to / MINUTE));
    },
  };
}
