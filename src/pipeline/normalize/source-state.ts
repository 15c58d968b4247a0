import type { SourceLine } from '../../domain/log/source-line.ts';
import { LruMap } from '../../domain/lru-map.ts';
import { before, type Reference } from './time/instant.ts';

/** What is remembered of a source, for lines that do not say their whole time and for lines without a service. */
export interface SourceState {
  /** The last time that a line of the source has said. */
  lastTime: number | undefined;
  service: string | undefined;
  reference: Reference;
}

/** Sources remembered. */
const MAX_SOURCES = 10_000;

/** A time after the year 2200, or before 1970, comes from a broken clock or is not a time at all. */
const LAST_TIME = 7_258_118_400_000;
/** The time if it may be one. */
export const plausible = (ms: number | undefined): number | undefined =>
  ms !== undefined && ms >= 0 && ms < LAST_TIME ? ms : undefined;

/**
 * The states of all sources, each with the reference for the next line: when the line arrived, else the line before it,
 * else what is known about its source, else the present.
 * @param now epoch milliseconds of the present
 */
export function createSourceStates(now: () => number): (line: SourceLine) => SourceState {
  const sources = new LruMap<string, SourceState>(MAX_SOURCES);
  let name: string | undefined;
  let state: SourceState | undefined;

  /** Lines of one source come in a row: a source is looked up when its lines begin. */
  function turnTo(line: SourceLine): SourceState {
    name = line.source;
    const known = sources.get(name);
    if (known) {
      sources.touch(name);
      return known;
    }
    const times = line.hint?.times;
    const reference = { ...before(0), present: now, order: times?.order, startedAt: times?.startedAt };
    const fresh = { lastTime: undefined, service: undefined, reference };
    sources.set(name, fresh);
    return fresh;
  }

  return (line) => {
    if (!state || line.source !== name) state = turnTo(line);
    const { reference } = state;
    const arrived = plausible(line.hint?.timestamp);
    if (arrived !== undefined) {
      reference.ms = arrived;
      reference.side = 'arrived';
    } else if (state.lastTime !== undefined) {
      reference.ms = state.lastTime;
      reference.side = 'after';
    } else {
      const times = line.hint?.times;
      const near = plausible(times?.near);
      reference.ms = near ?? plausible(times?.before) ?? now();
      reference.side = near === undefined ? 'before' : 'near';
    }
    return state;
  };
}
