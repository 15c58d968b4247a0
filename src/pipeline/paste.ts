import type { LogRecord } from '../domain/record.ts';
import { createTimeReader, firstTime } from './line-time.ts';
import { createMiner } from './mine.ts';
import { createNormalizer } from './normalize.ts';
import type { SourceLine } from './source-line.ts';

/**
 * Text a person pasted, as records with templates; nothing is stored. Blank lines are left out. Lines above the first
 * time belong to it, not to the present.
 * @param timeZone IANA zone of times that name none
 */
export function recordsOfText(text: string, timeZone: string): LogRecord[] {
  const normalize = createNormalizer({ timeZone });
  const miner = createMiner();
  const lines = text.split(/\r?\n/).flatMap((line, index): SourceLine[] => {
    if (line.trim() === '') return [];
    return [{ text: line, source: 'paste', position: String(index + 1) }];
  });
  const first = firstTime(lines, createTimeReader(timeZone));
  return lines.map((line, index) => {
    const hint = first && index < first.index ? { timestamp: first.ms } : undefined;
    const record = normalize({ ...line, ...(hint ? { hint } : {}) });
    const { id, pattern } = miner.add(record.message);
    return { ...record, template: { id, pattern } };
  });
}
