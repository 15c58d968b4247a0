import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import type { StateKinds, StateStore } from '../../backends/state/store.ts';
import type { Feedback } from '../../domain/alert/feedback.ts';
import { AppError } from '../../domain/errors.ts';
import { HOUR, MINUTE } from '../../domain/time/units.ts';
import type { Log } from '../../log.ts';
import type { SharedTemplates } from '../mining/shared-templates.ts';
import type { SourceLine } from '../source-line.ts';
import type { Detector, DetectorState } from './detector.ts';

interface Held {
  detector: Detector;
  /** Of the stored document; 0 while there is none. */
  version: number;
  changed: boolean;
}

export interface LearnedParts {
  /**
   * The detector of one part of the stream: of one Kafka partition, or of what this process reads itself. Its state is
   * read from the store when it is used first. Never fails: what cannot be read begins anew.
   */
  of(part: string): Promise<Detector>;
  /** The detectors in use. */
  all(): Iterable<Detector>;
  /** Writes what has changed, the templates too. A part that another process has written meanwhile is its own now, and is let go here. */
  save(): Promise<void>;
  /** Hands new judgements of people to the detectors. */
  hear(): Promise<void>;
}

/** A part nobody has read from for so long is forgotten. */
const KEEP_MS = 30 * 24 * HOUR;
/** Judgements are read again for so long: clocks differ, and each counts once anyway. */
const OVERLAP_MS = 10 * MINUTE;
const FEEDBACK_KEPT_MS = 7 * 24 * HOUR;
const MAX_FEEDBACK = 1_000;

const pack = promisify(gzip);
const unpack = promisify(gunzip);

/**
 * Keeps what the detectors have learned over restarts, one document per part, so that a partition's new reader
 * goes on where the former one stopped. Without a store everything is in memory.
 * @param options.templates what was learned names templates by their ids: they are taken over before a part is read, and
 *   written before it is
 * @param options.scope consumer group: different groups learn apart
 */
export function createLearnedParts(options: {
  state?: StateStore | undefined;
  templates?: SharedTemplates | undefined;
  scope: string;
  make: () => Detector;
  log: Log;
  now?: () => number;
}): LearnedParts {
  const { state, templates, scope, make, log, now = Date.now } = options;
  const parts = new Map<string, Promise<Held>>();
  const held = new Map<string, Held>();
  let judgements: Feedback[] = [];
  let heardUntil = 0;

  const idOf = (part: string): string => `learned/${scope}/${part}`;

  async function load(part: string): Promise<Held> {
    const one: Held = { detector: make(), version: 0, changed: false };
    await templates?.takeOver();
    try {
      const stored = await state?.get('detector', idOf(part));
      if (stored) {
        one.version = stored.version;
        const saved = await readSaved(stored.value);
        if (saved) one.detector.restore(saved);
        else log.warn({ part }, 'what was learned earlier is of another version, begun anew');
      }
    } catch (error) {
      log.warn({ err: error, part }, 'what was learned earlier cannot be read, begun anew');
      one.detector = make();
    }
    for (const feedback of judgements) one.detector.learn(feedback);
    held.set(part, one);
    return one;
  }

  async function write(part: string, one: Held): Promise<void> {
    if (!state) return;
    const text = JSON.stringify(one.detector.save());
    one.changed = false;
    const data = (await pack(text)).toString('base64');
    const value = { format: 1, data };
    const result = await state.commit({
      put: [{ kind: 'detector', id: idOf(part), value, ifVersion: one.version, ttlMs: KEEP_MS }],
    });
    if (result === 'done') one.version += 1;
    else {
      parts.delete(part);
      held.delete(part);
    }
  }

  return {
    async of(part) {
      let loading = parts.get(part);
      if (!loading) {
        loading = load(part);
        parts.set(part, loading);
      }
      const one = await loading;
      one.changed = true;
      return one.detector;
    },
    *all() {
      for (const { detector } of held.values()) yield detector;
    },
    async save() {
      await templates?.sync();
      for (const [part, one] of [...held]) {
        if (!one.changed) continue;
        try {
          await write(part, one);
        } catch (error) {
          one.changed = true;
          log.warn({ err: error, part }, 'what was learned could not be saved, tried again later');
        }
      }
    },
    async hear() {
      if (!state) return;
      const from = heardUntil > 0 ? heardUntil - OVERLAP_MS : now() - FEEDBACK_KEPT_MS;
      const read = await state.list('feedback', { from, limit: MAX_FEEDBACK });
      for (const { value } of read) {
        heardUntil = Math.max(heardUntil, value.at);
        for (const { detector } of held.values()) detector.learn(value);
      }
      const known = new Set(read.map(({ id }) => id));
      judgements = [
        ...judgements.filter(({ id }) => !known.has(id)),
        ...read.map(({ value }) => value),
      ].slice(-MAX_FEEDBACK);
    },
  };
}

/** Undefined for a document of another version. Throws AppError `malformed` for a damaged one. */
async function readSaved(packed: StateKinds['detector']): Promise<DetectorState | undefined> {
  if (packed.format !== 1) return undefined;
  try {
    const saved = JSON.parse((await unpack(Buffer.from(packed.data, 'base64'))).toString()) as DetectorState;
    return saved.version === 1 ? saved : undefined;
  } catch (cause) {
    throw new AppError('malformed', 'the document is damaged', { cause });
  }
}

/** The lines of a batch by the partition they came from (the first part of their position). */
export function byPartition(lines: SourceLine[]): Map<string, SourceLine[]> {
  const parts = new Map<string, SourceLine[]>();
  for (const line of lines) {
    const part = line.position.slice(0, line.position.indexOf('/'));
    const own = parts.get(part);
    if (own) own.push(line);
    else parts.set(part, [line]);
  }
  return parts;
}
