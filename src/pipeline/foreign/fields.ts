import type { TimeField, TimeUnit } from '../../backends/logs/foreign/foreign-index.ts';
import { AppError } from '../../domain/errors.ts';
import { levelOf } from '../normalize/level.ts';
import type { Meaning } from '../normalize/lexicon/field-names.ts';
import { meaningOf } from '../normalize/structured.ts';
import { type Leaf, leavesOf } from './document.ts';

/** Where the documents of an index say what a record needs. Names of nested fields are joined with dots. */
export interface FieldMap {
  time: TimeField;
  /** The line, or the words of the message. */
  text: string;
  level?: string;
  service?: string;
  host?: string;
  trace?: string;
}

/** Fields that a person has named; the others are found. */
export type FieldChoices = { readonly [role in keyof FieldMap]?: string | undefined };

/** What is known of one field from the documents of a sample. */
interface Seen {
  name: string;
  values: Leaf[];
  /** The fraction of documents that have it. */
  share: number;
}

/** A field that fewer documents have says nothing of an index. */
const MOST = 0.5;
const DATES: ReadonlySet<string> = new Set(['date', 'date_nanos']);
const NUMBERS: ReadonlySet<string> = new Set(['long', 'unsigned_long', 'double']);
/** Numbers since the epoch from 2001 to 2286, by their unit. */
const EPOCHS: [unit: Exclude<TimeUnit, 'date'>, from: number, to: number][] = [
  ['seconds', 1e9, 1e10],
  ['millis', 1e12, 1e13],
  ['micros', 1e15, 1e16],
  ['nanos', 1e18, 1e19],
];
/** Shippers that read a line keep it here when they take it apart. */
const ORIGINAL = 'event.original';

/**
 * Finds the fields of an index: by the names that programs and shippers give them (those by which lines of JSON are read, too),
 * else by what their values look like.
 * @param types of the server, by field
 * @param sample some documents
 * @param chosen what a person has named; taken as it is
 * @throws AppError `config_invalid` naming what is missing, when there is no field with a time or with a text
 */
export function findFields(
  types: ReadonlyMap<string, readonly string[]>,
  sample: readonly Record<string, unknown>[],
  chosen: FieldChoices = {},
): FieldMap {
  const seen = fieldsOf(sample);
  const time = timeField(types, seen, chosen.time);
  const text = chosen.text ?? textField(seen);
  if (!text)
    throw new AppError(
      'config_invalid',
      `no field with a text is in half of the ${sample.length} documents looked at (${namesOf(seen)}); name it in logs.fields.text`,
    );
  const rest = seen.filter(({ name }) => name !== time.name && name !== text);
  return {
    time,
    text,
    ...named('level', chosen.level ?? levelField(rest)),
    ...named('service', chosen.service ?? meaning(rest, 'service') ?? meaning(rest, 'container')),
    ...named('host', chosen.host ?? meaning(rest, 'host')),
    ...named('trace', chosen.trace ?? meaning(rest, 'trace')),
  };
}

const named = (role: string, name: string | undefined): object =>
  name === undefined ? {} : { [role]: name };

function fieldsOf(sample: readonly Record<string, unknown>[]): Seen[] {
  const values = new Map<string, Leaf[]>();
  for (const document of sample)
    for (const [name, value] of leavesOf(document)) {
      const known = values.get(name);
      if (known) known.push(value);
      else values.set(name, [value]);
    }
  return [...values]
    .map(([name, own]) => ({ name, values: own, share: own.length / sample.length }))
    .sort((a, b) => b.share - a.share);
}

const namesOf = (seen: readonly Seen[]): string =>
  seen
    .slice(0, 8)
    .map(({ name }) => name)
    .join(', ') || 'they have none';

function timeField(
  types: ReadonlyMap<string, readonly string[]>,
  seen: readonly Seen[],
  chosen: string | undefined,
): TimeField {
  const of = (name: string): TimeField | undefined => {
    const own = types.get(name) ?? [];
    if (own.length > 0 && own.every((type) => DATES.has(type))) return { name, unit: 'date' };
    if (!own.length || !own.every((type) => NUMBERS.has(type))) return undefined;
    const unit = epochUnit(seen.find((one) => one.name === name)?.values ?? []);
    return unit && { name, unit };
  };
  if (chosen !== undefined) {
    const found = of(chosen);
    if (found) return found;
    const type = types.get(chosen)?.join(' and ');
    throw new AppError(
      'config_invalid',
      `logs.fields.time: ${chosen} ${type ? `is of the type ${type}` : 'is no field of the index'}; it has to be a date, or a number since 1970`,
    );
  }
  const common = seen.filter(({ share }) => share >= MOST).flatMap(({ name }) => of(name) ?? []);
  const isTime = ({ name }: TimeField): boolean => meaningOf(name) === 'timestamp';
  const found =
    common.find(({ name }) => name === '@timestamp') ??
    common.find(isTime) ??
    // A date by another name may be that of a birthday: it counts where it is the only one.
    (common.filter(({ unit }) => unit === 'date').length === 1
      ? common.find(({ unit }) => unit === 'date')
      : undefined);
  if (found) return found;
  const dates = [...types].filter(([, own]) => own.some((type) => DATES.has(type))).map(([name]) => name);
  const said = dates.length > 0 ? `dates are ${dates.slice(0, 8).join(', ')}` : 'none is a date';
  throw new AppError(
    'config_invalid',
    `no field tells when a document happened (${said}); name it in logs.fields.time`,
  );
}

function epochUnit(values: readonly Leaf[]): TimeUnit | undefined {
  const isWithin = (from: number, to: number) => (value: Leaf) =>
    typeof value === 'number' && value >= from && value < to;
  return values.length > 0 ? EPOCHS.find(([, from, to]) => values.every(isWithin(from, to)))?.[0] : undefined;
}

/** The most common field of a meaning whose values are texts. */
const meaning = (seen: readonly Seen[], wanted: Meaning): string | undefined =>
  seen.find(({ name, share, values }) => share >= MOST && meaningOf(name) === wanted && areTexts(values))
    ?.name;

const areTexts = (values: readonly Leaf[]): boolean => values.every((value) => typeof value === 'string');
const hasBlank = (value: Leaf): boolean => /\S\s+\S/.test(String(value).slice(0, 500));

/** The field by its name; else the longest one that mostly holds several words. */
function textField(seen: readonly Seen[]): string | undefined {
  const texts = seen.filter(({ share, values }) => share >= MOST && areTexts(values));
  const byName = meaning(texts, 'message') ?? texts.find(({ name }) => name === ORIGINAL)?.name;
  if (byName) return byName;
  const words = texts
    .filter(({ values }) => values.filter(hasBlank).length >= values.length / 2)
    .map(({ name, values }) => ({
      name,
      length: values.reduce<number>((sum, one) => sum + String(one).length, 0),
    }))
    .sort((a, b) => b.length - a.length);
  return (meaning(texts, 'text') ?? words[0]?.name) || meaning(texts, 'whole');
}

/** The field by its name; else one in which nothing but words for levels stand, and more than one of them. */
function levelField(seen: readonly Seen[]): string | undefined {
  const isNamed = ({ name, share }: Seen): boolean => share >= MOST && meaningOf(name) === 'level';
  const byName = seen.find(isNamed)?.name;
  if (byName) return byName;
  return seen.find(
    ({ share, values }) =>
      share >= MOST &&
      new Set(values).size > 1 &&
      values.every((value) => typeof value === 'string' && levelOf(value) !== undefined),
  )?.name;
}
