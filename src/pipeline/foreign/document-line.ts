import type { ForeignDocument } from '../../backends/logs/foreign/foreign-index.ts';
import type { SourceLine } from '../../domain/log/source-line.ts';
import { valueAt } from './document.ts';
import type { FieldMap } from './fields.ts';

/** Fields about the shipper itself. They say nothing about what happened. */
const SHIPPER = new Set([
  '@timestamp',
  '@metadata',
  '@version',
  'agent',
  'ecs',
  'input',
  'beat',
  'prospector',
  'data_stream',
]);

/** Names that a reader of lines of JSON knows, for fields that are named otherwise; the first that the document does not use. */
const KNOWN: Record<'message' | 'level' | 'service' | 'host' | 'trace', readonly string[]> = {
  message: ['message', 'msg'],
  level: ['level', 'severity'],
  service: ['service', 'servicename'],
  host: ['host', 'hostname'],
  trace: ['traceid', 'trace_id'],
};

/**
 * The documents of an index as lines: the text is the line, the other fields say what else is known. They are read as a line of
 * JSON would be, so that an index and the file behind it give the same records.
 * @param index the kind of server and the name of the index, by which the source is named
 */
export function createDocumentLines(
  index: { kind: string; name: string },
  map: FieldMap,
): (document: ForeignDocument) => SourceLine {
  const source = `${index.kind} ${index.name}`;
  const service = index.name.split(',')[0]!.replace(/[-_.*]*\*.*$/, '') || index.kind;
  return ({ id, at, source: fields }) => {
    const text = valueAt(fields, map.text);
    const path = valueAt(fields, 'log.file.path');
    const isFile = typeof path === 'string' && path !== '';
    return {
      text: typeof text === 'string' ? text : JSON.stringify(fields),
      fields: knownFields(fields, map, at),
      source: isFile ? `${source}/${path}` : source,
      position: `${at}/${id}`,
      hint: { timestamp: at, ...(isFile ? {} : { service }) },
    };
  };
}

/** The fields of a document, those of the map under names that are known, and first: the first that tells something counts. */
function knownFields(fields: Record<string, unknown>, map: FieldMap, at: number): Record<string, unknown> {
  // Without a prototype, so that a field may have any name.
  const known: Record<string, unknown> = Object.create(null);
  known['@timestamp'] = at;
  const put = (role: keyof typeof KNOWN, name: string | undefined): void => {
    if (name === undefined) return;
    const value = valueAt(fields, name);
    if (value === undefined || value === null) return;
    const key = KNOWN[role].find((one) => !Object.hasOwn(fields, one) || one === name);
    if (key !== undefined) known[key] = typeof value === 'object' ? JSON.stringify(value) : value;
  };
  put('message', map.text);
  put('level', map.level);
  put('service', map.service);
  put('host', map.host);
  put('trace', map.trace);
  for (const [key, value] of Object.entries(fields))
    if (!SHIPPER.has(key) && !Object.hasOwn(known, key)) known[key] = value;
  return known;
}
