/**
 * Most values in one request. An empty record is two bytes, and a hundred times that when it is decoded: a compressed
 * request of a few kilobytes could take gigabytes of memory. So values are counted before decoding. Batches of real
 * senders have at most some hundred thousand.
 */
export const MAX_PARTS = 1_000_000;

/**
 * The protobuf messages of a logs request, by the numbers of the fields that hold messages. A field that is not
 * listed is a value without parts.
 */
const REQUEST: Message = {};
const [resourceLogs, resource, scopeLogs, scope, record]: Message[] = [{}, {}, {}, {}, {}];
const [pair, value, list, pairs]: Message[] = [{}, {}, {}, {}];
Object.assign(REQUEST, { 1: resourceLogs });
Object.assign(resourceLogs!, { 1: resource, 2: scopeLogs });
Object.assign(resource!, { 1: pair });
Object.assign(scopeLogs!, { 1: scope, 2: record });
Object.assign(scope!, { 3: pair });
Object.assign(record!, { 5: value, 6: pair });
Object.assign(pair!, { 2: value });
Object.assign(value!, { 5: list, 6: pairs });
Object.assign(list!, { 1: value });
Object.assign(pairs!, { 1: pair });
interface Message {
  [field: number]: Message | undefined;
}

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
  const open: { message: Message; end: number }[] = [{ message: REQUEST, end: bytes.length }];
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
      const message = inner.message[Math.floor(tag / 8)];
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
