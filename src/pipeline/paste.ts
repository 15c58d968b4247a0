import type { LogRecord } from '../domain/record.ts';
import { createMiner } from './mine.ts';
import { createNormalizer } from './normalize.ts';

/**
 * Text a person pasted, as records with templates; nothing is stored. Blank lines are left out.
 * @param timeZone IANA zone of times that name none
 */
export function recordsOfText(text: string, timeZone: string): LogRecord[] {
  const normalize = createNormalizer({ timeZone });
  const miner = createMiner();
  return text.split(/\r?\n/).flatMap((line, index) => {
    if (line.trim() === '') return [];
    const record = normalize({ text: line, source: 'paste', position: String(index + 1) });
    const { id, pattern } = miner.add(record.message);
    return [{ ...record, template: { id, pattern } }];
  });
}
