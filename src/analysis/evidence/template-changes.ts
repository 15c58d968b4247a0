import type { LogCount, LogFilter } from '../../backends/logs/store.ts';
import type { LogRecord } from '../../domain/log/record.ts';
import type { LogReader } from '../logs/reader.ts';
import type { LogScope, Scopes } from './scopes.ts';

/** A template that occurs more or less often than before, without reporting a failure. */
export interface TemplateChange {
  kind: 'new' | 'rising' | 'vanished' | 'rare';
  templateId: string;
  pattern: string;
  count: number;
  before: number;
  lines: LogRecord[];
  /** The query to the store: the same query again gives all lines. */
  asked: LogFilter;
}

/** Changes of each kind that are kept. */
const CHANGES = 12;
const LINES = 2;
/** A new template with at most this many lines is rare. */
const RARE = 2;
/**
 * A template rises if it has at least this many lines and is this many times as frequent as before; a vanished one must have this
 * many lines missing.
 */
const RISING = 10;
const TIMES_MORE = 3;
const VANISHED = 5;

/** Counts by template: now, before, and before scaled to the length of the window. */
export interface TemplateCounts {
  templates: readonly LogCount[];
  templatesBefore: readonly LogCount[];
  earlier: ReadonlyMap<string, number>;
}

/**
 * Templates that are new, rise or vanish compared with the time before; none if there is no time before.
 * @param failing ids of templates that are failures already
 */
export async function findChanges(
  logs: LogReader,
  { now, before, scale }: Scopes,
  { templates, templatesBefore, earlier }: TemplateCounts,
  failing: ReadonlySet<string>,
  signal?: AbortSignal,
): Promise<TemplateChange[]> {
  if (!before) return [];
  const fresh = templates.filter(({ key }) => !earlier.has(key) && !failing.has(key));
  const rising = templates.filter(({ key, count }) => {
    const was = earlier.get(key);
    return was !== undefined && !failing.has(key) && count >= RISING && count > TIMES_MORE * was;
  });
  const present = new Set(templates.map(({ key }) => key));
  const gone = templatesBefore.filter(({ key, count }) => !present.has(key) && count * scale >= VANISHED);
  const found: [TemplateChange['kind'], LogCount[], LogScope][] = [
    ['new', fresh.filter(({ count }) => count > RARE), now],
    ['rare', fresh.filter(({ count }) => count <= RARE), now],
    ['rising', rising, now],
    ['vanished', gone, before],
  ];
  const out: TemplateChange[] = [];
  for (const [kind, entries, scope] of found)
    for (const { key, label, count } of entries.slice(0, CHANGES)) {
      const asked = { ...scope, templateIds: [key] };
      const { records } = await logs.search(asked, { limit: LINES, order: 'oldest', signal });
      const was = Math.round(earlier.get(key) ?? 0);
      const counts = kind === 'vanished' ? { count: 0, before: count } : { count, before: was };
      out.push({ kind, templateId: key, pattern: label, ...counts, lines: records, asked });
    }
  return out;
}
