import { cutMark, cutText, MAX_LINE } from '../../../domain/log/record.ts';
import { createChunkDecoder, type Encoding } from './encoding.ts';

/** Characters that are kept of the beginning of a line while its end is searched; the rest is only counted. */
export const MAX_HELD = 4 * MAX_LINE;
/** Characters that are kept of the end of a longer line: more than `cutText` leaves of it. */
export const MAX_TAIL = MAX_LINE / 2;
const BATCH = 4_000;
/** After this time (ms) lines are passed on even if they are few, so that what a pipe gives now is seen now. */
const PASS_ON_MS = 200;

export interface NumberedLine {
  /** 1-based. */
  number: number;
  text: string;
}

/**
 * Cuts bytes into lines at `\n` or `\r\n`, in batches. Text is UTF-8, UTF-16, or in the character
 * set that its lines show; bytes that are none of these become U+FFFD. Memory does not grow with the length of a line: of a very long one the middle
 * is left out, with a mark that says how much.
 * @param onEncoding called once for each encoding that is not UTF-8
 */
export async function* splitLines(
  chunks: AsyncIterable<Uint8Array>,
  onEncoding?: (encoding: Encoding) => void,
): AsyncGenerator<NumberedLine[]> {
  const decoder = createChunkDecoder(onEncoding);
  let held = '';
  /** The last characters of what came after `held`, and how many came. */
  let tail = '';
  let beyond = 0;
  let number = 0;
  let batch: NumberedLine[] = [];
  let passedOn = Date.now();

  const end = (text: string): void => {
    number += 1;
    const whole =
      beyond > 0 ? headAndTail(text, tail, beyond) : text.endsWith('\r') ? text.slice(0, -1) : text;
    tail = '';
    beyond = 0;
    // A copy: a slice would keep the whole chunk in memory as long as somebody keeps a word of it.
    batch.push({ number, text: `${whole}\n`.slice(0, -1) });
  };
  const hold = (text: string): void => {
    const room = MAX_HELD - held.length;
    if (text.length <= room) {
      held += text;
      return;
    }
    held += text.slice(0, room);
    beyond += text.length - room;
    tail = (tail + text.slice(Math.max(room, text.length - MAX_TAIL))).slice(-MAX_TAIL);
  };

  function* linesOf(decoded: string): Generator<NumberedLine[]> {
    const text = decoded.includes('\0') ? withoutZeros(decoded, held === '' && beyond === 0) : decoded;
    let start = 0;
    for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', start)) {
      hold(text.slice(start, at));
      end(held);
      held = '';
      start = at + 1;
      if (batch.length < BATCH) continue;
      yield batch;
      batch = [];
      passedOn = Date.now();
    }
    hold(text.slice(start));
  }

  for await (const chunk of chunks) {
    yield* linesOf(decoder.push(chunk));
    if (batch.length === 0 || Date.now() - passedOn < PASS_ON_MS) continue;
    yield batch;
    batch = [];
    passedOn = Date.now();
  }
  yield* linesOf(decoder.end());
  if (held !== '') end(held);
  if (batch.length > 0) yield batch;
}

/** A text without the zeros at the beginning of its lines: truncating a file leaves them that is written to. */
const withoutZeros = (text: string, beginsLine: boolean): string =>
  text.replace(beginsLine ? /(^|\n)\0+/g : /(\n)\0+/g, '$1');

/**
 * A line of which only head and tail were kept, cut as `cutText` would have cut all of it.
 * @param beyond characters after the head, with those of the tail
 */
export function headAndTail(head: string, tail: string, beyond: number): string {
  const end = tail.endsWith('\r') ? tail.slice(0, -1) : tail;
  const missing = beyond - tail.length;
  return cutText(missing > 0 ? head + cutMark(missing) + end : head + end);
}
