import { logistic } from '../../domain/alert/alert-model.ts';

export interface Labelled {
  features: readonly string[];
  /** 1: real, 0: false alarm. */
  label: 0 | 1;
}

export interface Weights {
  weights: Record<string, number>;
  bias: number;
}

const EPOCHS = 150;
const STEP = 0.5;
/** Strength of the L2 penalty, in examples: a feature that was seen once has little weight. */
const PENALTY = 0.5;

/**
 * Logistic regression with an L2 penalty, by full-batch gradient descent with a step for each weight (AdaGrad: Duchi,
 * Hazan, Singer, JMLR 2011). Deterministic. Both classes have the same weight in total, so that a month of false
 * alarms does not make every alert false.
 */
export function fitLogistic(examples: readonly Labelled[]): Weights {
  const index = new Map<string, number>();
  const rows = examples.map(({ features }) =>
    features.map((feature) => {
      const known = index.get(feature);
      if (known !== undefined) return known;
      index.set(feature, index.size);
      return index.size - 1;
    }),
  );
  const real = examples.reduce((sum, { label }) => sum + label, 0);
  const share = [
    examples.length / 2 / Math.max(1, examples.length - real),
    examples.length / 2 / Math.max(1, real),
  ];
  const weights = new Float64Array(index.size + 1);
  const squares = new Float64Array(index.size + 1);
  const gradient = new Float64Array(index.size + 1);
  const bias = index.size;
  for (let epoch = 0; epoch < EPOCHS; epoch++) {
    for (let at = 0; at < weights.length; at++) gradient[at] = at === bias ? 0 : PENALTY * weights[at]!;
    for (let row = 0; row < rows.length; row++) {
      let sum = weights[bias]!;
      for (const at of rows[row]!) sum += weights[at]!;
      const { label } = examples[row]!;
      const error = (logistic(sum) - label) * share[label]!;
      gradient[bias] = gradient[bias]! + error;
      for (const at of rows[row]!) gradient[at] = gradient[at]! + error;
    }
    for (let at = 0; at < weights.length; at++) {
      squares[at] = squares[at]! + gradient[at]! ** 2;
      weights[at] = weights[at]! - (STEP * gradient[at]!) / Math.sqrt(squares[at]! + 1e-9);
    }
  }
  const named: Record<string, number> = {};
  for (const [feature, at] of index) if (Math.abs(weights[at]!) > 1e-4) named[feature] = weights[at]!;
  return { weights: named, bias: weights[bias]! };
}

/**
 * Slope and offset that turn sums into calibrated chances (Platt, 1999, with his smoothed targets), by Newton steps.
 * @param scored sums of examples that the weights were not fitted on
 */
export function calibrate(scored: readonly { sum: number; label: 0 | 1 }[]): {
  slope: number;
  offset: number;
} {
  const real = scored.reduce((sum, { label }) => sum + label, 0);
  const none = scored.length - real;
  if (real === 0 || none === 0) return { slope: 1, offset: 0 };
  const target = [1 / (none + 2), (real + 1) / (real + 2)];
  let slope = 1;
  let offset = 0;
  for (let round = 0; round < 50; round++) {
    let [gs, go, hss, hso, hoo] = [0, 0, 1e-6, 0, 1e-6];
    for (const { sum, label } of scored) {
      const chance = logistic(slope * sum + offset);
      const error = chance - target[label]!;
      const spread = chance * (1 - chance);
      gs += error * sum;
      go += error;
      hss += spread * sum * sum;
      hso += spread * sum;
      hoo += spread;
    }
    const determinant = hss * hoo - hso * hso;
    if (Math.abs(determinant) < 1e-12) break;
    const [ds, d0] = [(hoo * gs - hso * go) / determinant, (hss * go - hso * gs) / determinant];
    // A long step is shortened, or it would go past the solution: sums may be far apart.
    const length = Math.max(1, Math.abs(ds), Math.abs(d0));
    slope -= ds / length;
    offset -= d0 / length;
    if (Math.abs(ds) + Math.abs(d0) < 1e-9) break;
  }
  // With a slope below zero the sums say nothing: the more likely alert would be called less likely.
  return slope > 0 ? { slope, offset } : { slope: 0, offset: Math.log((real + 1) / (none + 1)) };
}
