import type { LogRecord } from '../../../domain/log/record.ts';
import { SECOND } from '../../../domain/time/units.ts';
import { CALM, FAILURE, GRAVE, type Gravity } from '../../../lexicon/gravity.ts';

/** Somebody told a process to end: signal 15, or the exit code of a process that ended by it. */
const TOLD_TO_END = /\bsigterm\b|\bsignal:? (?:15|sigterm)\b|\b(?:status|code)[ =:]{1,2}143\b/i;
/** What a supervisor adds about the end of a process, without a reason of its own. */
const SAYS_ENDED = /\bfailed with result\b|\bentered failed state\b|\bunit .{0,80}\bfailed\b/i;
/** What is said this soon after it belongs to that end, in milliseconds; half and twice as long were not tried. */
const STILL_MS = 30 * SECOND;

/** Knows whether a service was told to end a moment ago: then its end is no failure. */
export class OrderlyStop {
  #told = Number.NEGATIVE_INFINITY;

  /** Notes an order to end; gives what the line says, in the light of such an order before it. */
  weigh(record: LogRecord, gravity: Gravity): Gravity {
    if (TOLD_TO_END.test(record.message)) this.#told = record.timestamp;
    else if (gravity === GRAVE && this.#isStill(record) && SAYS_ENDED.test(record.message)) return CALM;
    return gravity === GRAVE && this.#isStill(record) && TOLD_TO_END.test(record.message) ? FAILURE : gravity;
  }

  #isStill = ({ timestamp }: LogRecord): boolean => Math.abs(timestamp - this.#told) <= STILL_MS;
}
