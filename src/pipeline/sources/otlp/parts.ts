/**
 * Most values in one request. An empty record is two bytes, and a hundred times that when it is decoded: a compressed
 * request of a few kilobytes could take gigabytes of memory. So values are counted before decoding. Batches of real
 * senders have at most some hundred thousand.
 */
export const MAX_PARTS = 1_000_000;

/**
 * The protobuf messages of a logs request: which field, by its number, holds which message. A field that is not listed
 * is a value without parts.
 */
const MESSAGES: Record<string, Record<number, string | undefined>> = {
  request: { 1: 'resourceLogs' },
  resourceLogs: { 1: 'resource', 2: 'scopeLogs' },
  resource: { 1: 'keyValue' },
  scopeLogs: { 1: 'scope', 2: 'record' },
  scope: { 3: 'keyValue' },
  record: { 5: 'value', 6: 'keyValue' },
  keyValue: { 2: 'value' },
  value: { 5: 'list', 6: 'keyValues' },
  list: { 1: 'value' },
  keyValues: { 1: 'keyValue' },
};

/**
 * Whether a request in protobuf has more parts than allowed. For what is no valid request the answer is false: the
 * decoder will reject it.
 */
export function tooManyProtobuf(bytes: Uint8Array, most = MAX_PARTS): boolean {
  let at = 0;
  const varint = (): number => {
    let read = 0;
    for (let shift = 0; shift < 70; shift += 7) {
      const byte = bytes[at++] ?? 0;
      read += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return read;
    }
    return Number.NaN;
  };
  let count = 0;
  /** The messages that are being read, from the outermost to the innermost, and where they end. */
  const open: { message: string; end: number }[] = [{ message: 'request', end: bytes.length }];
  for (let inner = open.at(-1); inner; inner = open.at(-1)) {
    if (at >= inner.end) {
      open.pop();
      continue;
    }
    const tag = varint();
    count += 1;
    if (count > most) return true;
    const kind = tag & 7;
    if (kind === 0) varint();
    else if (kind === 1) at += 8;
    else if (kind === 5) at += 4;
    else if (kind === 2) {
      const end = varint() + at;
      const message = MESSAGES[inner.message]![Math.floor(tag / 8)];
      if (message && end <= inner.end) open.push({ message, end });
      else at = end;
    } else return false;
    if (Number.isNaN(at)) return false;
  }
  return false;
}

/** The same for a request in JSON: counts objects, lists and commas outside of text. */
export function tooManyJson(bytes: Uint8Array, most = MAX_PARTS): boolean {
  let count = 0;
  let inText = false;
  for (let at = 0; at < bytes.length; at += 1) {
    const byte = bytes[at];
    if (byte === 0x22) inText = !inText;
    else if (inText) {
      if (byte === 0x5c) at += 1;
    } else if (byte === 0x7b || byte === 0x5b || byte === 0x2c) {
      count += 1;
      if (count > most) return true;
    }
  }
  return false;
}
