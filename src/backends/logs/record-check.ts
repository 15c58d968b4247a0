import { AppError } from '../../domain/errors.ts';
import { LEVELS, type LogRecord } from '../../domain/record.ts';

/** Throws `malformed` naming the record when it cannot be stored as it is. */
export function checkRecord(record: LogRecord): void {
  const wrong =
    typeof record.id !== 'string' || record.id === ''
      ? 'id'
      : !Number.isFinite(record.timestamp)
        ? 'timestamp'
        : !LEVELS.includes(record.level)
          ? 'level'
          : typeof record.service !== 'string'
            ? 'service'
            : typeof record.line !== 'string' || typeof record.message !== 'string'
              ? 'line or message'
              : undefined;
  if (wrong) throw new AppError('malformed', `record ${JSON.stringify(record.id)}: bad ${wrong}`);
}
