import type { Level } from '../../../domain/log/record.ts';
import { against } from '../statistics/odds.ts';
import type { Course, Deviation, Rule, ShapeState } from './session.ts';
import {
  AGES,
  ageOf,
  agreed,
  BINS,
  binOf,
  type Counts,
  dense,
  harmless,
  type Share,
  settled,
  settledSince,
  sparse,
  summed,
  tailOf,
} from './session-ages.ts';

/**
 * What sessions of one kind usually look like, learned from all of them: which templates follow which, within what
 * time, how many of each, and which templates are rare. Rules are shares of earlier sessions (after the invariants
 * of Lou et al., USENIX ATC 2010, mined online and with a deadline), so that each finding can name its numbers.
 */

/** Rules for the first phase of a session, and for the later ones. */
const STEPS = AGES.length * 2;
/** Templates that take part in rules; any others only count as rare or not. */
const VOCABULARY = 64;
/** Sessions a rule stands on at least. */
const SUPPORT = 60;
const MAX_TEMPLATES = 2_000;
/** … and while none are old enough to tell what comes later. */
const YOUNG_SUPPORT = 250;
/** Rules are read from the counts anew after so many sessions at an age. */
const RELEARN = 32;
/** A rule is worth looking at up to this share of exceptions. */
const MOST_EXCEPTIONS = 0.08;
/** With this share of exceptions among the latest sessions it is the usual that has changed. */
const CHANGED = 0.8;
/** Prior odds that a session is broken, against which the share of harmless exceptions is weighed. */
const BROKEN = 0.03;
/** The same for something done again, which often is meant. */
const REPEATED = 0.01;
/** The same for a template that hardly any session has, by its level: what is extra is said on purpose. */
const EXTRA: Record<Level, number> = {
  trace: 0.01,
  debug: 0.02,
  info: 0.05,
  warn: 0.1,
  error: 0.2,
  fatal: 0.3,
};
const MOST_EXTRA = 0.05;
/** Below this confidence a deviation is not worth a word. */
const LEAST = 0.3;
/** Sessions after which what is rare is forgotten by half. */
const HALF = 8_000;

const cell = (step: number, a: number, b: number): number => (step * VOCABULARY + a) * VOCABULARY + b;

export function createSessionShape() {
  const templates: { id: string; pattern: string }[] = [];
  const index = new Map<string, number>();
  /** Sessions each template was in, and all of them. */
  const within: number[] = [];
  let sessions = 0;
  /** Sessions by the rarity of their rarest template, in halvings. */
  const rarity = new Float64Array(24);
  const pairs = new Uint32Array(STEPS * VOCABULARY * VOCABULARY);
  const singles = new Uint32Array(STEPS * VOCABULARY);
  /** When a step was learned of a template first, by the session's clock. */
  const firstAt = new Float64Array(STEPS * VOCABULARY);
  const counts = new Uint32Array(STEPS * VOCABULARY * BINS);
  /** Latest outcomes of each pair that is a rule, as a decaying share of exceptions. */
  const lately = new Map<number, number>();
  const rules = new Map<number, { at: number; rules: Rule[] }>();

  const exceptions = (step: number, a: number, b: number): Share | undefined => {
    const of = singles[step * VOCABULARY + a]!;
    return of < SUPPORT ? undefined : { share: 1 - pairs[cell(step, a, b)]! / of, of };
  };

  /** What usually follows template `a` by `step`, once waiting longer would hardly bring more. */
  function rulesFor(step: number, a: number): Rule[] {
    const of = singles[step * VOCABULARY + a]!;
    if (of < SUPPORT) return [];
    const known = rules.get(step * VOCABULARY + a);
    if (known && of < known.at + RELEARN + known.at / 16) return known.rules;
    const fresh: Rule[] = [];
    for (let then = 0; then < Math.min(templates.length, VOCABULARY); then++) {
      if (then === a) continue;
      const share = exceptions(step, a, then)?.share ?? 1;
      if (share > MOST_EXCEPTIONS || !settled(step, share, of, (other) => exceptions(other, a, then)))
        continue;
      fresh.push({ then, kept: pairs[cell(step, a, then)]!, of });
    }
    rules.set(step * VOCABULARY + a, { at: of, rules: fresh });
    return fresh;
  }

  /** For how many of its deadlines a rule about `a` has been watched. */
  const waves = (step: number, a: number, now: number): number =>
    (now - firstAt[step * VOCABULARY + a]!) / ageOf(step);

  function missing(step: number, course: Course, now: number): Deviation | undefined {
    let worst: Deviation | undefined;
    for (let i = 0; i < course.earlier; i++) {
      const a = course.seen[i]!;
      if (a >= VOCABULARY) continue;
      for (const { then, kept, of } of rulesFor(step, a)) {
        if (course.seen.includes(then) || course.past?.includes(then)) continue;
        if ((lately.get(cell(step, a, then)) ?? 0) > CHANGED) continue;
        const since = settledSince(step, 1 - kept / of, of, (other) => exceptions(other, a, then));
        const share = harmless(of - kept, of, waves(since, a, now));
        const confidence = against(share, BROKEN);
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

  /** How often a template came, where nearly all sessions agree on how often it should. */
  function miscounted(step: number, course: Course, now: number): Deviation | undefined {
    let worst: Deviation | undefined;
    for (let i = 0; i < course.seen.length; i++) {
      const a = course.seen[i]!;
      if (a >= VOCABULARY) continue;
      const bins = countsOf(step, a);
      const bin = binOf(course.counts[i]!);
      if (bin === bins.mode || bins.total < SUPPORT || !agreed(bins)) continue;
      const last = countsOf(step - (step % AGES.length) + AGES.length - 1, a);
      // What is still coming in has a usual count only at the end.
      if (last.total < SUPPORT ? bins.total < YOUNG_SUPPORT : !agreed(last) || last.mode !== bins.mode)
        continue;
      const fewer = bin < bins.mode;
      const tail = tailOf(bins.at, bin, fewer);
      const shareAt = (at: number): Share | undefined => {
        const other = countsOf(at, a);
        const of = other.total;
        return of < SUPPORT ? undefined : { share: tailOf(other.at, bin, fewer) / of, of };
      };
      if (fewer && !settled(step, tail / bins.total, bins.total, shareAt)) continue;
      // One more of several is nothing; twice as many is a repetition.
      if (!fewer && course.counts[i]! < bins.mode * 2) continue;
      const since = fewer ? settledSince(step, tail / bins.total, bins.total, shareAt) : step;
      const share = harmless(tail, bins.total, waves(since, a, now));
      const confidence = against(share, fewer ? BROKEN : REPEATED);
      if (confidence < LEAST || (worst && confidence <= worst.confidence)) continue;
      worst = {
        kind: 'count',
        templates: [a],
        sessions: bins.total,
        share: 1 - tail / bins.total,
        count: course.counts[i]!,
        usual: bins.mode,
        withinMs: ageOf(step),
        confidence,
      };
    }
    return worst;
  }

  function countsOf(step: number, a: number): Counts {
    const from = (step * VOCABULARY + a) * BINS;
    return summed(counts.subarray(from, from + BINS));
  }

  function learn(step: number, course: Course, now: number): void {
    const { seen, earlier } = course;
    for (let i = 0; i < earlier; i++) {
      const a = seen[i]!;
      if (a >= VOCABULARY) continue;
      singles[step * VOCABULARY + a]! += 1;
      for (const b of seen) if (b < VOCABULARY) pairs[cell(step, a, b)]! += 1;
      for (const { then } of rules.get(step * VOCABULARY + a)?.rules ?? []) {
        const at = cell(step, a, then);
        const before = lately.get(at) ?? 0;
        const now = before + ((seen.includes(then) ? 0 : 1) - before) / 32;
        if (now < 0.01) lately.delete(at);
        else lately.set(at, now);
      }
    }
    for (const a of seen) if (a < VOCABULARY) firstAt[step * VOCABULARY + a] ||= now;
    for (let i = 0; i < seen.length; i++)
      if (seen[i]! < VOCABULARY)
        counts[(step * VOCABULARY + seen[i]!) * BINS + binOf(course.counts[i]!)]! += 1;
  }

  return {
    /** The number of a template within this kind of session; -1 when there are too many. */
    indexOf({ id, pattern }: { id: string; pattern: string }): number {
      const known = index.get(id);
      if (known !== undefined) return known;
      if (templates.length >= MAX_TEMPLATES) return -1;
      index.set(id, templates.length);
      within.push(0);
      return templates.push({ id, pattern }) - 1;
    },
    templateOf: (template: number): { id: string; pattern: string } => templates[template]!,
    get sessions() {
      return sessions;
    },
    /** A session has begun. */
    began(): void {
      sessions += 1;
      if (sessions < HALF) return;
      sessions /= 2;
      for (let i = 0; i < within.length; i++) within[i]! /= 2;
      for (let i = 0; i < rarity.length; i++) rarity[i]! /= 2;
    },
    /**
     * A template came for the first time in a session. A deviation when few sessions have anything as rare: where
     * many have rare ones, one of them means nothing.
     */
    met(template: number, level: Level, course: Course): Deviation | undefined {
      const before = within[template]!;
      within[template] = before + 1;
      const share = (before + 1) / (sessions + 2);
      const bin = Math.max(0, Math.min(rarity.length - 1, Math.floor(-Math.log2(share))));
      let asRare = 0;
      for (let i = bin; i < rarity.length; i++) asRare += rarity[i]!;
      if (bin > course.rarest) {
        if (course.rarest >= 0) rarity[course.rarest] = Math.max(0, rarity[course.rarest]! - 1);
        rarity[bin]! += 1;
        course.rarest = bin;
      }
      if (sessions < SUPPORT || share > MOST_EXTRA) return undefined;
      const confidence = against(Math.max(share, (asRare + 1) / (sessions + 2)), EXTRA[level]);
      if (confidence < LEAST) return undefined;
      return {
        kind: 'extra',
        templates: [template],
        sessions: Math.round(sessions),
        share: before / sessions,
        withinMs: 0,
        confidence,
      };
    },
    /** A session has reached an age: how it differs from the others, which then learn from it. */
    reached(age: number, course: Course, now: number): Deviation | undefined {
      const step = course.past ? age + AGES.length : age;
      const lost = missing(step, course, now);
      const odd = miscounted(step, course, now);
      learn(step, course, now);
      return odd && (!lost || odd.confidence > lost.confidence) ? odd : lost;
    },
    save: (): ShapeState => ({
      templates: templates.map(({ id, pattern }, i) => [id, pattern, within[i]!]),
      sessions,
      rarity: [...rarity],
      pairs: sparse(pairs),
      singles: sparse(singles),
      counts: sparse(counts),
      firstAt: sparse(firstAt),
      lately: [...lately],
      rules: [...rules],
    }),
    restore(state: ShapeState): void {
      for (const [id, pattern, count] of state.templates) {
        index.set(id, templates.length);
        templates.push({ id, pattern });
        within.push(count);
      }
      sessions = state.sessions;
      rarity.set(state.rarity);
      dense(pairs, state.pairs);
      dense(singles, state.singles);
      dense(counts, state.counts);
      dense(firstAt, state.firstAt);
      for (const [pair, share] of state.lately) lately.set(pair, share);
      for (const [at, known] of state.rules) rules.set(at, known);
    },
  };
}
export type SessionShape = ReturnType<typeof createSessionShape>;
