import { promisify } from 'node:util';
import { inflate } from 'node:zlib';
import { AppError } from '../../../domain/errors.ts';

/** One thing a Lumberjack v2 sender says: a window of `size` events begins, or an event. */
export type Frame = { kind: 'window'; size: number } | { kind: 'event'; sequence: number; json: string };

const inflated = promisify<Buffer, { maxOutputLength: number }, Buffer>(inflate);
const VERSION_2 = 0x32;
const [WINDOW, JSON_FRAME, COMPRESSED] = [0x57, 0x4a, 0x43];
/** Events of one window; Beats' own largest is far below. */
const MAX_WINDOW = 1_000_000;

/** What a compressed frame may unpack to, in units of the longest message. */
const INFLATED = 64;
const COMPRESSED_MESSAGES = 16;

const malformed = (what: string): AppError => new AppError('malformed', `Lumberjack: ${what}`);

/**
 * Reads Lumberjack v2: window, JSON and compressed frames; at most one frame is held.
 * `push` gives the frames a chunk completes. It throws `malformed` or `too_large`; the connection must then be closed,
 * since nobody knows where the next frame begins.
 * @param messageBytes longest event; a compressed frame may have sixteen times as much
 */
export function createLumberjackReader(messageBytes: number): {
  push(chunk: Buffer): AsyncGenerator<Frame>;
} {
  let rest: Buffer[] = [];
  let held = 0;
  /** Bytes the next frame needs, as far as is known; joining before they are there would copy again and again. */
  let wanted = 2;

  async function* frames(bytes: Buffer, inside: boolean): AsyncGenerator<Frame, number> {
    let at = 0;
    for (;;) {
      const left = bytes.length - at;
      wanted = 2;
      if (left < 2) return at;
      if (bytes[at] !== VERSION_2) throw malformed(`version ${bytes[at]} is not 2`);
      const type = bytes[at + 1];
      if (type === WINDOW) {
        wanted = 6;
        if (left < 6) return at;
        const size = bytes.readUInt32BE(at + 2);
        if (size > MAX_WINDOW) throw new AppError('too_large', `Lumberjack: a window of ${size} events`);
        at += 6;
        yield { kind: 'window', size };
      } else if (type === JSON_FRAME) {
        wanted = 10;
        if (left < 10) return at;
        const length = bytes.readUInt32BE(at + 6);
        if (length > messageBytes) throw new AppError('too_large', `Lumberjack: an event of ${length} bytes`);
        wanted = 10 + length;
        if (left < wanted) return at;
        const json = bytes.toString('utf8', at + 10, at + 10 + length);
        yield { kind: 'event', sequence: bytes.readUInt32BE(at + 2), json };
        at += 10 + length;
      } else if (type === COMPRESSED && !inside) {
        wanted = 6;
        if (left < 6) return at;
        const length = bytes.readUInt32BE(at + 2);
        if (length > messageBytes * COMPRESSED_MESSAGES)
          throw new AppError('too_large', `Lumberjack: a compressed frame of ${length} bytes`);
        wanted = 6 + length;
        if (left < wanted) return at;
        const plain = await unpack(bytes.subarray(at + 6, at + 6 + length));
        const end = yield* frames(plain, true);
        if (end !== plain.length) throw malformed('a compressed frame ends inside a frame');
        at += 6 + length;
      } else throw malformed(`unknown frame type ${type}`);
    }
  }

  async function unpack(bytes: Buffer): Promise<Buffer> {
    try {
      return await inflated(bytes, { maxOutputLength: messageBytes * INFLATED });
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE')
        throw new AppError('too_large', 'Lumberjack: a compressed frame unpacks to too much', { cause });
      throw new AppError('malformed', 'Lumberjack: a compressed frame cannot be unpacked', { cause });
    }
  }

  return {
    async *push(chunk) {
      rest.push(chunk);
      held += chunk.length;
      if (held < wanted) return;
      const bytes = rest.length === 1 ? rest[0]! : Buffer.concat(rest);
      const end = yield* frames(bytes, false);
      const left = Buffer.from(bytes.subarray(end));
      rest = left.length > 0 ? [left] : [];
      held = left.length;
    },
  };
}
