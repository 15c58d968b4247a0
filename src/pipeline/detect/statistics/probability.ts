/**
 * How confident a detector may be (Bayes' rule; a real problem is taken to be always seen): 0.5 where a problem and a
 * harmless cause are equally likely.
 * @param harmless how often the same is seen where nothing is wrong
 * @param prior how often something is really wrong
 */
export const posterior = (harmless: number, prior: number): number => prior / (prior + harmless);

/** The chance of `count` or more events where `mean` are expected (Poisson). */
export function poissonTail(count: number, mean: number): number {
  if (mean <= 0) return count <= 0 ? 1 : 0;
  let term = Math.exp(-mean);
  let below = 0;
  for (let i = 0; i < count; i++) {
    below += term;
    term *= mean / (i + 1);
  }
  return Math.max(term, Math.min(1, 1 - below));
}
