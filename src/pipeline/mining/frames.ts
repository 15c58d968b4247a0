import { LruMap } from '../../domain/lru-map.ts';
import { CLOSING, isTarget, OPENING, VERB } from './fit.ts';
import { WILDCARD } from './token-buffer.ts';

/** A template that was made of a message with the gap filled. */
export interface Filling {
  /** Messages it stands for. */
  count: number;
}

/** Frames remembered at the same time. */
const MAX_FRAMES = 5_000;
/** After this many templates for one gap, if most of them came once, the gap holds values: 32 or 128 work as well. */
const MANY = 64;

/**
 * Notices when quoted words or a part of a route are values: what people search for, names of articles. A frame is a
 * message without them. When ever new text fills its gap, and hardly any of it comes again, the gap is a variable from
 * then on.
 */
export class Frames {
  readonly #frames = new LruMap<string, { fillings: Filling[]; isVariable: boolean }>(MAX_FRAMES);

  /** The first frame of a message whose gap is known to hold values, as tokens; undefined if there is no such frame. */
  find(tokens: readonly string[]): string[] | undefined {
    return framesOf(tokens).find((frame) => this.#frames.get(frame.join(' '))?.isVariable);
  }

  /** Notes that a new template was made of these tokens. */
  add(tokens: readonly string[], filling: Filling): void {
    for (const frame of framesOf(tokens)) {
      const key = frame.join(' ');
      let known = this.#frames.get(key);
      if (!known) {
        known = { fillings: [], isVariable: false };
        this.#frames.set(key, known);
      }
      this.#frames.touch(key);
      known.fillings.push(filling);
      if (known.fillings.length < MANY) continue;
      const once = known.fillings.filter(({ count }) => count <= 1).length;
      known.isVariable = once * 2 > known.fillings.length;
      known.fillings = [];
    }
  }
}

/** The frames of a message: without its quoted words, or without one part of a request's path. Its first token stays. */
function framesOf(tokens: readonly string[]): string[][] {
  const frames: string[][] = [];
  for (let i = 1; i < tokens.length; i++) {
    const token = tokens[i]!;
    if (isTarget(tokens, i)) {
      const parts = token.split('/');
      for (let part = 2; part < parts.length; part++)
        if (parts[part] !== '' && parts[part] !== WILDCARD)
          frames.push(tokens.with(i, parts.with(part, WILDCARD).join('/')));
    } else if (OPENING.test(token) && !CLOSING.test(token) && !VERB.test(token)) {
      let end = i;
      while (end < tokens.length && !CLOSING.test(tokens[end]!)) end++;
      if (end === tokens.length) continue;
      const opening = OPENING.exec(token)!;
      // Between the quote and the first character of the text.
      const text = opening.index + opening[0].length - 1;
      const closing = /["'][^"']*$/.exec(tokens[end]!)![0];
      frames.push([
        ...tokens.slice(0, i),
        token.slice(0, text) + WILDCARD + closing,
        ...tokens.slice(end + 1),
      ]);
      i = end;
    }
  }
  return frames;
}
