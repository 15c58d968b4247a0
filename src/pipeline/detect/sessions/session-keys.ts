import { LruMap } from '../../lru-map.ts';

/** Kinds of ids that are watched at the same time, and values remembered of each while it is being judged. */
const MAX_KINDS = 256;
const MAX_VALUES = 1_500;
/** Occurrences of a kind between two looks at it. */
const REVIEW = 400;
/** An accepted kind is doubted after so many: things come in waves (all made first, all deleted later). */
const DOUBT = 50_000;
/** A rejected kind is looked at again after ever more occurrences, up to so many. */
const MAX_PAUSE = 100_000;
/** Distinct values below which nothing can be said. */
const MIN_VALUES = 30;
/** Share of values that must recur, in different templates, for the kind to be what sessions are about. */
const MIN_RECURRING = 0.5;
/**
 * Share of occurrences that are the first of their value. Hosts, users and threads come to an end of new values;
 * what never recurs is a quantity or a random word.
 */
const BORN_LEAST = 0.004;
const BORN_MOST = 0.6;

interface Sighting {
  lines: number;
  template: string;
  /** Seen in lines of different templates. */
  mixed: boolean;
}

/** What is known of one kind of id. */
interface Kind {
  /** Undecided and rejected kinds collect; an accepted one has sessions. */
  accepted: boolean;
  values: Map<string, Sighting>;
  occurrences: number;
  born: number;
  /** Occurrences to let pass before values are collected again. */
  pause: number;
  lastPause: number;
}

export interface SessionKeysState {
  accepted: string[];
}

/** What to do with an id. `known`: values seen before the kind was accepted, whose sessions are known only in part. */
export type KeyVerdict =
  | { accepted: false }
  | { accepted: true; known?: ReadonlyMap<string, unknown>; first: boolean };

const NO: KeyVerdict = { accepted: false };
const YES: KeyVerdict = { accepted: true, first: false };

/**
 * Finds out by itself which ids bind lines together: those whose values keep coming new, recur over several lines of
 * different templates, and are then done with (block, request, order, trace). Bounded memory; no names are known.
 */
export function createSessionKeys(options: { only?: string; onRejected?: (kind: string) => void } = {}) {
  const kinds = new LruMap<string, Kind>(MAX_KINDS);

  function review(kind: Kind): boolean {
    const values = [...kind.values.values()];
    // The newer half may recur yet.
    const older = values.slice(0, Math.max(1, values.length >> 1));
    const recurring = older.filter(({ mixed }) => mixed).length / older.length;
    const born = kind.born / kind.occurrences;
    return (
      values.length >= MIN_VALUES && recurring >= MIN_RECURRING && born >= BORN_LEAST && born <= BORN_MOST
    );
  }

  return {
    /**
     * Counts an id and says whether its kind is one that sessions are about.
     * @param isNew tells whether an accepted kind has no session of that value yet
     */
    see(name: string, value: string, template: string, isNew: (value: string) => boolean): KeyVerdict {
      if (options.only !== undefined) return name === options.only ? YES : NO;
      let kind = kinds.get(name);
      if (!kind) {
        kind = { accepted: false, values: new Map(), occurrences: 0, born: 0, pause: 0, lastPause: REVIEW };
        kinds.set(name, kind);
      }
      if (kind.pause > 0) {
        kind.pause -= 1;
        return NO;
      }
      kind.occurrences += 1;
      if (kind.accepted) {
        if (isNew(value)) kind.born += 1;
        if (kind.occurrences < DOUBT) return YES;
        const share = kind.born / kind.occurrences;
        kind.occurrences = 0;
        kind.born = 0;
        if (share >= BORN_LEAST / 2 && share <= BORN_MOST * 1.3) return YES;
        kind.accepted = false;
        kind.lastPause = Math.min(MAX_PAUSE, kind.lastPause * 4);
        kind.pause = kind.lastPause;
        options.onRejected?.(name);
        return NO;
      }
      const known = kind.values.get(value);
      if (known) {
        known.lines += 1;
        known.mixed ||= known.template !== template;
      } else {
        kind.born += 1;
        kind.values.set(value, { lines: 1, template, mixed: false });
        if (kind.values.size > MAX_VALUES) {
          const [oldest] = kind.values.keys();
          kind.values.delete(oldest!);
        }
      }
      if (kind.occurrences % REVIEW !== 0) return NO;
      kinds.touch(name);
      if (review(kind)) {
        const { values } = kind;
        kind.accepted = true;
        kind.values = new Map();
        kind.occurrences = 0;
        kind.born = 0;
        return { accepted: true, known: values, first: true };
      }
      if (kind.occurrences >= REVIEW * 4) {
        kind.values = new Map();
        kind.occurrences = 0;
        kind.born = 0;
        kind.lastPause = Math.min(MAX_PAUSE, kind.lastPause * 2);
        kind.pause = kind.lastPause;
      }
      return NO;
    },
    save(): SessionKeysState {
      const accepted: string[] = [];
      for (const [name, kind] of kinds.entries()) if (kind.accepted) accepted.push(name);
      return { accepted };
    },
    restore(state: SessionKeysState): void {
      for (const name of state.accepted)
        kinds.set(name, {
          accepted: true,
          values: new Map(),
          occurrences: 0,
          born: 0,
          pause: 0,
          lastPause: REVIEW,
        });
    },
  };
}
export type SessionKeys = ReturnType<typeof createSessionKeys>;
