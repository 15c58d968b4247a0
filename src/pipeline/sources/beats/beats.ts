import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { toAppError } from '../../../domain/errors.ts';
import { type Reservation, weightOf } from '../receiving/budget.ts';
import { contentPositions } from '../receiving/content-positions.ts';
import { chunksUntilIdle } from '../receiving/idle-timeout.ts';
import type { LazyLines } from '../receiving/intake.ts';
import { type Listener, type ListenerDeps, listenTcp, type Tls } from '../receiving/listener.ts';
import { inTime } from '../receiving/stalled.ts';
import { beatsLine } from './event.ts';
import { readLumberjack } from './frames.ts';

/** While a window is being stored, its sender is told this often that the connection lives. */
const KEEPALIVE_MS = 5_000;
/** Events, and bytes of them, handed on together while a window still comes in. */
const SLICE = 1_000;
const SLICE_BYTES = 512 * 1024;
/** Room that is asked for at once: who sends little must not stand in line for each event among those who send much. */
const ROOM = 128 * 1024;

/** The acknowledgement of all events up to `sequence`; 0 acknowledges nothing and only says "still here". */
function acknowledgement(sequence: number): Buffer {
  const frame = Buffer.alloc(6);
  frame.write('2A', 'latin1');
  frame.writeUInt32BE(sequence, 2);
  return frame;
}

/**
 * Beats (Lumberjack v2). A window is acknowledged when all its records are stored and its anomalies published, and
 * never in part: what was not acknowledged comes again as a whole and gets the same ids, so nothing is lost or doubled.
 */
export function listenBeats(
  options: { host: string; port: number; tls?: Tls | undefined },
  deps: ListenerDeps,
): Promise<Listener> {
  const { intake, share, rejections, limits, idle } = deps;

  async function serve(socket: Socket, sender: string, stopping: () => boolean): Promise<void> {
    const gone = new AbortController();
    socket.once('close', () => gone.abort());
    let size = 0;
    let events = 0;
    let positions = contentPositions();
    /** Events that are whole, as they came, and the room for them and for the one that is coming. */
    let slice: string[] = [];
    let reservation: Reservation | undefined;
    let used = 0;
    let coming = 0;
    let since = 0;
    let owedMs = 0;
    /** How adding went is looked at where the window ends. */
    let safe: Promise<void>[] = [];

    const alive = async <T>(waiting: Promise<T>): Promise<T> => {
      const timer = setInterval(() => socket.write(acknowledgement(0)), KEEPALIVE_MS);
      return waiting.finally(() => clearInterval(timer));
    };
    /** Never waits, so that whoever is about to wait for something holds nothing that others need. */
    const handOn = (): void => {
      const whole = reservation;
      reservation = coming > 0 ? whole?.split(coming) : undefined;
      whole?.resize(used - coming);
      used = coming;
      if (slice.length === 0) return void whole?.release();
      const adding = intake.add(lazyLines(slice, positions, sender), whole);
      adding.catch(() => {});
      safe.push(adding);
      owedMs = rejections.spend(sender, slice.length);
      slice = [];
    };
    const room = (bytes: number): Promise<void> | undefined => {
      const weight = weightOf(bytes);
      const granted = (now: Reservation | undefined): void => {
        reservation = now;
        used += weight;
        coming = weight;
        since = Date.now();
      };
      if (reservation && (used + weight <= reservation.bytes || reservation.resize(used + weight + ROOM)))
        return void granted(reservation);
      handOn();
      const wanted = Math.max(weight, ROOM);
      const now = share.tryTake(wanted);
      return now ? void granted(now) : alive(share.take(wanted, gone.signal)).then(granted);
    };
    /** The chunks of the connection. What is whole goes on before its sender is waited for. */
    const chunks = async function* (): AsyncGenerator<Buffer> {
      const source = chunksUntilIdle(socket, { ...idle, cutMs: 0 });
      for (;;) {
        handOn();
        const next = source.next();
        const chunk = coming > 0 ? await inTime(next, since, share) : await next;
        if (chunk.done) return;
        yield chunk.value;
      }
    };
    const acknowledge = async (sequence: number): Promise<void> => {
      handOn();
      await alive(Promise.all(safe));
      safe = [];
      socket.write(acknowledgement(sequence));
    };
    try {
      // A window that stopped half-way was not acknowledged: it comes again.
      for await (const frame of readLumberjack(chunks(), limits.messageBytes, room)) {
        if (frame.kind === 'window') {
          handOn();
          size = frame.size;
          events = 0;
          safe = [];
          positions = contentPositions();
          continue;
        }
        coming = 0;
        slice.push(frame.json);
        events += 1;
        if (events >= size) {
          await acknowledge(frame.sequence);
          size = 0;
          if (stopping()) return;
        } else if (slice.length >= SLICE || used >= SLICE_BYTES) handOn();
        if (owedMs > 0) {
          rejections.add('rate', sender);
          const pause = owedMs;
          owedMs = 0;
          await alive(sleep(pause));
        }
        if (intake.full()) await alive(intake.room());
      }
    } catch (error) {
      const { code } = toAppError(error);
      if (code === 'too_large' || code === 'malformed') rejections.add(code, sender);
      if (code === 'timeout') rejections.add('overflow', sender);
      throw error;
    } finally {
      reservation?.release();
    }
  }

  /** The events of a part of a window; taken apart when their turn comes, since a parsed event is many times as large. */
  function lazyLines(
    jsons: string[],
    positions: ReturnType<typeof contentPositions>,
    sender: string,
  ): LazyLines {
    const receivedAt = Date.now();
    return {
      count: jsons.length,
      read: () =>
        jsons.flatMap((json) => {
          const position = (dated: boolean): string => positions.next(json, dated);
          const line = beatsLine(json, { sender, receivedAt, position });
          // It would come again for ever: it is acknowledged with the rest, and counted.
          if (!line) rejections.add('malformed', sender);
          return line ?? [];
        }),
    };
  }
  return listenTcp({ ...options, name: 'beats', kind: 'beats' }, deps, serve);
}
