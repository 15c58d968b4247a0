/** How much came when: counts in spans of equal length. The spans become longer as more time is covered. */
export interface Trend {
  /** Epoch ms of the beginning of the first span. */
  from: number;
  stepMs: number;
  counts: number[];
}

const BARS = 24;
const FIRST_STEP_MS = 10_000;
const LEVELS = '▁▂▃▄▅▆▇█';

/** The trend with `amount` added at `at` (epoch ms). It never has more than 24 spans: their width is doubled instead. */
export function addTo(trend: Trend | undefined, at: number, amount: number): Trend {
  if (!trend)
    return { from: Math.floor(at / FIRST_STEP_MS) * FIRST_STEP_MS, stepMs: FIRST_STEP_MS, counts: [amount] };
  let { from, stepMs } = trend;
  const end = Math.max(from + trend.counts.length * stepMs, at + 1);
  const begin = Math.min(from, at);
  const aligned = (): number => Math.floor(begin / stepMs) * stepMs;
  while (Math.ceil((end - aligned()) / stepMs) > BARS) stepMs *= 2;
  from = aligned();
  const counts: number[] = new Array(Math.ceil((end - from) / stepMs)).fill(0);
  const put = (time: number, count: number): void => {
    const index = Math.floor((time - from) / stepMs);
    counts[index] = (counts[index] ?? 0) + count;
  };
  for (const [index, count] of trend.counts.entries()) put(trend.from + index * trend.stepMs, count);
  put(at, amount);
  return { from, stepMs, counts };
}

/** Two trends in one. */
export function together(a: Trend | undefined, b: Trend | undefined): Trend | undefined {
  if (!a || !b) return a ?? b;
  let sum = a;
  for (const [index, count] of b.counts.entries())
    if (count > 0) sum = addTo(sum, b.from + index * b.stepMs, count);
  return sum;
}

/**
 * A trend without what another one added to it; undefined if nothing is left. If spans were joined meanwhile, it is taken from
 * the nearest spans; the sum is exact.
 */
export function apart(whole: Trend | undefined, part: Trend | undefined): Trend | undefined {
  if (!whole || !part) return whole;
  const counts = [...whole.counts];
  for (const [index, count] of part.counts.entries()) {
    const from = (part.from + index * part.stepMs - whole.from) / whole.stepMs;
    const to = from + part.stepMs / whole.stepMs;
    const distance = (span: number): number =>
      span >= to ? span + 1 - to : span + 1 <= from ? from - span : 0;
    let left = count;
    for (const span of [...counts.keys()].sort((a, b) => distance(a) - distance(b) || a - b)) {
      const taken = Math.min(left, counts[span]!);
      counts[span]! -= taken;
      left -= taken;
    }
  }
  const first = counts.findIndex((count) => count > 0);
  if (first < 0) return undefined;
  const end = counts.findLastIndex((count) => count > 0) + 1;
  return { ...whole, from: whole.from + first * whole.stepMs, counts: counts.slice(first, end) };
}

/** The trend as a line of bars, oldest first: `▁▂▅█▃`. Empty while there is only one span. */
export function sparkline(trend: Trend | undefined): string {
  if (!trend || trend.counts.length < 2) return '';
  const most = Math.max(...trend.counts, 1);
  return trend.counts
    .map((count) => LEVELS[count === 0 ? 0 : Math.max(1, Math.round((count / most) * (LEVELS.length - 1)))])
    .join('');
}
