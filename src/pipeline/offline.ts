import type { LogRecord } from '../domain/log/record.ts';
import { createMiner } from './mining/miner.ts';
import { datedByNext } from './normalize/line-time.ts';
import { createMessageReader, createNormalizer } from './normalize/normalize.ts';
import type { SourceLine } from './source-line.ts';

/**
 * Lines as records with templates, for whoever asks about them without storing them.
 * @param timeZone IANA zone of times that name none
 */
export async function recordsOfLines(
  batches: AsyncIterable<SourceLine[]> | Iterable<SourceLine[]>,
  timeZone: string,
): Promise<LogRecord[]> {
  const normalize = createNormalizer({ timeZone });
  const miner = createMiner();
  const records: LogRecord[] = [];
  const dated = datedByNext(timeZone)(asAsync(batches));
  for await (const batch of dated)
    for (const line of batch) {
      const record = normalize(line);
      record.template = miner.add(record.message).template;
      records.push(record);
    }
  return records;
}

async function* asAsync<T>(items: AsyncIterable<T> | Iterable<T>): AsyncGenerator<T> {
  yield* items;
}

export interface TemplateLine {
  /** 1-based number of the line in its file. */
  LineId: number;
  id: string;
  template: string;
}

/**
 * The templates of a stream, each as it was at the moment its line was read; a row for each line of a batch. `final` gives the patterns as they stand now,
 * for the ids given out so far.
 * @param options.content lines are message bodies without headers
 */
export function templatesOf(
  lines: AsyncIterable<SourceLine[]>,
  options: { content?: boolean; timeZone?: string } = {},
): { online: AsyncGenerator<TemplateLine[]>; final(lineIds: { LineId: number; id: string }): TemplateLine } {
  const miner = createMiner();
  const messageOf = createMessageReader(options.timeZone ?? 'UTC');
  const patterns = new Map<string, string>();
  async function* online(): AsyncGenerator<TemplateLine[]> {
    for await (const batch of lines)
      yield batch.map((line) => {
        const { id, pattern } = miner.add(options.content ? line.text : messageOf(line));
        patterns.set(id, pattern);
        return { LineId: Number(line.position), id, template: pattern };
      });
  }
  return {
    online: online(),
    // A cluster that was forgotten keeps the pattern it had when it was seen last.
    final: ({ LineId, id }) => ({ LineId, id, template: miner.pattern(id) ?? patterns.get(id) ?? '' }),
  };
}
