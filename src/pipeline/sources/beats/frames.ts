import { pipeline } from 'node:stream';
import { createInflate } from 'node:zlib';
import { AppError, toAppError } from '../../../domain/errors.ts';
import { type Bytes, bytesOf } from './bytes.ts';

/** What a Lumberjack v2 sender says: a window of `size` events begins, or an event. */
export type LumberjackFrame =
  | { kind: 'window'; size: number }
  | { kind: 'event'; sequence: number; json: string };

const VERSION_2 = 0x32;
const [WINDOW, JSON_FRAME, COMPRESSED] = [0x57, 0x4a, 0x43];
/** Most events of one window; the largest that Beats sends is far smaller. */
const MAX_WINDOW = 1_000_000;

/** The size of a compressed frame, unpacked and as it comes, in units of the longest message. */
const INFLATED = 64;
const COMPRESSED_MESSAGES = 16;
/** Bytes that are unpacked at once. */
const PIECE = 64 * 1024;

const malformed = (what: string): AppError => new AppError('malformed', `Lumberjack: ${what}`);
const cut = (): AppError => new AppError('stopped', 'Lumberjack: the connection ended inside a frame');

/**
 * The next `count` bytes, in the pieces in which they come. Two readers may ask for pieces; they get one after the
 * other, because what comes after the last piece may never come.
 */
function piecesOf(bytes: Bytes, count: number): () => AsyncGenerator<Buffer> {
  let left = count;
  let last: Promise<unknown> = Promise.resolve();
  const next = async (): Promise<Buffer | undefined> => {
    if (left === 0) return undefined;
    if (bytes.held === 0 && !(await bytes.gather(1))) throw cut();
    const piece = bytes.takeUpTo(left);
    left -= piece.length;
    return piece;
  };
  return async function* () {
    for (;;) {
      const reading = last.then(next);
      last = reading;
      const piece = await reading;
      if (!piece) return;
      yield piece;
    }
  };
}

/**
 * Reads Lumberjack v2: window, JSON and compressed frames. A compressed frame is unpacked piece by piece while it
 * comes in and while its events are taken: never more than one of its events is held. After an error the connection
 * must be closed, because nobody knows where the next frame begins.
 * @param messageBytes longest event; a compressed frame may have sixteen times as much
 * @param room called before an event of so many bytes is held; resolves when there is room for it
 * @throws AppError `malformed` | `too_large`
 */
export async function* readLumberjack(
  chunks: AsyncIterable<Buffer>,
  messageBytes: number,
  room: (bytes: number) => Promise<void> | undefined = () => undefined,
): AsyncGenerator<LumberjackFrame> {
  yield* frames(bytesOf(chunks));

  /** The frames up to the end of the bytes. */
  async function* frames(bytes: Bytes, inside = false): AsyncGenerator<LumberjackFrame> {
    const ended = (): AppError => (inside ? malformed('a compressed frame ends inside a frame') : cut());
    const need = async (count: number): Promise<void> => {
      if (bytes.held < count && !(await bytes.gather(count))) throw ended();
    };
    for (;;) {
      if (bytes.held === 0 && !(await bytes.gather(1))) return;
      if (bytes.held < 2) await need(2);
      const head = bytes.take(2);
      const [version, type] = [head[0], head[1]];
      if (version !== VERSION_2) throw malformed(`version ${version} is not 2`);
      if (type === WINDOW) {
        if (bytes.held < 4) await need(4);
        const size = bytes.take(4).readUInt32BE(0);
        if (size > MAX_WINDOW) throw new AppError('too_large', `Lumberjack: a window of ${size} events`);
        yield { kind: 'window', size };
      } else if (type === JSON_FRAME) {
        if (bytes.held < 8) await need(8);
        const event = bytes.take(8);
        const length = event.readUInt32BE(4);
        if (length > messageBytes) throw new AppError('too_large', `Lumberjack: an event of ${length} bytes`);
        // Most often there is room at once, and nothing is awaited.
        const waiting = room(length);
        if (waiting) await waiting;
        const json = bytes.held < length ? await bytes.text(length) : bytes.take(length).toString('utf8');
        if (json === undefined) throw ended();
        yield { kind: 'event', sequence: event.readUInt32BE(0), json };
      } else if (type === COMPRESSED && !inside) {
        if (bytes.held < 4) await need(4);
        const length = bytes.take(4).readUInt32BE(0);
        if (length > messageBytes * COMPRESSED_MESSAGES)
          throw new AppError('too_large', `Lumberjack: a compressed frame of ${length} bytes`);
        yield* compressed(bytes, length);
      } else throw malformed(`unknown frame type ${type}`);
    }
  }

  async function* compressed(bytes: Bytes, length: number): AsyncGenerator<LumberjackFrame> {
    const packed = piecesOf(bytes, length);
    const inflate = createInflate({ chunkSize: PIECE });
    // Its errors are seen where the pieces are read.
    pipeline(packed(), inflate, () => {});
    try {
      yield* frames(bytesOf(bounded(inflate)), true);
    } finally {
      inflate.destroy();
    }
    // Skips what is behind the end of the packed data.
    for await (const _ of packed());
  }

  async function* bounded(pieces: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    let size = 0;
    try {
      for await (const piece of pieces) {
        size += piece.length;
        if (size > messageBytes * INFLATED)
          throw new AppError('too_large', 'Lumberjack: a compressed frame unpacks to too much');
        yield piece;
      }
    } catch (cause) {
      if (!(cause as NodeJS.ErrnoException).code?.startsWith('Z_')) throw toAppError(cause);
      throw new AppError('malformed', 'Lumberjack: a compressed frame cannot be unpacked', { cause });
    }
  }
}
