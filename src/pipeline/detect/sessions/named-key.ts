import type { LogRecord } from '../../../domain/log/record.ts';
import type { Identifier } from './tokens.ts';

/** Longest value, and the number of values that are read of one line. */
const MAX_VALUE = 200;
const MAX_VALUES = 12;
/** Characters of a line that are read. */
const MAX_SCANNED = 8_000;

const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

/**
 * Reads ids by the key that a person named. The key may be an attribute (`instance`, also the last part of
 * `vm.instance`), a kind of id (`uuid`, a beginning such as `ord_`, a word before numbers), or stand in the text
 * (`instance=…`, `[instance: …]`, `"instance":"…"`, `<instance>…`, `instance …`); the value may have any form. Another
 * spelling of the key counts too: `instanceId` for `instance_id`, `X-Request-Id` for `x-request-id`.
 */
export function createNamedKey(key: string): (record: LogRecord, ids: readonly Identifier[]) => Identifier[] {
  const inText = textReader(key);
  const folded = fold(key);
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
    if (values.size === 0 && folded !== '')
      for (const name in record.attributes)
        if (isSpelling(name, folded)) {
          take(record.attributes[name]);
          break;
        }
    if (values.size === 0)
      for (const { kind, value } of ids)
        if (kind === key || kind === `#${key}` || kind === `@${key}`) take(value);
    if (values.size === 0) take(inText(record.line) ?? ownField(record));
    return [...values].map((value) => ({ kind: key, value }));
  };
}

/** A name without what differs between its spellings: capitals, and the `_`, `-`, `.` and spaces between its words. */
const fold = (name: string): string => name.toLowerCase().replace(/[_\-.\s]/g, '');

/** Whether the name of a field, or its last parts, is another spelling of a name. */
function isSpelling(name: string, folded: string): boolean {
  if (fold(name) === folded) return true;
  for (let dot = name.indexOf('.'); dot >= 0; dot = name.indexOf('.', dot + 1))
    if (fold(name.slice(dot + 1)) === folded) return true;
  return false;
}

/** A regular expression for a name in any spelling. */
const anySpelling = (name: string): string =>
  name
    .split(/[_\-.\s]+|(?<=[\p{Ll}\p{N}])(?=\p{Lu})/u)
    .filter((part) => part !== '')
    .map(escaped)
    .join('[_\\-. ]?');

/**
 * The value of a key in a text: after `=`, `:` and the like, bare, quoted or in brackets; after a space when it has a
 * digit; or the word that begins with the key.
 */
function textReader(key: string): (text: string) => string | undefined {
  const own = patternReader(escaped(key), 'u');
  const spelling = anySpelling(key);
  const other = spelling === '' ? undefined : patternReader(spelling, 'iu');
  return (text) => {
    const looked = text.length > MAX_SCANNED ? text.slice(0, MAX_SCANNED) : text;
    return (looked.includes(key) ? own(looked) : undefined) ?? other?.(looked);
  };
}

/** @param pattern a regular expression for the key */
function patternReader(pattern: string, flags: string): (text: string) => string | undefined {
  const name = `(?<![\\p{L}\\p{N}_])${pattern}`;
  const sign = `["']?\\s{0,4}(?:=>|->|[=:#>])\\s{0,4}|\\s?(?=["'([{<])`;
  const quoted = `["']([^"']{1,${MAX_VALUE}})["']`;
  const bare = `[([{<]?([^\\s"'()\\[\\]{}<>,;|]{1,${MAX_VALUE}})`;
  const pair = new RegExp(`${name}(?:${sign})(?:${quoted}|${bare})`, flags);
  const spaced = new RegExp(`${name}\\s(?=\\D{0,40}\\d)${bare}`, flags);
  const begun = new RegExp(`(${name}-?[\\p{L}\\p{N}_-]{1,${MAX_VALUE}})`, flags);
  return (text) => {
    const match = pair.exec(text);
    const value = trimmed(match?.[1] ?? match?.[2]);
    if (value) return value;
    const word = trimmed(spaced.exec(text)?.[1]);
    if (word && /\d/.test(word)) return word;
    const whole = begun.exec(text)?.[1];
    return whole && /\d/.test(whole) ? whole : undefined;
  };
}

/** A value without the punctuation that ends a clause; undefined when nothing else is left (`instance=-`). */
function trimmed(value: string | undefined): string | undefined {
  const text = value?.replace(/[.:!?]{1,3}$/, '');
  return text && /[\p{L}\p{N}]/u.test(text) ? text : undefined;
}
