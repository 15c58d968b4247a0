import { LruMap } from '../../../domain/lru-map.ts';

/** Kinds of ids observed at the same time, and values remembered of each until it is decided on. */
const MAX_KINDS = 256;
const MAX_VALUES = 1_500;
/** Occurrences of a kind between two decisions. */
const REVIEW = 400;
/** An accepted kind is reviewed after this many occurrences: things come in waves (all made first, all deleted later). */
const REVIEW_ACCEPTED = 50_000;
/** A rejected kind is reviewed again after longer and longer pauses, up to this many occurrences. */
const MAX_PAUSE = 100_000;
/** Distinct values below which nothing can be said. */
const MIN_VALUES = 30;
/** Share of values that must come again, in different templates, for sessions to be about this kind. */
const MIN_RECURRING = 0.5;
/**
 * Share of occurrences that are the first of their value. Hosts, users and threads run out of new values (too few); a
 * quantity or a random word never comes again (too many).
 */
const MIN_NEW = 0.004;
const MAX_NEW = 0.6;

interface Sighting {
  lines: number;
  template: string;
  /** Seen in lines of different templates. */
  mixed: boolean;
}

/** What is known of one kind of id. */
interface Kind {
  /** Undecided and rejected kinds collect values; an accepted one has sessions. */
  accepted: boolean;
  values: Map<string, Sighting>;
  occurrences: number;
  /** Occurrences that were the first of their value. */
  newValues: number;
  /** Occurrences to let pass before values are collected again. */
  pause: number;
  lastPause: number;
}

export interface SessionKeysState {
  accepted: string[];
}

/** What to do with an id. `known`: values seen before the kind was accepted; their sessions are known only in part. */
export type KeyDecision =
  | { accepted: false }
  | { accepted: true; known?: ReadonlyMap<string, unknown>; first: boolean };

const NO: KeyDecision = { accepted: false };
const YES: KeyDecision = { accepted: true, first: false };

/**
 * Finds out by itself which ids bind lines together: those with ever new values that come in several lines of different
 * templates and then no more (block, request, order, trace). It uses bounded memory and knows no names.
 */
export class SessionKeys {
  readonly #kinds = new LruMap<string, Kind>(MAX_KINDS);
  readonly #only: string | undefined;
  readonly #onRejected: ((kind: string) => void) | undefined;

  constructor(options: { only?: string | undefined; onRejected?: (kind: string) => void } = {}) {
    this.#only = options.only;
    this.#onRejected = options.onRejected;
  }

  /**
   * Counts an id, and says whether sessions are about its kind.
   * @param isNew tells whether an accepted kind has no session of that value yet
   */
  see(name: string, value: string, template: string, isNew: (value: string) => boolean): KeyDecision {
    if (this.#only !== undefined) return name === this.#only ? YES : NO;
    let kind = this.#kinds.get(name);
    if (!kind) {
      kind = newKind(false);
      this.#kinds.set(name, kind);
    }
    if (kind.pause > 0) {
      kind.pause -= 1;
      return NO;
    }
    kind.occurrences += 1;
    return kind.accepted
      ? this.#seeAccepted(name, kind, isNew(value))
      : this.#seeUndecided(name, kind, value, template);
  }

  save(): SessionKeysState {
    const accepted: string[] = [];
    for (const [name, kind] of this.#kinds.entries()) if (kind.accepted) accepted.push(name);
    return { accepted };
  }

  restore(state: SessionKeysState): void {
    for (const name of state.accepted) this.#kinds.set(name, newKind(true));
  }

  #seeAccepted(name: string, kind: Kind, isNew: boolean): KeyDecision {
    if (isNew) kind.newValues += 1;
    if (kind.occurrences < REVIEW_ACCEPTED) return YES;
    const share = kind.newValues / kind.occurrences;
    kind.occurrences = 0;
    kind.newValues = 0;
    if (share >= MIN_NEW / 2 && share <= MAX_NEW * 1.3) return YES;
    kind.accepted = false;
    kind.lastPause = Math.min(MAX_PAUSE, kind.lastPause * 4);
    kind.pause = kind.lastPause;
    this.#onRejected?.(name);
    return NO;
  }

  #seeUndecided(name: string, kind: Kind, value: string, template: string): KeyDecision {
    const known = kind.values.get(value);
    if (known) {
      known.lines += 1;
      known.mixed ||= known.template !== template;
    } else {
      kind.newValues += 1;
      kind.values.set(value, { lines: 1, template, mixed: false });
      if (kind.values.size > MAX_VALUES) {
        const [oldest] = kind.values.keys();
        kind.values.delete(oldest!);
      }
    }
    if (kind.occurrences % REVIEW !== 0) return NO;
    this.#kinds.touch(name);
    if (bindsLines(kind)) {
      const { values } = kind;
      kind.accepted = true;
      forgetValues(kind);
      return { accepted: true, known: values, first: true };
    }
    if (kind.occurrences >= REVIEW * 4) {
      forgetValues(kind);
      kind.lastPause = Math.min(MAX_PAUSE, kind.lastPause * 2);
      kind.pause = kind.lastPause;
    }
    return NO;
  }
}

const newKind = (accepted: boolean): Kind => ({
  accepted,
  values: new Map(),
  occurrences: 0,
  newValues: 0,
  pause: 0,
  lastPause: REVIEW,
});

function forgetValues(kind: Kind): void {
  kind.values = new Map();
  kind.occurrences = 0;
  kind.newValues = 0;
}

/** Whether the values of a kind come and go as those of sessions do. */
function bindsLines(kind: Kind): boolean {
  const values = [...kind.values.values()];
  // The newer half may still come again.
  const older = values.slice(0, Math.max(1, values.length >> 1));
  const recurring = older.filter(({ mixed }) => mixed).length / older.length;
  const share = kind.newValues / kind.occurrences;
  return values.length >= MIN_VALUES && recurring >= MIN_RECURRING && share >= MIN_NEW && share <= MAX_NEW;
}
