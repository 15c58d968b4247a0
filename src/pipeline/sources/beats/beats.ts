import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { toAppError } from '../../../domain/errors.ts';
import { type Reservation, weightOf } from '../receiving/budget.ts';
import { ContentPositions } from '../receiving/content-positions.ts';
import { chunksUntilIdle } from '../receiving/idle-timeout.ts';
import type { LazyLines } from '../receiving/intake.ts';
import type { Listener, ListenerDeps } from '../receiving/listener.ts';
import { unlessStalled } from '../receiving/stalled.ts';
import { listenTcp, type TcpAddress } from '../receiving/tcp.ts';
import { beatsLine } from './event.ts';
import { type LumberjackFrame, readLumberjack } from './frames.ts';

/** While a window is being stored, its sender gets a sign of life this often, in milliseconds. */
const KEEPALIVE_MS = 5_000;
/** Events, and bytes of them, that go to the intake together while the rest of the window still comes in. */
const SLICE = 1_000;
const SLICE_BYTES = 512 * 1024;
/** Bytes that are reserved at once: a sender of little does not queue for every event among those who send much. */
const ROOM = 128 * 1024;

/**
 * Beats (Lumberjack v2). A window is acknowledged when all its records are stored and its anomalies published, and
 * never in part. What was not acknowledged is sent again as a whole and gets the same ids, so nothing is lost or doubled.
 */
export function listenBeats(address: TcpAddress, deps: ListenerDeps): Promise<Listener> {
  return listenTcp({ ...address, name: 'beats', kind: 'beats' }, deps, (socket, sender, stopping) =>
    new BeatsConnection(socket, sender, deps).serve(stopping),
  );
}

/** The acknowledgement of all events up to `sequence`; 0 acknowledges nothing and only keeps the connection alive. */
function acknowledgement(sequence: number): Buffer {
  const frame = Buffer.alloc(6);
  frame.write('2A', 'latin1');
  frame.writeUInt32BE(sequence, 2);
  return frame;
}

/** A window that comes in. */
interface Window {
  /** Events it will have. */
  size: number;
  /** Events that came. */
  events: number;
  positions: ContentPositions;
  /** One promise for each slice that went to the intake; how they went is looked at where the window ends. */
  stored: Promise<void>[];
}
const windowOf = (size: number): Window => ({
  size,
  events: 0,
  positions: new ContentPositions(),
  stored: [],
});

class BeatsConnection {
  readonly #socket: Socket;
  readonly #sender: string;
  readonly #deps: ListenerDeps;
  readonly #gone = new AbortController();
  #window = windowOf(0);
  /** Events that are whole and not handed on yet, as JSON. */
  #slice: string[] = [];
  /** Room for them and for the event that is coming. */
  #reservation: Reservation | undefined;
  /** Bytes of it that are used, and those of the event that is coming; 0 if none is coming. */
  #used = 0;
  #coming = 0;
  /** When the room for the event that is coming was reserved, epoch milliseconds. */
  #since = 0;
  /** How long the sender has to be held up, since it is faster than its rate. */
  #owedMs = 0;

  constructor(socket: Socket, sender: string, deps: ListenerDeps) {
    this.#socket = socket;
    this.#sender = sender;
    this.#deps = deps;
    socket.once('close', () => this.#gone.abort());
  }

  /** Reads windows until the connection ends; while `stopping`, up to the end of the window in hand. */
  async serve(stopping: () => boolean): Promise<void> {
    const { rejections, limits, intake } = this.#deps;
    const frames = readLumberjack(this.#chunks(), limits.messageBytes, (bytes) => this.#room(bytes));
    try {
      for await (const frame of frames) {
        if (frame.kind === 'window') {
          // A window that stopped half-way was not acknowledged: it comes again.
          this.#handOn();
          this.#window = windowOf(frame.size);
          continue;
        }
        const acknowledging = this.#event(frame);
        if (acknowledging) {
          await acknowledging;
          if (stopping()) return;
        }
        if (this.#owedMs > 0) await this.#slowDown();
        if (intake.full()) await this.#alive(intake.room());
      }
    } catch (error) {
      const { code } = toAppError(error);
      if (code === 'too_large' || code === 'malformed') rejections.add(code, this.#sender);
      if (code === 'timeout') rejections.add('overflow', this.#sender);
      throw error;
    } finally {
      this.#reservation?.release();
    }
  }

  /** Takes an event. If it is the last one of its window, acknowledges the window and gives the promise of that. */
  #event({ json, sequence }: LumberjackFrame & { kind: 'event' }): Promise<void> | undefined {
    const window = this.#window;
    this.#coming = 0;
    this.#slice.push(json);
    window.events += 1;
    if (window.events >= window.size) return this.#acknowledge(sequence);
    if (this.#slice.length >= SLICE || this.#used >= SLICE_BYTES) this.#handOn();
    return undefined;
  }

  async #acknowledge(sequence: number): Promise<void> {
    this.#handOn();
    await this.#alive(Promise.all(this.#window.stored));
    this.#window.stored = [];
    this.#window.size = 0;
    this.#socket.write(acknowledgement(sequence));
  }

  async #slowDown(): Promise<void> {
    this.#deps.rejections.add('rate', this.#sender);
    const pause = this.#owedMs;
    this.#owedMs = 0;
    await this.#alive(sleep(pause));
  }

  /** Waits, and sends signs of life to the sender meanwhile. */
  #alive<T>(waiting: Promise<T>): Promise<T> {
    const timer = setInterval(() => this.#socket.write(acknowledgement(0)), KEEPALIVE_MS);
    return waiting.finally(() => clearInterval(timer));
  }

  /**
   * Gives the events that are whole to the intake. Never waits, so it can be called before waiting for anything: who
   * waits then holds no room that others need.
   */
  #handOn(): void {
    const whole = this.#reservation;
    this.#reservation = this.#coming > 0 ? whole?.split(this.#coming) : undefined;
    whole?.resize(this.#used - this.#coming);
    this.#used = this.#coming;
    if (this.#slice.length === 0) {
      whole?.release();
      return;
    }
    const adding = this.#deps.intake.add(this.#lazyLines(this.#slice, this.#window.positions), whole);
    adding.catch(() => {});
    this.#window.stored.push(adding);
    this.#owedMs = this.#deps.rejections.spend(this.#sender, this.#slice.length);
    this.#slice = [];
  }

  /** Reserves room for an event of this many bytes. Undefined if there is room at once, as there usually is. */
  #room(bytes: number): Promise<void> | undefined {
    const weight = weightOf(bytes);
    const more = this.#used + weight;
    if (this.#reservation && (more <= this.#reservation.bytes || this.#reservation.resize(more + ROOM)))
      return this.#expect(weight, this.#reservation);
    this.#handOn();
    const wanted = Math.max(weight, ROOM);
    const { share } = this.#deps;
    const now = share.tryTake(wanted);
    if (now) return this.#expect(weight, now);
    return this.#alive(share.take(wanted, this.#gone.signal)).then((given) => this.#expect(weight, given));
  }

  /** An event of this weight comes next; `reservation` holds room for it. */
  #expect(weight: number, reservation: Reservation): undefined {
    this.#reservation = reservation;
    this.#used += weight;
    this.#coming = weight;
    this.#since = Date.now();
  }

  /** The chunks of the connection. Whole events are handed on before waiting for the sender. */
  async *#chunks(): AsyncGenerator<Buffer> {
    const source = chunksUntilIdle(this.#socket, { ...this.#deps.idle, cutMs: 0 });
    for (;;) {
      this.#handOn();
      const next = source.next();
      const chunk = this.#coming > 0 ? await unlessStalled(next, this.#since, this.#deps.share) : await next;
      if (chunk.done) return;
      yield chunk.value;
    }
  }

  /** Events of a window, parsed when their turn comes: a parsed event takes many times as much memory. */
  #lazyLines(jsons: string[], positions: ContentPositions): LazyLines {
    const receivedAt = Date.now();
    const [sender, rejections] = [this.#sender, this.#deps.rejections];
    return {
      count: jsons.length,
      read: () =>
        jsons.flatMap((json) => {
          const position = (dated: boolean): string => positions.next(json, dated);
          const line = beatsLine(json, { sender, receivedAt, position });
          // It is acknowledged with the rest and counted, or it would be sent again forever.
          if (!line) rejections.add('malformed', sender);
          return line ?? [];
        }),
    };
  }
}
