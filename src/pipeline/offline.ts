import type { LogRecord } from '../domain/log/record.ts';
import type { SourceLine, SourceTimes } from '../domain/log/source-line.ts';
import { turn } from '../domain/time/event-loop.ts';
import { createMiner } from './mining/miner.ts';
import { datedByNext, type UndatedSource } from './normalize/line-time.ts';
import { createMessageReader, createNormalizer, createTimeReader } from './normalize/normalize.ts';
import { learnTimes } from './normalize/source-times.ts';

/**
 * Reads lines into records with templates, to ask about them without storing them.
 * @param timeZone IANA zone of times that name none
 * @param onUndated called at the end for each source in which no line has a time
 */
export async function recordsOfLines(
  batches: AsyncIterable<SourceLine[]> | Iterable<SourceLine[]>,
  timeZone: string,
  onUndated?: (undated: UndatedSource) => void,
): Promise<LogRecord[]> {
  const normalize = createNormalizer({ timeZone });
  const miner = createMiner();
  const records: LogRecord[] = [];
  const dated = datedByNext(timeZone, onUndated)(asAsync(batches));
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

/**
 * Reads text that a person pasted into records with templates. Nothing is stored. Blank lines are left out. Lines above
 * the first line with a time get that time, not the present. The event loop is not held up by long text.
 * @param timeZone IANA zone of times that name none
 * @param signal its reason is thrown when it aborts
 */
export async function recordsOfText(
  text: string,
  timeZone: string,
  signal?: AbortSignal,
): Promise<LogRecord[]> {
  const normalize = createNormalizer({ timeZone });
  const miner = createMiner();
  const records: LogRecord[] = [];
  const timeOf = createTimeReader(timeZone);
  const times: SourceTimes = { before: Date.now() };
  learnTimes(firstLines(text), timeZone, times);
  const hint = { times };
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
    const read = { text: line, source: PASTE, position: String(position), hint };
    const record = normalize(read);
    const { id, pattern } = miner.add(record.message);
    record.template = { id, pattern };
    if (!dated && timeOf(read)) {
      dated = true;
      for (const above of records) above.timestamp = record.timestamp;
    }
    records.push(record);
  }
  return records;
}

const PASTE = 'paste';
/** Characters at the beginning of a paste from which is learned how its times are meant. */
const LEARNED_FROM = 100_000;

const firstLines = (text: string): SourceLine[] =>
  text
    .slice(0, LEARNED_FROM)
    .split('\n')
    .map((line) => ({ text: line, source: PASTE, position: '' }));

export interface TemplateLine {
  /** 1-based number of the line in its file. */
  LineId: number;
  id: string;
  template: string;
}

/**
 * The templates of a stream: for each line its template as it was when the line was read. `final` gives the pattern that
 * an id has now.
 * @param options.content the lines are message bodies without headers
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
    // The miner may have forgotten a template: then the last pattern that was seen counts.
    final: ({ LineId, id }) => ({ LineId, id, template: miner.pattern(id) ?? patterns.get(id) ?? '' }),
  };
}
