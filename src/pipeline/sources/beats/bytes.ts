import { StringDecoder } from 'node:string_decoder';

const NONE = Buffer.alloc(0);

/** The bytes of a stream, read in the sizes of its frames. */
export interface Bytes {
  /** Bytes that have come and were not taken yet. */
  readonly held: number;
  /** Waits until `count` bytes have come; false if the stream ends before. */
  gather(count: number): Promise<boolean>;
  /** The next `count` bytes, which must have come. */
  take(count: number): Buffer;
  /** As many of the next `count` bytes as are in one piece. */
  takeUpTo(count: number): Buffer;
  /**
   * Waits for the next `count` bytes and gives them as text; undefined if the stream ends before. They are decoded as
   * they come, so that they are never held as bytes and as text both.
   */
  text(count: number): Promise<string | undefined>;
}

/** Pieces are joined when a whole frame has come, not again for each piece. */
export function bytesOf(chunks: AsyncIterable<Buffer>): Bytes {
  const source = chunks[Symbol.asyncIterator]();
  let first: Buffer = NONE;
  let rest: Buffer[] = [];
  let held = 0;
  let ended = false;

  return {
    get held() {
      return held;
    },
    async gather(count) {
      while (held < count && !ended) {
        const next = await source.next();
        if (next.done) ended = true;
        else if (next.value.length > 0) {
          held += next.value.length;
          if (first.length === 0) first = next.value;
          else rest.push(next.value);
        }
      }
      return held >= count;
    },
    take(count) {
      if (first.length < count) {
        first = Buffer.concat([first, ...rest]);
        rest = [];
      }
      const taken = first.subarray(0, count);
      first = first.subarray(count);
      held -= count;
      if (first.length === 0) first = rest.shift() ?? NONE;
      return taken;
    },
    takeUpTo(count) {
      return this.take(Math.min(count, first.length));
    },
    async text(count) {
      const decoder = new StringDecoder('utf8');
      let text = '';
      for (let left = count; left > 0; ) {
        if (held === 0 && !(await this.gather(1))) return undefined;
        const piece = this.takeUpTo(left);
        left -= piece.length;
        text += decoder.write(piece);
      }
      return text + decoder.end();
    },
  };
}
