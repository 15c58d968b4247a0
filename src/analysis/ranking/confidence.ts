import type { Ranking } from './ranking.ts';

/**
 * How often a first cause is right, by its verdict. The numbers are those of made systems with background noise, seeds 1 to 60
 * of `npm run eval -- calibration` (which scores others): of 75 confirmed ones all were right; of 220 likely ones .14 where the
 * first has less than half of all that is counted against anybody, .44 below .7, .87 below .9 and .93 above; of 425
 * inconclusive ones .14 where chance explains the lines, .24 and .55 where it does so less and less easily.
 */
const CONFIRMED = 0.95;
const LIKELY = { least: 0.1, byShare: 0.85 };
const INCONCLUSIVE = { least: 0.08, byStrength: 0.1, most: 2 };

/**
 * @param share of the first cause in all that counts against anybody, 0 to 1
 * @param strength how much stands against chance, 0 upwards
 */
export function confidenceOf(verdict: Ranking['verdict'], share: number, strength: number): number {
  if (verdict === 'confirmed') return CONFIRMED;
  if (verdict === 'likely') return LIKELY.least + LIKELY.byShare * share;
  return INCONCLUSIVE.least + INCONCLUSIVE.byStrength * Math.min(INCONCLUSIVE.most, strength);
}
