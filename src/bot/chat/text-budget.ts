import { share } from './text.ts';

/** A text of a message as it is when everything is measured. */
export type Fitted = () => string;

/**
 * The room of a message, shared among its texts: all of them are added first, so that only the longest are cut. What they
 * became can be asked for after `settle`.
 */
export class TextBudget {
  readonly #sizes: number[] = [];
  #rooms: number[] = [];
  #reserved = 0;

  /**
   * @param size characters that the text would take
   * @param cut the text in at most so many characters
   */
  add(size: number, cut: (room: number) => string): Fitted {
    const index = this.#sizes.push(size) - 1;
    return () => cut(this.#rooms[index]!);
  }

  /** Keeps room for characters that are no text: separators, bars, labels of buttons. */
  reserve(characters: number): void {
    this.#reserved += characters;
  }

  /** @param total characters of the whole message */
  settle(total: number): void {
    this.#rooms = share(this.#sizes, total - this.#reserved);
  }
}
