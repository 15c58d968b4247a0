import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import type { StateKinds, StateStore } from '../../backends/state/store.ts';
import type { Feedback } from '../../domain/alert/feedback.ts';
import { AppError } from '../../domain/errors.ts';
import type { SourceLine } from '../../domain/log/source-line.ts';
import { HOUR, MINUTE } from '../../domain/time/units.ts';
import type { Log } from '../../log.ts';
import type { SharedTemplates } from '../mining/shared-templates.ts';
import type { Detector, DetectorState } from './detector.ts';

interface Held {
  detector: Detector;
  /** Version of the stored document; 0 while there is none. */
  version: number;
  changed: boolean;
}

/** A part that nobody has read from for this long is removed. */
const KEEP_MS = 30 * 24 * HOUR;
/** Feedback of this length of time is read again: clocks differ, and each one counts only once. */
const OVERLAP_MS = 10 * MINUTE;
const FEEDBACK_KEPT_MS = 7 * 24 * HOUR;
const MAX_FEEDBACK = 1_000;

const pack = promisify(gzip);
const unpack = promisify(gunzip);

export interface DetectorStatesOptions {
  state?: StateStore | undefined;
  /** States name templates by their ids: templates are read before a state is, and written before it is. */
  templates?: SharedTemplates | undefined;
  /** The consumer group: different groups learn apart. */
  scope: string;
  make: () => Detector;
  log: Log;
  now?: () => number;
}

/**
 * Keeps what the detectors have learned over restarts: one document for each part of the stream, so that the next reader
 * of a partition goes on where the last one stopped. Without a store everything is in memory.
 */
export class DetectorStates {
  readonly #options: DetectorStatesOptions;
  readonly #loading = new Map<string, Promise<Held>>();
  readonly #held = new Map<string, Held>();
  #feedback: Feedback[] = [];
  /** Time of the newest feedback. */
  #feedbackUntil = 0;

  constructor(options: DetectorStatesOptions) {
    this.#options = options;
  }

  /**
   * The detector of one part of the stream: of one Kafka partition, or of what this process reads itself. Its state is
   * read from the store at the first use. Never fails: when a state cannot be read, the detector begins anew.
   */
  async of(part: string): Promise<Detector> {
    let loading = this.#loading.get(part);
    if (!loading) {
      loading = this.#load(part);
      this.#loading.set(part, loading);
    }
    const held = await loading;
    held.changed = true;
    return held.detector;
  }

  /** The detectors in memory. */
  *all(): Iterable<Detector> {
    for (const { detector } of this.#held.values()) yield detector;
  }

  /**
   * Writes what has changed, the templates too. A part that another process has written since belongs to that process,
   * and is dropped here.
   */
  async save(): Promise<void> {
    await this.#options.templates?.sync();
    for (const [part, held] of [...this.#held]) {
      if (!held.changed) continue;
      try {
        await this.#write(part, held);
      } catch (error) {
        held.changed = true;
        this.#options.log.warn(
          { err: error, part },
          'what was learned could not be saved, tried again later',
        );
      }
    }
  }

  /** Reads new feedback from the store and applies it to the detectors. */
  async readFeedback(): Promise<void> {
    const { state, now = Date.now } = this.#options;
    if (!state) return;
    const from = this.#feedbackUntil > 0 ? this.#feedbackUntil - OVERLAP_MS : now() - FEEDBACK_KEPT_MS;
    const read = await state.list('feedback', { from, limit: MAX_FEEDBACK });
    for (const { value } of read) {
      this.#feedbackUntil = Math.max(this.#feedbackUntil, value.at);
      for (const { detector } of this.#held.values()) detector.applyFeedback(value);
    }
    const known = new Set(read.map(({ id }) => id));
    this.#feedback = [
      ...this.#feedback.filter(({ id }) => !known.has(id)),
      ...read.map(({ value }) => value),
    ].slice(-MAX_FEEDBACK);
  }

  #idOf(part: string): string {
    return `learned/${this.#options.scope}/${part}`;
  }

  async #load(part: string): Promise<Held> {
    const { state, templates, make, log } = this.#options;
    const held: Held = { detector: make(), version: 0, changed: false };
    await templates?.takeOver();
    try {
      const stored = await state?.get('detector', this.#idOf(part));
      if (stored) {
        held.version = stored.version;
        const saved = await readSaved(stored.value);
        if (saved) held.detector.restore(saved);
        else log.warn({ part }, 'what was learned earlier is of another version, begun anew');
      }
    } catch (error) {
      log.warn({ err: error, part }, 'what was learned earlier cannot be read, begun anew');
      held.detector = make();
    }
    for (const feedback of this.#feedback) held.detector.applyFeedback(feedback);
    this.#held.set(part, held);
    return held;
  }

  async #write(part: string, held: Held): Promise<void> {
    const { state } = this.#options;
    if (!state) return;
    const text = JSON.stringify(held.detector.save());
    held.changed = false;
    const data = (await pack(text)).toString('base64');
    const value = { format: 1, data };
    const result = await state.commit({
      put: [{ kind: 'detector', id: this.#idOf(part), value, ifVersion: held.version, ttlMs: KEEP_MS }],
    });
    if (result === 'done') held.version += 1;
    else {
      this.#loading.delete(part);
      this.#held.delete(part);
    }
  }
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
