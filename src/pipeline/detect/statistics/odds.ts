/**
 * How sure a detector may be. `prior` is how often something is really wrong, `harmless` how often the same is seen
 * where nothing is: 0.5 where both are as likely (Bayes' rule, with everything bad certain to be seen).
 */
export const against = (harmless: number, prior: number): number => prior / (prior + harmless);

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
