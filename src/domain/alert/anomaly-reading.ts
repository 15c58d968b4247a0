import { AppError } from '../errors.ts';
import { areFew, type BatchElement, badElements, batchElements } from '../log/batch.ts';
import { parseLooseJson } from '../log/loose-json.ts';
import { cutText } from '../log/record.ts';
import { type Anomaly, anomalyWire, completeAnomaly } from './anomaly.ts';

/** Largest message that is read, in bytes; anything larger is not an anomaly but a mistake of its producer. */
const MAX_BYTES = 1_048_576;
const MAX_LIST = 200;
const MAX_ISSUE = 2_000;
const MAX_SAMPLE = 100_000;
const MAX_EXPLANATION = 100_000;
const MAX_NAME = 200;

/**
 * One element of a message: an anomaly, or an error where it cannot be read. It is the whole message if nothing in it can be
 * read.
 */
export type AnomalyRead = { anomaly: Anomaly } | { wrong: AppError; element?: BatchElement };

const utf8 = new TextDecoder('utf-8', { fatal: true });

/**
 * Reads a message of the anomalies topic: one anomaly, a list of them, JSON Lines, or the envelope `{"type", "data": […]}`. Never
 * throws: what cannot be read comes as an error `malformed` or `too_large`. The good elements of a batch are used.
 * @param from.position place of the message: the id of an anomaly without one; for an element of a batch its index is added
 * @param from.receivedAt epoch milliseconds
 * @param from.zone IANA zone of times that name none
 */
export function readAnomalies(
  bytes: Uint8Array,
  from: { position: string; receivedAt: number; zone?: string },
): AnomalyRead[] {
  if (bytes.byteLength > MAX_BYTES) {
    const size = `${bytes.byteLength} bytes, at most ${MAX_BYTES} are read`;
    return [{ wrong: new AppError('too_large', size) }];
  }
  let text: string;
  let value: unknown;
  try {
    text = utf8.decode(bytes);
  } catch (cause) {
    return [{ wrong: new AppError('malformed', 'not UTF-8', { cause }) }];
  }
  try {
    value = parseLooseJson(text.trim());
    // It was encoded twice: the text is itself the JSON of an object or a list.
    if (typeof value === 'string' && /^\s*[{[]/.test(value)) {
      text = value;
      value = parseLooseJson(text);
    }
  } catch (cause) {
    const lines = linesOf(text);
    if (lines) return elementsOf(lines, from);
    return [{ wrong: new AppError('malformed', 'not JSON', { cause }) }];
  }
  if (!isBatch(value)) {
    const anomaly = anomalyOf(value, from.position, from);
    return [anomaly instanceof AppError ? { wrong: anomaly } : { anomaly }];
  }
  return elementsOf(batchElements(text, value), from);
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** JSON Lines: the first line is an object, and others follow. Undefined for any other text. */
function linesOf(text: string): BatchElement[] | undefined {
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  if (lines.length < 2 || !isObject(parsedOr(lines[0]!))) return undefined;
  return lines.map((line, index) => ({ index, value: parsedOr(line), text: line.trim() }));
}

/** Undefined if the text is not JSON. */
function parsedOr(text: string): unknown {
  try {
    return parseLooseJson(text.trim());
  } catch {
    return undefined;
  }
}

/** An object with a list `data` is a batch only if it is not an anomaly itself: an anomaly may have a field `data` of its own. */
const isBatch = (value: unknown): boolean =>
  Array.isArray(value) || (isObject(value) && Array.isArray(value.data) && !('anomaly_status' in value));

function elementsOf(elements: BatchElement[], from: Parameters<typeof readAnomalies>[1]): AnomalyRead[] {
  const read = elements.map((element): AnomalyRead => {
    const anomaly = anomalyOf(element.value, `${from.position}/${element.index}`, from);
    return anomaly instanceof AppError ? { wrong: anomaly, element } : { anomaly };
  });
  const bad = read.filter((one) => 'wrong' in one);
  if (bad.length < read.length && areFew(bad)) return read;
  const [first] = bad;
  if (!first) return read;
  // Nothing in it can be read, or too many elements cannot: then one dead letter for the whole message says enough.
  return [
    ...read.filter((one) => 'anomaly' in one),
    { wrong: badElements(bad.length, read.length, first.wrong) },
  ];
}

function anomalyOf(
  value: unknown,
  position: string,
  { receivedAt, zone }: Parameters<typeof readAnomalies>[1],
): Anomaly | AppError {
  let parsed: ReturnType<typeof anomalyWire.safeParse>;
  try {
    parsed = anomalyWire.safeParse(eased(value));
  } catch (cause) {
    // A check of a length trips over an object with a `length` that is no number.
    return new AppError('malformed', '(top level): cannot be read', { cause });
  }
  if (parsed.success) return completeAnomaly(parsed.data, position, receivedAt, zone);
  const issue = parsed.error.issues[0];
  return new AppError('malformed', `${issue?.path.join('.') || '(top level)'}: ${issue?.message}`);
}

/**
 * Brings an anomaly into the form of the contract where a producer writes it in another way and only one meaning is possible:
 * upper and lower case, numbers as text, percent, one text instead of a list, nulls in a list, texts that are too long. The
 * contract then accepts or refuses the result.
 */
function eased(value: unknown): unknown {
  if (!isObject(value)) return value;
  const out: Record<string, unknown> = { ...value };
  const ease = (field: string, how: (value: unknown) => unknown): void => {
    if (Object.hasOwn(out, field)) out[field] = how(out[field]);
  };
  ease('anomaly_status', (status) => (typeof status === 'string' ? status.trim().toLowerCase() : status));
  ease('confidence', numberOf);
  ease('score', numberOf);
  ease('severity', numberOf);
  ease('detected_issues', (issues) => textsOf(issues, MAX_ISSUE));
  ease('sample_lines', (lines) => textsOf(lines, MAX_SAMPLE));
  ease('explanation', explanationOf);
  for (const field of ['service', 'host', 'detector', 'trace_id']) ease(field, nameOf);
  return out;
}

const NUMBER = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?$/i;
/** After a zero, a comma is a decimal comma and does not separate thousands. */
const COMMA = /^([+-]?0),(\d+)$/;

/** `"0.92"`, `" .92 "`, `"0,92"`, `"92%"` as numbers; anything else as it is. */
function numberOf(value: unknown): unknown {
  if (typeof value !== 'string') return value;
  const text = value.trim();
  const share = text.endsWith('%');
  const figure = (share ? text.slice(0, -1).trimEnd() : text).replace(COMMA, '$1.$2');
  if (!NUMBER.test(figure)) return value;
  return share ? Number(figure) / 100 : Number(figure);
}

const isPlain = (value: unknown): value is string | number | boolean =>
  typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';

/** A list of texts: one text is a list of one, null is none, numbers are written out. */
function textsOf(value: unknown, limit: number): unknown {
  if (value === null) return [];
  if (!Array.isArray(value) && !isPlain(value)) return value;
  const list: unknown[] = Array.isArray(value) ? value : [value];
  return list
    .flat()
    .filter((entry) => entry !== null && (typeof entry !== 'string' || entry.trim() !== ''))
    .slice(0, MAX_LIST)
    .map((entry) => (isPlain(entry) ? cutText(String(entry), limit) : entry));
}

/** One text: numbers are written out, a list of texts is its lines. */
function explanationOf(value: unknown): unknown {
  if (isPlain(value)) return cutText(String(value), MAX_EXPLANATION);
  if (!Array.isArray(value) || !value.every((entry) => entry === null || isPlain(entry))) return value;
  const lines = value.filter((entry) => entry !== null);
  return cutText(lines.join('\n'), MAX_EXPLANATION);
}

const nameOf = (value: unknown): unknown =>
  typeof value === 'string' || typeof value === 'number' ? cutText(String(value).trim(), MAX_NAME) : value;
