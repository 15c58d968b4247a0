import { LEVELS, type LogRecord } from '../../domain/log/record.ts';
import { type RefusedRecord, RefusedRecords } from './store.ts';

/** What no store can keep as it is; undefined for a good record. */
function wrongIn(record: LogRecord): string | undefined {
  if (typeof record.id !== 'string' || record.id === '') return 'id';
  if (!Number.isFinite(record.timestamp)) return 'timestamp';
  if (!LEVELS.includes(record.level)) return 'level';
  if (typeof record.service !== 'string') return 'service';
  return typeof record.line === 'string' && typeof record.message === 'string'
    ? undefined
    : 'line or message';
}

/** Throws `RefusedRecords` naming the records that cannot be stored as they are. */
export function checkRecords(records: readonly LogRecord[]): void {
  let refused: RefusedRecord[] | undefined;
  for (const record of records) {
    const wrong = wrongIn(record);
    if (!wrong) continue;
    refused ??= [];
    refused.push({ id: String(record.id), reason: `bad ${wrong}` });
  }
  if (refused) throw new RefusedRecords(refused);
}
