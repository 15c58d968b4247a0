import { hash, randomUUID } from 'node:crypto';

/**
 * Positions for events that a sender may send again: the content says which event it is, and a number tells equal events
 * of one request apart. Sending the request again gives the same positions, so nothing is stored twice.
 */
export class ContentPositions {
  readonly #seen = new Map<string, number>();

  /**
   * @param dated whether the event has a time of its own. Without one, an equal event may be another event, so each gets
   *   a position that is never given again
   */
  next(content: string, dated: boolean): string {
    if (!dated) return randomUUID();
    const key = hash('sha1', content, 'base64url');
    const count = this.#seen.get(key) ?? 0;
    this.#seen.set(key, count + 1);
    return count === 0 ? key : `${key}/${count}`;
  }
}
