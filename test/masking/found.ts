import { type Finder, merged, type Span } from '../../src/masking/span.ts';

/** What a finder would hide in a text, in the order of the text. */
export function foundIn(find: Finder, text: string): string[] {
  const spans: Span[] = [];
  find(text, spans);
  return [...new Set(merged(spans).map(({ start, end }) => text.slice(start, end)))];
}

/** Whether all of a value would be hidden. */
export const hides = (find: Finder, text: string, value: string): boolean =>
  foundIn(find, text).some((found) => found.includes(value));
