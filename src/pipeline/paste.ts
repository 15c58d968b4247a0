import type { LogRecord } from '../domain/log/record.ts';
import { turn } from '../domain/time/event-loop.ts';
import { createMiner } from './mining/miner.ts';
import { createNormalizer } from './normalize/normalize.ts';

/**
 * Text a person pasted, as records with templates; nothing is stored. Blank lines are left out. Lines above the first
 * time belong to it, not to the present. Everything else has its turn meanwhile.
 * @param timeZone IANA zone of times that name none
 * @param signal throws its reason when it aborts
 */
export async function recordsOfText(
  text: string,
  timeZone: string,
  signal?: AbortSignal,
): Promise<LogRecord[]> {
  const normalize = createNormalizer({ timeZone });
  const miner = createMiner();
  const records: LogRecord[] = [];
  /** Stands for "the line names no time", until one does. */
  const none = Date.now();
  let dated = false;
  let position = 0;
  for (let from = 0; from <= text.length; ) {
    const pause = turn();
    if (pause) {
      await pause;
      signal?.throwIfAborted();
    }
    const found = text.indexOf('\n', from);
    const end = found < 0 ? text.length : found;
    const line = text.slice(from, end > from && text[end - 1] === '\r' && found >= 0 ? end - 1 : end);
    from = end + 1;
    position += 1;
    if (line.trim() === '') continue;
    const read = { text: line, source: 'paste', position: String(position) };
    const record = normalize(dated ? read : { ...read, hint: { timestamp: none } });
    const { id, pattern } = miner.add(record.message);
    record.template = { id, pattern };
    if (!dated && record.timestamp !== none) {
      dated = true;
      for (const above of records) above.timestamp = record.timestamp;
    }
    records.push(record);
  }
  return records;
}
