// The rhythm of an office over two weeks, for logs whose quiet hours are no trouble.
import { type Draw, moments } from './draw.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

/** When something happens over so many days, in the beat of an office: busy days, calm nights, calm weekends. */
export interface Weeks {
  from: number;
  to: number;
  /** Single things, in the beat. */
  singles: number[];
  /** Starts of a run each night. */
  nightly: number[];
  /** Starts of a run each Sunday. */
  weekly: number[];
}

/** @param days long, beginning on a Monday */
export function weeks(draw: Draw, days: number): Weeks {
  const some = Date.UTC(2026, draw.int(0, 9), draw.int(1, 28));
  const from = some - ((new Date(some).getUTCDay() + 6) % 7) * DAY;
  const to = from + days * DAY;
  const share = (at: number): number => {
    const of = new Date(at);
    const weekend = of.getUTCDay() % 6 === 0;
    const hour = of.getUTCHours();
    if (weekend) return 0.12;
    return hour < 6 || hour > 20 ? 0.08 : hour < 8 || hour > 17 ? 0.5 : 1;
  };
  const each = Array.from({ length: days }, (_, day) => from + day * DAY);
  return {
    from,
    to,
    singles: moments(draw, from, to, 80).filter((at) => draw.chance(share(at))),
    nightly: each.map((at) => at + 1.5 * HOUR + draw.int(0, 120_000)),
    weekly: each
      .filter((at) => new Date(at).getUTCDay() === 0)
      .map((at) => at + 4 * HOUR + draw.int(0, 120_000)),
  };
}
