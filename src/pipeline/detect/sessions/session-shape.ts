import type { Level } from '../../../domain/log/record.ts';
import { posterior } from '../statistics/probability.ts';
import type { Deviation, Rule, SessionPhase, ShapeState } from './session.ts';
import {
  AGES,
  ageOf,
  agreed,
  BINS,
  binOf,
  type Counts,
  dense,
  type ExceptionShare,
  harmlessShare,
  settled,
  settledSince,
  sparse,
  summed,
  tailOf,
} from './session-ages.ts';

/** Steps: the ages of the first phase of a session, then those of the later phases. */
const STEPS = AGES.length * 2;
/** Templates that take part in rules; any others are only counted as rare or not. */
const VOCABULARY = 64;
const MAX_TEMPLATES = 2_000;
/** The fewest sessions a rule is based on. */
const SUPPORT = 60;
/** The same, while no sessions are old enough to show what comes later. */
const YOUNG_SUPPORT = 250;
/** Rules are computed again after this many sessions at an age. */
const RELEARN = 32;
/** A rule has at most this share of exceptions. */
const MAX_EXCEPTIONS = 0.08;
/** With this share of exceptions among the latest sessions, the usual has changed. */
const CHANGED = 0.8;
/** How likely a session is broken, before anything is known. */
const BROKEN = 0.03;
/** The same for something done again, which is often meant. */
const REPEATED = 0.01;
/** The same for a template that hardly any session has, by its level: an extra line is written for a reason. */
const EXTRA: Record<Level, number> = {
  trace: 0.01,
  debug: 0.02,
  info: 0.05,
  warn: 0.1,
  error: 0.2,
  fatal: 0.3,
};
const MAX_EXTRA = 0.05;
/** Below this confidence a deviation is not reported. */
const MIN_CONFIDENCE = 0.3;
/** Sessions after which all counts of rarity are halved. */
const HALVE_AT = 8_000;
/** Classes of rarity; each is half as frequent as the one before. */
const RARITY_BINS = 24;

/** Index of a template at a step, and of a pair of templates at a step. */
const slotOf = (step: number, a: number): number => step * VOCABULARY + a;
const pairOf = (step: number, a: number, b: number): number => (step * VOCABULARY + a) * VOCABULARY + b;

/**
 * What sessions of one kind usually look like, learned from all of them: which templates follow which, within what time,
 * how many of each, and which templates are rare. Rules are shares of earlier sessions, so that each finding can name
 * its numbers (after the invariants of Lou et al., USENIX ATC 2010, but mined online and with a deadline).
 */
export class SessionShape {
  readonly #templates: { id: string; pattern: string }[] = [];
  readonly #index = new Map<string, number>();
  /** Sessions each template was in, and all sessions. */
  readonly #within: number[] = [];
  #sessions = 0;
  /** Sessions by the rarity of their rarest template. */
  readonly #rarity = new Float64Array(RARITY_BINS);
  /** Sessions by pair of templates, and by template, at each step. */
  readonly #pairs = new Uint32Array(STEPS * VOCABULARY * VOCABULARY);
  readonly #singles = new Uint32Array(STEPS * VOCABULARY);
  /** When a step was first learned of a template, by the session's clock. */
  readonly #firstAt = new Float64Array(STEPS * VOCABULARY);
  readonly #counts = new Uint32Array(STEPS * VOCABULARY * BINS);
  /** Share of exceptions among the latest sessions, for each pair that is a rule. */
  readonly #recentExceptions = new Map<number, number>();
  readonly #rules = new Map<number, { at: number; rules: Rule[] }>();

  /** The number of a template within this kind of session; -1 when there are too many. */
  indexOf({ id, pattern }: { id: string; pattern: string }): number {
    const known = this.#index.get(id);
    if (known !== undefined) return known;
    if (this.#templates.length >= MAX_TEMPLATES) return -1;
    this.#index.set(id, this.#templates.length);
    this.#within.push(0);
    return this.#templates.push({ id, pattern }) - 1;
  }

  templateOf(template: number): { id: string; pattern: string } {
    return this.#templates[template]!;
  }

  get sessions(): number {
    return this.#sessions;
  }

  /** A session has begun. */
  began(): void {
    this.#sessions += 1;
    if (this.#sessions < HALVE_AT) return;
    this.#sessions /= 2;
    for (let i = 0; i < this.#within.length; i++) this.#within[i]! /= 2;
    for (let i = 0; i < RARITY_BINS; i++) this.#rarity[i]! /= 2;
  }

  /**
   * A template came for the first time in a session. This is a deviation when few sessions have anything as rare; where
   * many sessions have rare templates, one of them means nothing.
   */
  addFirst(template: number, level: Level, phase: SessionPhase): Deviation | undefined {
    const rarity = this.#rarity;
    const sessions = this.#sessions;
    const before = this.#within[template]!;
    this.#within[template] = before + 1;
    const share = (before + 1) / (sessions + 2);
    const bin = Math.max(0, Math.min(RARITY_BINS - 1, Math.floor(-Math.log2(share))));
    let asRare = 0;
    for (let i = bin; i < RARITY_BINS; i++) asRare += rarity[i]!;
    if (bin > phase.rarest) {
      if (phase.rarest >= 0) rarity[phase.rarest] = Math.max(0, rarity[phase.rarest]! - 1);
      rarity[bin]! += 1;
      phase.rarest = bin;
    }
    if (sessions < SUPPORT || share > MAX_EXTRA) return undefined;
    const confidence = posterior(Math.max(share, (asRare + 1) / (sessions + 2)), EXTRA[level]);
    if (confidence < MIN_CONFIDENCE) return undefined;
    return {
      kind: 'extra',
      templates: [template],
      sessions: Math.round(sessions),
      share: before / sessions,
      withinMs: 0,
      confidence,
    };
  }

  /** A session has reached an age: how it differs from the others, which then learn from it. */
  reached(age: number, phase: SessionPhase, now: number): Deviation | undefined {
    const step = phase.past ? age + AGES.length : age;
    const missing = this.#missing(step, phase, now);
    const miscounted = this.#miscounted(step, phase, now);
    this.#learn(step, phase, now);
    return miscounted && (!missing || miscounted.confidence > missing.confidence) ? miscounted : missing;
  }

  save(): ShapeState {
    return {
      templates: this.#templates.map(({ id, pattern }, i) => [id, pattern, this.#within[i]!]),
      sessions: this.#sessions,
      rarity: [...this.#rarity],
      pairs: sparse(this.#pairs),
      singles: sparse(this.#singles),
      counts: sparse(this.#counts),
      firstAt: sparse(this.#firstAt),
      lately: [...this.#recentExceptions],
      rules: [...this.#rules],
    };
  }

  restore(state: ShapeState): void {
    for (const [id, pattern, count] of state.templates) {
      this.#index.set(id, this.#templates.length);
      this.#templates.push({ id, pattern });
      this.#within.push(count);
    }
    this.#sessions = state.sessions;
    this.#rarity.set(state.rarity);
    dense(this.#pairs, state.pairs);
    dense(this.#singles, state.singles);
    dense(this.#counts, state.counts);
    dense(this.#firstAt, state.firstAt);
    for (const [pair, share] of state.lately) this.#recentExceptions.set(pair, share);
    for (const [at, known] of state.rules) this.#rules.set(at, known);
  }

  /** The sessions with `a` at a step that did not have `b`; undefined when they are too few. */
  #exceptions(step: number, a: number, b: number): ExceptionShare | undefined {
    const of = this.#singles[slotOf(step, a)]!;
    return of < SUPPORT ? undefined : { share: 1 - this.#pairs[pairOf(step, a, b)]! / of, of };
  }

  /** What usually follows template `a` by `step`, once waiting longer would hardly bring more. */
  #rulesFor(step: number, a: number): Rule[] {
    const slot = slotOf(step, a);
    const of = this.#singles[slot]!;
    if (of < SUPPORT) return [];
    const known = this.#rules.get(slot);
    if (known && of < known.at + RELEARN + known.at / 16) return known.rules;
    const fresh: Rule[] = [];
    for (let then = 0; then < Math.min(this.#templates.length, VOCABULARY); then++) {
      if (then === a) continue;
      const share = this.#exceptions(step, a, then)?.share ?? 1;
      if (share > MAX_EXCEPTIONS) continue;
      if (!settled(step, share, of, (other) => this.#exceptions(other, a, then))) continue;
      fresh.push({ then, kept: this.#pairs[pairOf(step, a, then)]!, of });
    }
    this.#rules.set(slot, { at: of, rules: fresh });
    return fresh;
  }

  /** For how many of its deadlines a rule about `a` has been observed. */
  #waves(step: number, a: number, now: number): number {
    return (now - this.#firstAt[slotOf(step, a)]!) / ageOf(step);
  }

  /** What usually follows a template of the session and did not come. */
  #missing(step: number, phase: SessionPhase, now: number): Deviation | undefined {
    let worst: Deviation | undefined;
    for (let i = 0; i < phase.earlier; i++) {
      const a = phase.seen[i]!;
      if (a >= VOCABULARY) continue;
      for (const { then, kept, of } of this.#rulesFor(step, a)) {
        if (phase.seen.includes(then) || phase.past?.includes(then)) continue;
        if ((this.#recentExceptions.get(pairOf(step, a, then)) ?? 0) > CHANGED) continue;
        const since = settledSince(step, 1 - kept / of, of, (other) => this.#exceptions(other, a, then));
        const share = harmlessShare(of - kept, of, this.#waves(since, a, now));
        const confidence = posterior(share, BROKEN);
        if (worst && worst.after === a) {
          if (!worst.templates.includes(then)) worst.templates.push(then);
          if (confidence <= worst.confidence) continue;
        } else if (worst && confidence <= worst.confidence) continue;
        worst = {
          kind: 'missing',
          templates: worst?.after === a ? worst.templates : [then],
          after: a,
          sessions: of,
          share: kept / of,
          withinMs: ageOf(step),
          confidence,
        };
      }
    }
    return worst;
  }

  /** The template whose count is least usual, among those whose count nearly all sessions agree on. */
  #miscounted(step: number, phase: SessionPhase, now: number): Deviation | undefined {
    let worst: Deviation | undefined;
    for (let i = 0; i < phase.seen.length; i++) {
      const a = phase.seen[i]!;
      if (a >= VOCABULARY) continue;
      const deviation = this.#countDeviation(step, a, phase.counts[i]!, now);
      if (deviation && !(worst && deviation.confidence <= worst.confidence)) worst = deviation;
    }
    return worst;
  }

  /** How the count of template `a` differs from the usual count. */
  #countDeviation(step: number, a: number, count: number, now: number): Deviation | undefined {
    const bins = this.#countsOf(step, a);
    const bin = binOf(count);
    if (bin === bins.mode || bins.total < SUPPORT || !agreed(bins)) return undefined;
    const last = this.#countsOf(step - (step % AGES.length) + AGES.length - 1, a);
    // While lines still come in, the count is usual only at the end.
    if (last.total < SUPPORT ? bins.total < YOUNG_SUPPORT : !agreed(last) || last.mode !== bins.mode)
      return undefined;
    const fewer = bin < bins.mode;
    const tail = tailOf(bins.at, bin, fewer);
    const shareAt = (at: number): ExceptionShare | undefined => {
      const other = this.#countsOf(at, a);
      const of = other.total;
      return of < SUPPORT ? undefined : { share: tailOf(other.at, bin, fewer) / of, of };
    };
    if (fewer && !settled(step, tail / bins.total, bins.total, shareAt)) return undefined;
    // One more of several means nothing; twice as many is a repetition.
    if (!fewer && count < bins.mode * 2) return undefined;
    const since = fewer ? settledSince(step, tail / bins.total, bins.total, shareAt) : step;
    const share = harmlessShare(tail, bins.total, this.#waves(since, a, now));
    const confidence = posterior(share, fewer ? BROKEN : REPEATED);
    if (confidence < MIN_CONFIDENCE) return undefined;
    return {
      kind: 'count',
      templates: [a],
      sessions: bins.total,
      share: 1 - tail / bins.total,
      count,
      usual: bins.mode,
      withinMs: ageOf(step),
      confidence,
    };
  }

  #countsOf(step: number, a: number): Counts {
    const from = slotOf(step, a) * BINS;
    return summed(this.#counts.subarray(from, from + BINS));
  }

  #learn(step: number, phase: SessionPhase, now: number): void {
    const { seen, earlier } = phase;
    for (let i = 0; i < earlier; i++) {
      const a = seen[i]!;
      if (a >= VOCABULARY) continue;
      this.#singles[slotOf(step, a)]! += 1;
      for (const b of seen) if (b < VOCABULARY) this.#pairs[pairOf(step, a, b)]! += 1;
      for (const { then } of this.#rules.get(slotOf(step, a))?.rules ?? []) {
        const pair = pairOf(step, a, then);
        const before = this.#recentExceptions.get(pair) ?? 0;
        const share = before + ((seen.includes(then) ? 0 : 1) - before) / 32;
        if (share < 0.01) this.#recentExceptions.delete(pair);
        else this.#recentExceptions.set(pair, share);
      }
    }
    for (let i = 0; i < seen.length; i++) {
      const a = seen[i]!;
      if (a >= VOCABULARY) continue;
      this.#firstAt[slotOf(step, a)] ||= now;
      this.#counts[slotOf(step, a) * BINS + binOf(phase.counts[i]!)]! += 1;
    }
  }
}
