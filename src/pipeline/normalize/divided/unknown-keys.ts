import { levelOfWord } from '../level.ts';
import type { Facts } from '../structured.ts';
import type { Reference } from '../time/instant.ts';
import { dividedTimeAt } from './divided-time.ts';
import { isCapital } from './signs.ts';

/** Pairs among which a level is looked for. */
const FIRST = 6;

/**
 * What the pairs of a line say whose keys have no known name: `stamp=2026-… sev=W said="door jammed"`. It is a record when its
 * first value is a date with its clock.
 * @param facts what the known names have given; it gets the rest
 */
export function readUnknownKeys(
  fields: Record<string, string>,
  facts: Facts,
  zone: string,
  now: Reference,
): void {
  const values = Object.values(fields);
  const first = values[0] ?? '';
  const time = dividedTimeAt(first, 0, zone, now);
  if (!time?.whole || time.end < first.length) return;
  facts.timestamp = time.ms;
  const level = values.slice(1, FIRST).find((value) => isCapital(value) && levelOfWord(value));
  if (level) facts.level ??= levelOfWord(level);
  facts.message ??= values.findLast((value) => value.includes(' ') && value !== first);
}
