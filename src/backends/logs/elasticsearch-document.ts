import { createHash } from 'node:crypto';
import type { estypes } from '@elastic/elasticsearch';
import type { LogRecord } from '../../domain/log/record.ts';
import type { LogFilter } from './store.ts';
import { fold, searchTerms } from './text.ts';

/**
 * A record as Elasticsearch keeps it. `seq` keeps the order of arrival within a millisecond. Text searches look at `grams`,
 * which is not kept in the source. `raw` is the whole record as JSON, only where its text is not valid Unicode:
 * Elasticsearch would replace the broken characters.
 */
export interface LogDocument {
  id: string;
  '@timestamp': number;
  seq: number;
  level: string;
  service: string;
  host?: string;
  message: string;
  line: string;
  attributes: LogRecord['attributes'];
  error_code?: string;
  trace_id?: string;
  span_id?: string;
  template?: { id: string; pattern: string };
  request?: { endpoint: string; status?: number; duration_ms?: number };
  grams?: string;
  raw?: string;
}

// Lucene refuses terms over 32,766 bytes; a longer name is stored but not counted.
const keyword = { type: 'keyword', ignore_above: 8_191 } as const;

/** Marks what Bongsu made in a cluster: nothing without it is ever replaced or written to. */
const MARK = { description: 'Log records of Bongsu' } as const;
/** Whether something in a cluster carries the mark, by its `_meta`. */
export const isOurs = (meta: unknown): boolean =>
  (meta as { description?: unknown } | undefined)?.description === MARK.description;

/** The template's name: it shows at once whose it is. */
export const templateName = (index: string): string =>
  index.startsWith('bongsu') ? index : `bongsu-${index}`;

/**
 * The template of the index. It uses only features of Elasticsearch's core. One shard, so that counts of terms are exact.
 * Fields that are not named here are kept in the source and not indexed, so no attribute can break the mapping. The
 * priority is one above that of version 1, which may still be there under the index's own name.
 */
export const indexTemplate = (index: string): estypes.IndicesPutIndexTemplateRequest => ({
  name: templateName(index),
  index_patterns: [index],
  priority: 201,
  version: 2,
  _meta: { ...MARK },
  template: {
    settings: { number_of_shards: 1, auto_expand_replicas: '0-1' },
    mappings: {
      _meta: { ...MARK },
      dynamic: false,
      _source: { excludes: ['grams'] },
      properties: {
        '@timestamp': { type: 'date', format: 'epoch_millis||strict_date_optional_time' },
        seq: { type: 'long' },
        level: keyword,
        service: keyword,
        host: keyword,
        error_code: keyword,
        trace_id: { ...keyword, doc_values: false },
        template: { properties: { id: keyword, pattern: { ...keyword, index: false } } },
        request: {
          properties: {
            endpoint: keyword,
            status: { type: 'integer' },
            duration_ms: { type: 'double', index: false },
          },
        },
        attributes: { type: 'object', enabled: false },
        grams: { type: 'text', analyzer: 'whitespace', index_options: 'positions', norms: false },
      },
    },
  },
});

const WIDE_SPACES =
  '\u0085\u00a0\u1680\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000';
const END = '\ue0ff';

/** The characters of folded text. White space, which separates the grams, becomes characters of the private use area. */
const characters = (folded: string): string[] =>
  Array.from(folded, (character) => {
    const code = character.codePointAt(0)!;
    if (code <= 0x20) return String.fromCharCode(0xe000 + code);
    const wide = WIDE_SPACES.indexOf(character);
    return wide < 0 ? character : String.fromCharCode(0xe040 + wide);
  });

/**
 * Pairs of neighbouring characters, one for each character of the line: a phrase of pairs is exactly a substring, in any
 * script. They are made here and not by an n-gram tokenizer, so that both stores fold text in the same way.
 */
function grams(line: string): string {
  const all = characters(fold(line));
  let out = '';
  for (let index = 0; index < all.length; index++) out += `${all[index]}${all[index + 1] ?? END} `;
  return out;
}

/** The longest phrase of one clause, in pairs; a longer one becomes overlapping pieces that must all occur. */
const PHRASE = 256;

function substring(term: string): estypes.QueryDslQueryContainer[] {
  const all = characters(term);
  if (all.length === 1) return [{ prefix: { grams: { value: all[0]! } } }];
  const pairs = all.slice(1).map((character, index) => all[index]! + character);
  const pieces: string[] = [];
  for (let start = 0; start < pairs.length; start += PHRASE / 2) {
    pieces.push(pairs.slice(start, start + PHRASE).join(' '));
    if (start + PHRASE >= pairs.length) break;
  }
  return pieces.map((piece) => ({ match_phrase: { grams: { query: piece } } }));
}

/** A filter as a query; an empty list matches nothing, like an unknown value. */
export function queryOf(filter: LogFilter): estypes.QueryDslQueryContainer {
  const wellFormed = (values: string[]): string[] => values.map((value) => value.toWellFormed());
  const clauses: estypes.QueryDslQueryContainer[] = [];
  if (filter.from !== undefined || filter.to !== undefined)
    clauses.push({
      range: { '@timestamp': { gte: filter.from, lt: filter.to, format: 'epoch_millis' } },
    });
  if (filter.services) clauses.push({ terms: { service: wellFormed(filter.services) } });
  if (filter.levels) clauses.push({ terms: { level: filter.levels } });
  if (filter.templateIds) clauses.push({ terms: { 'template.id': wellFormed(filter.templateIds) } });
  if (filter.traceId !== undefined)
    clauses.push({ term: { trace_id: { value: filter.traceId.toWellFormed() } } });
  if (filter.endpoints) clauses.push({ terms: { 'request.endpoint': wellFormed(filter.endpoints) } });
  if (filter.status)
    clauses.push({ range: { 'request.status': { gte: filter.status.from, lt: filter.status.to } } });
  for (const term of searchTerms(filter.text ?? '')) clauses.push(...substring(term));
  return { bool: { filter: clauses } };
}

/** The id of a record's document: Elasticsearch takes at most 512 bytes of valid text. */
export const documentId = (id: string): string =>
  id.isWellFormed() && Buffer.byteLength(id) <= 512
    ? id
    : `sha256:${createHash('sha256').update(id, 'utf16le').digest('hex')}`;

/** JSON.stringify escapes a surrogate only where it is alone. */
const LONE_SURROGATE = /\\ud[89a-f]/;

export function toDocument(record: LogRecord, seq: number): LogDocument {
  const json = JSON.stringify(record);
  const broken = LONE_SURROGATE.test(json);
  const text = (value: string): string => (broken ? value.toWellFormed() : value);
  const { host, errorCode, traceId, spanId, template, request } = record;
  return {
    id: text(record.id),
    '@timestamp': record.timestamp,
    seq,
    level: record.level,
    service: text(record.service),
    ...(host === undefined ? {} : { host: text(host) }),
    message: text(record.message),
    line: text(record.line),
    attributes: broken ? {} : record.attributes,
    ...(errorCode === undefined ? {} : { error_code: text(errorCode) }),
    ...(traceId === undefined ? {} : { trace_id: text(traceId) }),
    ...(spanId === undefined ? {} : { span_id: text(spanId) }),
    ...(template ? { template: { id: text(template.id), pattern: text(template.pattern) } } : {}),
    ...(request
      ? {
          request: {
            endpoint: text(request.endpoint),
            ...(request.status === undefined ? {} : { status: request.status }),
            ...(request.durationMs === undefined ? {} : { duration_ms: request.durationMs }),
          },
        }
      : {}),
    grams: grams(record.line),
    ...(broken ? { raw: json } : {}),
  };
}

export function fromDocument(document: LogDocument): LogRecord {
  if (document.raw !== undefined) return JSON.parse(document.raw) as LogRecord;
  const { host, error_code, trace_id, span_id, template, request } = document;
  return {
    id: document.id,
    timestamp: document['@timestamp'],
    level: document.level as LogRecord['level'],
    service: document.service,
    message: document.message,
    line: document.line,
    attributes: document.attributes,
    ...(host === undefined ? {} : { host }),
    ...(error_code === undefined ? {} : { errorCode: error_code }),
    ...(trace_id === undefined ? {} : { traceId: trace_id }),
    ...(span_id === undefined ? {} : { spanId: span_id }),
    ...(template ? { template } : {}),
    ...(request
      ? {
          request: {
            endpoint: request.endpoint,
            ...(request.status === undefined ? {} : { status: request.status }),
            ...(request.duration_ms === undefined ? {} : { durationMs: request.duration_ms }),
          },
        }
      : {}),
  };
}
