/** How a session differs from the others. Deviations are stored. */
export interface Deviation {
  kind: 'missing' | 'count' | 'extra';
  /** Numbers of the templates that should have come, came too often or too rarely, or were extra. */
  templates: number[];
  /** The template after which it should have come. */
  after?: number;
  /** Sessions the rule is based on, and the share of them that kept it (for `extra`: that had the template). */
  sessions: number;
  share: number;
  /** `count`: how many there were, and how many there usually are. */
  count?: number;
  usual?: number;
  withinMs: number;
  confidence: number;
}

/** One phase of a session, as far as the shape needs it. */
export interface SessionPhase {
  /** Numbers of the templates in order of their first line, and how often each came. */
  seen: number[];
  counts: number[];
  /** How many of `seen` had come at the age before. */
  earlier: number;
  /** Templates of earlier phases; undefined in the first. */
  past?: number[];
  /** Class of rarity of the rarest template so far; -1 for none. */
  rarest: number;
}

/** What usually follows a template: `kept` of `of` sessions. */
export interface Rule {
  then: number;
  kept: number;
  of: number;
}

/** What sessions of one kind usually look like, as it is stored. */
export interface ShapeState {
  templates: [id: string, pattern: string, sessions: number][];
  sessions: number;
  rarity: number[];
  /** As `sparse` gives them: index, value, index, value … */
  pairs: number[];
  singles: number[];
  counts: number[];
  firstAt: number[];
  lately: [pair: number, share: number][];
  rules: [stepAndTemplate: number, { at: number; rules: Rule[] }][];
}

/** What has happened to one id so far. */
export interface Session extends SessionPhase {
  value: string;
  /** Epoch milliseconds of the first line of this phase, and of the last line. */
  born: number;
  last: number;
  /** The next age in `AGES` it is compared at. */
  age: number;
  /** It began before its kind was followed: neither judged nor learned from. */
  partial: boolean;
  /** Was reported for what did not come or came too often: that is reported once. */
  told: boolean;
  /** Something was missing at the last age. */
  lacking: boolean;
  /** The strongest deviation so far, by its kind. */
  odd: Partial<Record<Deviation['kind'], number>>;
  service: string;
  line: string;
}

/** A session as it is stored. The names are short because a state has thousands of them. */
export interface SavedSession {
  v: string;
  b: number;
  l: number;
  a: number;
  s: number[];
  c: number[];
  e: number;
  r: number;
  p: 0 | 1;
  q?: number[];
  t: 0 | 1;
  k: 0 | 1;
  d?: Session['odd'];
  /** 1 while it waits for an age. */
  o: 0 | 1;
  n: string;
}

export const packSession = (one: Session, open: ReadonlySet<Session>): SavedSession => ({
  v: one.value,
  b: one.born,
  l: one.last,
  a: one.age,
  s: one.seen,
  c: one.counts,
  e: one.earlier,
  r: one.rarest,
  p: one.partial ? 1 : 0,
  t: one.told ? 1 : 0,
  k: one.lacking ? 1 : 0,
  ...(Object.keys(one.odd).length > 0 ? { d: one.odd } : {}),
  o: open.has(one) ? 1 : 0,
  n: one.service,
  ...(one.past ? { q: one.past } : {}),
});

export const unpackSession = (saved: SavedSession): Session => ({
  value: saved.v,
  born: saved.b,
  last: saved.l,
  age: saved.a,
  seen: saved.s,
  counts: saved.c,
  earlier: saved.e,
  rarest: saved.r,
  partial: saved.p === 1,
  told: saved.t === 1,
  lacking: saved.k === 1,
  odd: saved.d ?? {},
  service: saved.n,
  ...(saved.q ? { past: saved.q } : {}),
  line: '',
});
