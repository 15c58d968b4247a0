import { z } from 'zod';
import type { LogFilter } from '../../backends/logs/store.ts';
import type { LogRecord, TimeWindow } from '../../domain/log/record.ts';
import type { LogReader } from '../logs/reader.ts';

/** Rounds of queries a model may have before it must answer. */
export const ROUNDS = 4;
const QUERIES = 3;
const LINES = 20;
const COUNTS = 20;
const LONGEST_LINE = 400;
const NEAR_MS = 15_000;

/** All queries a model may ask: each reads, none writes. */
const querySchema = z.object({
  what: z.enum(['lines', 'counts', 'around']),
  service: z.string().max(200).default(''),
  words: z.string().max(200).default(''),
  level: z.enum(['', 'warn', 'error']).default(''),
  by: z.enum(['', 'service', 'level', 'template', 'error_code']).default(''),
  at: z.string().max(40).default(''),
});
type Query = z.infer<typeof querySchema>;

export const QUERY_JSON_SCHEMA: Record<string, unknown> = {
  type: 'object',
  properties: {
    what: { type: 'string', enum: ['lines', 'counts', 'around'] },
    service: { type: 'string' },
    words: { type: 'string' },
    level: { type: 'string', enum: ['', 'warn', 'error'] },
    by: { type: 'string', enum: ['', 'service', 'level', 'template', 'error_code'] },
    at: { type: 'string' },
  },
  required: ['what', 'service', 'words', 'level', 'by', 'at'],
  additionalProperties: false,
};

/** The results of all queries of one answer so far. */
export interface Inquiry {
  /** The results as text for the model, each with its query. */
  readonly text: string;
  readonly lines: readonly LogRecord[];
  /** False if the model only repeats itself or may ask no more: it has to answer now. */
  readonly open: boolean;
  /** Runs a round of queries as the model wrote them. Throws what the reader throws. */
  ask(queries: readonly unknown[]): Promise<void>;
}

/**
 * A limited number of read-only queries over the time of the evidence.
 * @param read text of the model → real values (masked words are put back)
 */
export function createInquiry(options: {
  reader: LogReader;
  window: TimeWindow;
  signal: AbortSignal;
  read: (text: string) => string;
}): Inquiry {
  const { reader, window, signal, read } = options;
  const results: string[] = [];
  const found = new Map<string, LogRecord>();
  const asked = new Set<string>();
  let round = 0;
  let looping = false;

  async function answer(query: Query): Promise<string> {
    const filter: LogFilter = {
      ...window,
      ...(query.service ? { services: [query.service] } : {}),
      ...(query.words ? { text: query.words } : {}),
      ...(query.level ? { levels: query.level === 'error' ? ['error', 'fatal'] : ['warn'] } : {}),
    };
    if (query.what === 'counts') {
      const by = query.by || 'service';
      const counts = await reader.counts(filter, by, COUNTS);
      return (
        counts.map((entry) => `${entry.label} ${entry.count}, errors ${entry.errors}`).join('\n') || 'none'
      );
    }
    const at = query.what === 'around' ? Date.parse(query.at) : Number.NaN;
    if (query.what === 'around' && Number.isNaN(at)) return 'refused: "at" is not a time';
    const near =
      query.what === 'around'
        ? { ...filter, from: Math.max(window.from, at - NEAR_MS), to: Math.min(window.to, at + NEAR_MS) }
        : filter;
    const page = await reader.search(near, { limit: LINES, order: 'newest', signal });
    for (const record of page.records) found.set(record.id, record);
    const lines = page.records.toReversed().map((record) => {
      const time = new Date(record.timestamp).toISOString();
      return `${time} ${record.service} | ${record.line.slice(0, LONGEST_LINE)}`;
    });
    return [`${page.total} in all, ${lines.length} shown`, ...lines].join('\n');
  }

  return {
    get text() {
      return results.join('\n');
    },
    get lines() {
      return [...found.values()];
    },
    get open() {
      return !looping && round < ROUNDS;
    },
    async ask(queries) {
      round += 1;
      let fresh = 0;
      for (const raw of queries.slice(0, QUERIES)) {
        signal.throwIfAborted();
        const parsed = querySchema.safeParse(raw);
        if (!parsed.success) {
          results.push('query refused: not one of the forms that are allowed');
          continue;
        }
        const { service, words, at, ...rest } = parsed.data;
        const query = { ...rest, service: read(service).trim(), words: read(words).trim(), at: at.trim() };
        const key = JSON.stringify(query);
        if (asked.has(key)) continue;
        asked.add(key);
        fresh += 1;
        results.push(`query ${key}\n${await answer(query)}`);
      }
      // A round without a new query would go on for ever.
      looping = fresh === 0;
    },
  };
}
