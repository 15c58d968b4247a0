import { MAX_LINE } from '../../domain/record.ts';
import { createChunkDecoder, type Encoding } from './encoding.ts';

/** What is kept of one physical line while its end is looked for; the rest is only counted. */
export const MAX_HELD = 4 * MAX_LINE;
const BATCH = 4_000;
/** A pipe that gives little is passed on after so long, so that what is written now is seen now. */
const PASS_ON_MS = 200;

export interface NumberedLine {
  /** 1-based. */
  number: number;
  text: string;
}

/**
 * Cuts bytes into lines at `\n` or `\r\n`, in batches. Text is UTF-8, CP949 or, by its byte order mark, UTF-16; what is
 * none becomes U+FFFD. Memory stays flat whatever the length of a line: beyond 64 Ki characters it is cut with a mark
 * that says how much.
 * @param onEncoding told once when the text is not UTF-8
 */
export async function* splitLines(
  chunks: AsyncIterable<Uint8Array>,
  onEncoding?: (encoding: Encoding) => void,
): AsyncGenerator<NumberedLine[]> {
  const decoder = createChunkDecoder(onEncoding);
  let held = '';
  let dropped = 0;
  let number = 0;
  let batch: NumberedLine[] = [];
  let passedOn = Date.now();

  const end = (text: string): void => {
    number += 1;
    const whole = dropped > 0 ? marked(text, dropped) : text.endsWith('\r') ? text.slice(0, -1) : text;
    dropped = 0;
    // A copy: a slice would keep all of its chunk alive for as long as somebody keeps a word of it.
    batch.push({ number, text: `${whole}\n`.slice(0, -1) });
  };
  const hold = (text: string): void => {
    held += text;
    if (held.length <= MAX_HELD) return;
    dropped += held.length - MAX_HELD;
    held = held.slice(0, MAX_HELD);
  };

  function* linesOf(text: string): Generator<NumberedLine[]> {
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
  if (held !== '' || dropped > 0) end(held);
  if (batch.length > 0) yield batch;
}

/** The line cut to the longest kept, with the mark `cutText` would make had it seen the whole line. */
export function marked(head: string, dropped: number): string {
  const mark = ` …[+${head.length + dropped - MAX_LINE} chars]`;
  const text = head.slice(0, MAX_LINE - mark.length);
  return (/[\ud800-\udbff]$/.test(text) ? text.slice(0, -1) : text) + mark;
}
