import { LruMap } from '../../../domain/lru-map.ts';

/**
 * Gives the fields of a line in a source whose own directive has named its columns; undefined in any other.
 * A directive is `#Fields: date time cs-method …`, as web servers and sensors write it.
 */
export type NamedColumns = (source: string, text: string) => Record<string, unknown> | undefined;

const DIRECTIVE = /^#fields:?[\t ](.+)$/i;
const MAX_COLUMNS = 256;
/** Sources remembered. */
const MAX_SOURCES = 1_000;

/** Remembers the directive of each source that has one. */
export function createNamedColumns(): NamedColumns {
  const sources = new LruMap<string, { names: string[]; delimiter: string }>(MAX_SOURCES);
  return (source, text) => {
    if (text.charCodeAt(0) === 35) {
      const listed = DIRECTIVE.exec(text)?.[1]?.trim();
      if (listed) {
        const delimiter = listed.includes('\t') ? '\t' : listed.includes(' ') ? ' ' : ',';
        sources.set(source, { names: listed.split(delimiter).slice(0, MAX_COLUMNS), delimiter });
      }
      return undefined;
    }
    // Hardly a source has a directive.
    if (sources.size === 0) return undefined;
    const columns = sources.get(source);
    if (!columns) return undefined;
    const cells = text.split(columns.delimiter, MAX_COLUMNS + 1);
    return cells.length === columns.names.length ? fieldsOf(columns.names, cells) : undefined;
  };
}

function fieldsOf(names: readonly string[], cells: readonly string[]): Record<string, unknown> {
  const fields: Record<string, unknown> = {};
  for (const [index, name] of names.entries()) {
    const value = cells[index]!;
    if (value !== '-' && value !== '') fields[name] = value;
  }
  const { date, time } = fields;
  if (date === undefined || time === undefined) return fields;
  // Two columns are one time. By the standard of this form it is in UTC.
  delete fields.date;
  delete fields.time;
  return { timestamp: `${date} ${time}Z`, ...fields };
}
