import type { LogRecord } from '../domain/record.ts';
import { datedByNext } from './line-time.ts';
import { createMiner } from './mine.ts';
import { createNormalizer } from './normalize.ts';
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
      const { id, pattern } = miner.add(record.message);
      records.push({ ...record, template: { id, pattern } });
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
 * The templates of a stream, one by one at the moment each line is read. `final` gives the patterns as they stand now,
 * for the ids given out so far.
 * @param options.content lines are message bodies without headers
 */
export function templatesOf(
  lines: AsyncIterable<SourceLine[]>,
  options: { content?: boolean; timeZone?: string } = {},
): { online: AsyncGenerator<TemplateLine>; final(lineIds: { LineId: number; id: string }): TemplateLine } {
  const miner = createMiner();
  const normalize = createNormalizer({ timeZone: options.timeZone ?? 'UTC' });
  const patterns = new Map<string, string>();
  async function* online(): AsyncGenerator<TemplateLine> {
    for await (const batch of lines)
      for (const line of batch) {
        const { id, pattern } = miner.add(options.content ? line.text : normalize(line).message);
        patterns.set(id, pattern);
        yield { LineId: Number(line.position), id, template: pattern };
      }
  }
  return {
    online: online(),
    // A cluster that was forgotten keeps the pattern it had when it was seen last.
    final: ({ LineId, id }) => ({ LineId, id, template: miner.pattern(id) ?? patterns.get(id) ?? '' }),
  };
}

export interface DetectLine {
  LineId: number;
  /** The value of the key that `key` names, where the line has one. */
  Session?: string;
  /** 0 (usual) and up: minus the decimal logarithm of how often the line's template occurred so far. */
  score: number;
  anomaly: boolean;
}

/** A template with a smaller share of all lines so far than this is rare. */
const RARE = 1e-3;

/**
 * Judges every line by how rare its template is in the stream so far. Unlabelled and online: a line is judged before
 * anything behind it is read.
 * @param options.warmup lines that are learned from and not judged
 * @param options.key name of an attribute, or a prefix of a word (`blk_`), that says which session a line belongs to
 */
export async function* detectIn(
  lines: AsyncIterable<SourceLine[]>,
  options: { warmup?: number; key?: string; timeZone?: string } = {},
): AsyncGenerator<DetectLine> {
  const miner = createMiner();
  const normalize = createNormalizer({ timeZone: options.timeZone ?? 'UTC' });
  const sessionOf = options.key ? sessionReader(options.key) : undefined;
  let seen = 0;
  for await (const batch of lines)
    for (const line of batch) {
      const record = normalize(line);
      const { count } = miner.add(record.message);
      seen += 1;
      if (seen <= (options.warmup ?? 0)) continue;
      const share = count / seen;
      const value = record.attributes[options.key ?? ''];
      const session = value === undefined ? sessionOf?.(line.text) : String(value);
      yield {
        LineId: Number(line.position),
        ...(session ? { Session: session } : {}),
        score: Number(Math.max(0, -Math.log10(share)).toFixed(4)),
        anomaly: share < RARE,
      };
    }
}

/** Finds `key=value`, `key: value`, or a word that begins with the key. */
function sessionReader(key: string): (text: string) => string | undefined {
  const escaped = key.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  const pattern = new RegExp(String.raw`(?<![\w])${escaped}(?:["']?\s*[=:]\s*["']?([\w.:-]+)|(-?[\w-]+))`);
  return (text) => {
    const match = pattern.exec(text);
    return match ? (match[1] ?? `${key}${match[2]}`) : undefined;
  };
}
