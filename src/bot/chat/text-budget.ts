import { share } from './text.ts';

/** A text of a message. It is cut once all texts of the message have been measured. */
export type Fitted = () => string;

/**
 * The number of characters a message may have, divided among its texts. All of them are added first, so that only the longest are
 * cut. The results can be read after `settle`.
 */
export class TextBudget {
  readonly #sizes: number[] = [];
  #rooms: number[] = [];
  #reserved = 0;

  /**
   * @param size characters that the text would take
   * @param cut the text in at most this many characters
   */
  add(size: number, cut: (room: number) => string): Fitted {
    const index = this.#sizes.push(size) - 1;
    return () => cut(this.#rooms[index]!);
  }

  /** Reserves characters that are not part of a text: separators, bars, labels of buttons. */
  reserve(characters: number): void {
    this.#reserved += characters;
  }

  /** @param total characters of the whole message */
  settle(total: number): void {
    this.#rooms = share(this.#sizes, total - this.#reserved);
  }
}
