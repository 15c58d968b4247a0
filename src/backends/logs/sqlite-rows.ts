import type { StatementSync } from 'node:sqlite';
import { type AttributeValue, LEVELS, type LogRecord } from '../../domain/log/record.ts';
import { MINUTE } from '../../domain/time/units.ts';
import type { Database } from './sqlite-database.ts';
import { fold } from './text.ts';

/** A value of a column. Text that UTF-8 cannot hold (lone surrogates) is kept as UTF-16 bytes. */
type Cell = string | number | bigint | null | Uint8Array;

export const encode = (text: string): string | Uint8Array =>
  text.isWellFormed() ? text : Buffer.from(text, 'utf16le');
export const decode = (cell: Cell): string =>
  cell instanceof Uint8Array ? Buffer.from(cell).toString('utf16le') : String(cell);

/** A line with these characters only (printable ASCII, Hangul, signs without case) needs no folded copy: LIKE ignores ASCII case. */
const LIKE_SUFFICES = /^[\t -~\uac00-\ud7a3\u2010-\u205e\u2190-\u21ff\u2500-\u25ff]*$/;

const LEVEL_NUMBER = new Map<string, number>(LEVELS.map((level, index) => [level, index]));
/** Names that are kept in memory for writing; with more (a hostile stream of services) they are looked up again. */
const NAMES_CACHED = 20_000;

/** Writes records in a transaction of the caller, who must call `reset` after a rollback. */
export class RecordWriter {
  readonly #database: Database;
  readonly #insert: StatementSync;
  readonly #addMinute: StatementSync;
  readonly #names = new Map<string, number>();
  readonly #templates = new Map<string, number>();

  constructor(database: Database) {
    this.#database = database;
    this.#insert = database.prepare(
      `INSERT INTO records (id, at, level, service, template, code, host, trace, span, line, folded, message, cut, endpoint,
       status, duration, attributes) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING`,
    );
    this.#addMinute = database.prepare(
      `INSERT INTO minutes VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET records = records + excluded.records,
       first = min(first, excluded.first), last = max(last, excluded.last)`,
    );
  }

  write(records: LogRecord[]): void {
    const insert = this.#insert;
    const counts = createCounts();
    const seen = new Map<LogRecord['template'], number>();
    for (const record of records) {
      const { id, timestamp, line, message, request } = record;
      const level = LEVEL_NUMBER.get(record.level)!;
      const service = this.#nameNumber(record.service);
      let template = record.template ? seen.get(record.template) : 0;
      if (template === undefined) {
        // Once per template object of the batch: most records have the same object as one before them.
        template = this.#templateNumber(record.template!);
        seen.set(record.template, template);
      }
      const code = this.#nameNumber(record.errorCode);
      const isTail = line.endsWith(message);
      const { changes } = insert.run(
        encode(id),
        timestamp,
        level,
        service,
        template,
        code,
        this.#nameNumber(record.host),
        record.traceId === undefined ? null : encode(record.traceId),
        record.spanId === undefined ? null : encode(record.spanId),
        encode(line),
        LIKE_SUFFICES.test(line) ? null : fold(line),
        isTail ? null : encode(message),
        isTail ? line.length - message.length : 0,
        request ? encode(request.endpoint) : null,
        request?.status ?? null,
        request?.durationMs ?? null,
        attributesCell(record.attributes),
      );
      if (changes !== 0) counts.add(timestamp, service, level, template, code);
    }
    for (const sum of counts.sums()) this.#addMinute.run(...sum);
  }

  /** Forgets all numbers: those of a transaction that was rolled back are in no table. */
  reset(): void {
    this.#names.clear();
    this.#templates.clear();
  }

  #nameNumber(text: string | undefined): number {
    if (text === undefined) return 0;
    return this.#names.get(text) ?? this.#add(this.#names, text, 'names', [encode(text)]);
  }

  #templateNumber({ id, pattern }: NonNullable<LogRecord['template']>): number {
    const key = `${id}\0${pattern}`;
    return (
      this.#templates.get(key) ?? this.#add(this.#templates, key, 'templates', [encode(id), encode(pattern)])
    );
  }

  /** The number of a text in its table; adds the text where it is new. */
  #add(
    cache: Map<string, number>,
    key: string,
    table: 'names' | 'templates',
    values: (string | Uint8Array)[],
  ): number {
    const database = this.#database;
    const columns = table === 'names' ? ['name'] : ['id', 'pattern'];
    database
      .prepare(`INSERT INTO ${table} (${columns}) VALUES (${columns.map(() => '?')}) ON CONFLICT DO NOTHING`)
      .run(...values);
    const [n] = database
      .prepare(`SELECT n FROM ${table} WHERE ${columns.map((column) => `${column} = ?`).join(' AND ')}`)
      .get(...values) as unknown as [number];
    if (cache.size >= NAMES_CACHED) cache.clear();
    cache.set(key, n);
    return n;
  }
}

function attributesCell(attributes: LogRecord['attributes']): string | null {
  for (const _ in attributes) return JSON.stringify(attributes);
  return null;
}

/** Counts the records of one batch per minute, service, level, template and code, as rows of `minutes`. */
function createCounts() {
  type Sum = [
    minute: number,
    service: number,
    level: number,
    template: number,
    code: number,
    records: number,
    first: number,
    last: number,
  ];
  const byKey = new Map<string, Sum>();
  /** By template, the row that counted it last: most records of a template are like the one before. */
  const recent = new Map<number, Sum>();
  return {
    add(at: number, service: number, level: number, template: number, code: number): void {
      const minute = Math.floor(at / MINUTE);
      let sum = recent.get(template);
      if (sum?.[0] !== minute || sum[1] !== service || sum[2] !== level || sum[4] !== code) {
        const key = `${minute} ${service} ${level} ${template} ${code}`;
        sum = byKey.get(key);
        if (!sum) {
          sum = [minute, service, level, template, code, 0, at, at];
          byKey.set(key, sum);
        }
        recent.set(template, sum);
      }
      sum[5] += 1;
      if (at < sum[6]) sum[6] = at;
      if (at > sum[7]) sum[7] = at;
    },
    sums: () => byKey.values(),
  };
}

/** The beginning of a statement whose rows a `recordReader` reads; INDEXED BY and WHERE may follow. */
export const SELECT_RECORD = `SELECT id, at, level, service, host, line, message, cut, attributes, code, trace, span, endpoint,
  status, duration, template FROM records`;

/** Turns rows of SELECT_RECORD back into the records that were written, character for character. */
export function recordReader(database: Database): (row: unknown) => LogRecord {
  const lookUp = (sql: string) => {
    const cache = new Map<number, string[]>();
    return (n: number): string[] => {
      let found = cache.get(n);
      if (!found) {
        found = ((database.prepare(sql).get(n) as unknown as Cell[] | undefined) ?? ['']).map(decode);
        if (cache.size >= NAMES_CACHED) cache.clear();
        cache.set(n, found);
      }
      return found;
    };
  };
  const name = lookUp('SELECT name FROM names WHERE n = ?');
  const template = lookUp('SELECT id, pattern FROM templates WHERE n = ?');
  return (row) => {
    const cells = row as Cell[];
    const [id, at, level, service, host, line, message, cut, attributes, code, trace, span] = cells;
    const [endpoint, status, duration, templateNumber] = cells.slice(12);
    const text = decode(line!);
    const record: LogRecord = {
      id: decode(id!),
      timestamp: Number(at),
      level: LEVELS[Number(level)]!,
      service: name(Number(service))[0]!,
      message: message === null ? text.slice(Number(cut)) : decode(message!),
      line: text,
      attributes:
        attributes === null ? {} : (JSON.parse(String(attributes)) as Record<string, AttributeValue>),
    };
    if (host !== 0) record.host = name(Number(host))[0]!;
    if (code !== 0) record.errorCode = name(Number(code))[0]!;
    if (trace !== null) record.traceId = decode(trace!);
    if (span !== null) record.spanId = decode(span!);
    if (endpoint !== null) {
      record.request = { endpoint: decode(endpoint!) };
      if (status !== null) record.request.status = Number(status);
      if (duration !== null) record.request.durationMs = Number(duration);
    }
    if (templateNumber !== 0) {
      const [templateId, pattern] = template(Number(templateNumber));
      record.template = { id: templateId!, pattern: pattern! };
    }
    return record;
  };
}

/** The numbers of names or template ids; those that the store has never seen are left out. */
export function numbersOf(database: Database, table: 'names' | 'templates', values: string[]): number[] {
  const statement = database.prepare(
    table === 'names' ? 'SELECT n FROM names WHERE name = ?' : 'SELECT n FROM templates WHERE id = ?',
  );
  return values.flatMap((value) =>
    (statement.all(encode(value)) as unknown as [number][]).map(([number]) => number),
  );
}

/** The text that a number in a column stands for: a name, or a template's id and pattern. */
export function textOf(
  database: Database,
  table: 'names' | 'templates',
  n: number,
): { key: string; label: string } {
  const row = database
    .prepare(
      table === 'names'
        ? 'SELECT name FROM names WHERE n = ?'
        : 'SELECT id, pattern FROM templates WHERE n = ?',
    )
    .get(n) as unknown as Cell[] | undefined;
  const [key = '', label = key] = (row ?? []).map(decode);
  return { key, label };
}
