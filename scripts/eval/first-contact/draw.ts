// Random choices of one case, and the moments of its story.
import { type Seeded, seeded } from '../seeded.ts';

/** The random choices of one case. */
export interface Draw extends Seeded {
  /** True in so many of a hundred cases, given as a share. */
  chance(share: number): boolean;
  between(from: number, to: number): number;
  /** Distributed around `mean`, never below a tenth of it: what a duration looks like. */
  around(mean: number, spread: number): number;
  weigh<T>(list: readonly (readonly [T, number])[]): T;
  hex(length: number): string;
  ip(net?: string): string;
}

/** FNV-1a, 32 bits: a seed out of a name. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let at = 0; at < text.length; at += 1)
    value = Math.imul(value ^ text.charCodeAt(at), 0x01000193) >>> 0;
  return value;
}

/** @param name of the case; with `seed` it settles every choice */
export function createDraw(name: string, seed: number): Draw {
  const base = seeded(hash(`${name}#${seed}`));
  const { next, int, text } = base;
  return {
    ...base,
    chance: (share) => next() < share,
    between: (from, to) => from + next() * (to - from),
    around: (mean, spread) =>
      Math.max(mean / 10, mean + spread * (next() + next() + next() + next() - 2) * Math.sqrt(3)),
    weigh: (list) => {
      let rest = next() * list.reduce((sum, [, weight]) => sum + weight, 0);
      for (const [one, weight] of list) {
        rest -= weight;
        if (rest < 0) return one;
      }
      return list.at(-1)![0];
    },
    hex: (length) => text(length, '0123456789abcdef'),
    ip: (net = '10.4') => `${net}.${int(0, 9)}.${int(1, 254)}`,
  };
}

/** When a log begins and ends and when its trouble does; epoch milliseconds. */
export interface Story {
  from: number;
  to: number;
  begin: number;
  end: number;
  /** Is the trouble on at this moment? */
  on(at: number): boolean;
}

/**
 * A story of so many hours, whose trouble begins in its second half and lasts so many minutes.
 * @param firstDay of the month at the earliest: from 13 on no reader takes the day for a month
 */
export function tell(draw: Draw, hours: [number, number], minutes: [number, number], firstDay = 1): Story {
  const from = Date.UTC(
    2026,
    draw.int(0, 10),
    draw.int(firstDay, 28),
    draw.int(0, 20),
    draw.int(0, 59),
    0,
    0,
  );
  const to = from + Math.round(draw.between(...hours) * 3_600_000);
  const length = draw.between(...minutes) * 60_000;
  const begin = Math.round(from + (to - from) * draw.between(0.52, 0.8));
  const end = Math.round(Math.min(begin + length, to));
  return { from, to, begin, end, on: (at) => at >= begin && at <= end };
}

/** Random moments with a mean distance in seconds. */
export function moments(draw: Draw, from: number, to: number, mean: number): number[] {
  const out: number[] = [];
  for (let at = from + draw.next() * mean * 1000; at < to; at += -Math.log(1 - draw.next()) * mean * 1000)
    out.push(Math.round(at));
  return out;
}

/** Moments in a fixed rhythm of so many seconds, a little late each. */
export function rhythm(draw: Draw, from: number, to: number, seconds: number): number[] {
  const out: number[] = [];
  for (let at = from + draw.int(0, 900); at < to; at += seconds * 1000) out.push(at + draw.int(0, 40));
  return out;
}
