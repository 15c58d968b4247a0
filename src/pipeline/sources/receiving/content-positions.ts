import { hash, randomUUID } from 'node:crypto';

/**
 * Positions for what a sender may send again: the content says which event it is, and a number tells equal ones of one
 * request apart. Sending the request again gives the same positions, so nothing is stored twice.
 */
export function contentPositions(): {
  /**
   * @param dated whether the event names a time of its own; without one an equal event may be another, so it gets a
   *   position that is never given again
   */
  next(content: string, dated: boolean): string;
} {
  const seen = new Map<string, number>();
  return {
    next(content, dated) {
      if (!dated) return randomUUID();
      const key = hash('sha1', content, 'base64url');
      const count = seen.get(key) ?? 0;
      seen.set(key, count + 1);
      return count === 0 ? key : `${key}/${count}`;
    },
  };
}
