import { LruMap } from '../lru-map.ts';
import { CLOSING, isAsked, OPENING, VERB } from './fit.ts';
import { WILDCARD } from './token-buffer.ts';

/** What a frame is told of a template that filled its gap. */
export interface Filling {
  /** Messages it stands for. */
  count: number;
}

/** Frames remembered at the same time. */
const MAX_FRAMES = 5_000;
/** Fillings of one gap from which, when most of them came once, the gap holds values: 32 or 128 do as well. */
const MANY = 64;

/**
 * Notices where quoted words or a part of a route are values after all: what people search for, names of articles. A
 * message without them is a frame; when ever new things fill its gap and hardly one of them comes again, the gap is a
 * variable from then on.
 */
export function createFrames() {
  const frames = new LruMap<string, { fillings: Filling[]; open: boolean }>(MAX_FRAMES);
  return {
    /** The first frame of a message whose gap is known to hold values, as tokens; undefined when there is none. */
    open(tokens: readonly string[]): string[] | undefined {
      return framesOf(tokens).find((frame) => frames.get(frame.join(' '))?.open);
    },
    /** A new template was made of these tokens. */
    filled(tokens: readonly string[], by: Filling): void {
      for (const frame of framesOf(tokens)) {
        const key = frame.join(' ');
        let known = frames.get(key);
        if (!known) {
          known = { fillings: [], open: false };
          frames.set(key, known);
        }
        frames.touch(key);
        known.fillings.push(by);
        if (known.fillings.length < MANY) continue;
        known.open = known.fillings.filter(({ count }) => count <= 1).length * 2 > known.fillings.length;
        known.fillings = [];
      }
    },
  };
}

/** A message with quoted words, or one part of the path of a request, taken out; never what it begins with. */
function framesOf(tokens: readonly string[]): string[][] {
  const frames: string[][] = [];
  for (let i = 1; i < tokens.length; i++) {
    const token = tokens[i]!;
    if (isAsked(tokens, i)) {
      const parts = token.split('/');
      for (let part = 2; part < parts.length; part++)
        if (parts[part] !== '' && parts[part] !== WILDCARD)
          frames.push(tokens.with(i, parts.with(part, WILDCARD).join('/')));
    } else if (OPENING.test(token) && !CLOSING.test(token) && !VERB.test(token)) {
      let end = i;
      while (end < tokens.length && !CLOSING.test(tokens[end]!)) end++;
      if (end === tokens.length) continue;
      const opening = OPENING.exec(token)!;
      // Behind the quote, before the first character of the text.
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
