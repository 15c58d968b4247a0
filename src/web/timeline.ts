import { randomBytes } from 'node:crypto';
import type { ConsoleMessage, ConsoleRoom } from '../domain/question/console-room.ts';

/** Changes that are kept for clients that reconnect. A client that missed more fetches everything anew. */
const EVENTS_KEPT = 500;

/** A new or changed message, with the id of this event. */
type Listener = (id: string, message: ConsoleMessage) => void;

/**
 * What happened in the room, numbered: a client that reconnects with `Last-Event-ID` gets what it missed. An event's id
 * also names this process, because the numbers of an earlier process mean nothing in this one.
 */
export class Timeline {
  readonly #process = randomBytes(4).toString('hex');
  readonly #kept: { number: number; message: ConsoleMessage }[] = [];
  readonly #listeners = new Set<Listener>();
  readonly #stop: () => void;
  #number = 0;

  constructor(room: ConsoleRoom) {
    this.#stop = room.listen((message) => this.#add(message));
  }

  get lastId(): string {
    return this.#idOf(this.#number);
  }

  /** What happened after the event `id`; undefined when that is not known any more. */
  since(id: string | undefined): { id: string; message: ConsoleMessage }[] | undefined {
    const [process, text] = id?.split('-') ?? [];
    const after = Number(text);
    if (process !== this.#process || !Number.isInteger(after) || after > this.#number) return undefined;
    const oldest = this.#kept[0]?.number ?? this.#number + 1;
    if (after + 1 < oldest) return undefined;
    return this.#kept
      .filter(({ number }) => number > after)
      .map(({ number, message }) => ({ id: this.#idOf(number), message }));
  }

  /** Returns a function that ends the listening. */
  listen(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  stop(): void {
    this.#stop();
  }

  #add(message: ConsoleMessage): void {
    this.#number += 1;
    this.#kept.push({ number: this.#number, message });
    if (this.#kept.length > EVENTS_KEPT) this.#kept.shift();
    for (const listener of this.#listeners) listener(this.lastId, message);
  }

  #idOf(number: number): string {
    return `${this.#process}-${number}`;
  }
}
