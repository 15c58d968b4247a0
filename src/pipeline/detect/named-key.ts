import type { LogRecord } from '../../domain/record.ts';
import type { Identifier } from './tokens.ts';

/** Longest value, and most values that are read of one line. */
const MAX_VALUE = 200;
const MAX_VALUES = 12;
/** Characters of a line that are looked at. */
const MAX_SCANNED = 8_000;

const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

/**
 * Reads from lines the ids that a person has named by their key: an attribute (`instance`, also the last part of
 * `vm.instance`), a kind of id (`uuid`, a beginning such as `ord_`, a word before numbers), or the key as the line has
 * it (`instance=…`, `[instance: …]`, `"instance":"…"`, `instance …`), whatever form the value has.
 */
export function createNamedKey(key: string): (record: LogRecord, ids: readonly Identifier[]) => Identifier[] {
  const inText = textReader(key);
  const ownField = (record: LogRecord): string | undefined =>
    key === 'host' || key === 'service' ? record[key] : undefined;
  return (record, ids) => {
    const values = new Set<string>();
    const take = (value: unknown): void => {
      if (typeof value === 'string' ? value === '' : typeof value !== 'number') return;
      if (values.size < MAX_VALUES) values.add(String(value).slice(0, MAX_VALUE));
    };
    take(record.attributes[key]);
    if (values.size === 0)
      for (const name in record.attributes) if (name.endsWith(`.${key}`)) take(record.attributes[name]);
    if (values.size === 0)
      for (const { kind, value } of ids)
        if (kind === key || kind === `#${key}` || kind === `@${key}`) take(value);
    if (values.size === 0) take(inText(record.line) ?? ownField(record));
    return [...values].map((value) => ({ kind: key, value }));
  };
}

/**
 * The value of a key in a text: behind `=`, `:` and the like, bare, quoted or in brackets; behind a space where it has a
 * digit; or the word that begins with the key.
 */
function textReader(key: string): (text: string) => string | undefined {
  const name = `(?<![\\p{L}\\p{N}_])${escaped(key)}`;
  const sign = `["']?\\s{0,4}(?:=>|->|[=:#])\\s{0,4}|\\s?(?=["'([{<])`;
  const quoted = `["']([^"']{1,${MAX_VALUE}})["']`;
  const bare = `[([{<]?([^\\s"'()\\[\\]{}<>,;|]{1,${MAX_VALUE}})`;
  const pair = new RegExp(`${name}(?:${sign})(?:${quoted}|${bare})`, 'u');
  const spaced = new RegExp(`${name}\\s(?=\\D{0,40}\\d)${bare}`, 'u');
  const begun = new RegExp(`${name}(-?[\\p{L}\\p{N}_-]{1,${MAX_VALUE}})`, 'u');
  return (text) => {
    const looked = text.length > MAX_SCANNED ? text.slice(0, MAX_SCANNED) : text;
    if (!looked.includes(key)) return undefined;
    const match = pair.exec(looked);
    const value = trimmed(match?.[1] ?? match?.[2]);
    if (value) return value;
    const word = trimmed(spaced.exec(looked)?.[1]);
    if (word && /\d/.test(word)) return word;
    const tail = begun.exec(looked)?.[1];
    return tail && /\d/.test(tail) ? key + tail : undefined;
  };
}

/** Without the punctuation that ends a clause; undefined for what is punctuation only (`instance=-`). */
function trimmed(value: string | undefined): string | undefined {
  const text = value?.replace(/[.:!?]{1,3}$/, '');
  return text && /[\p{L}\p{N}]/u.test(text) ? text : undefined;
}
