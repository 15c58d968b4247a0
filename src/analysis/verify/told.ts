import type { LogRecord } from '../../domain/log/record.ts';
import type { RuledOut } from '../ranking/ranking.ts';
import type { EventSubject, MessageSubject, RequestSubject, ServiceSubject, Subject } from './subjects.ts';

/** What was computed for a claim: all that its sentence says. Times are epoch milliseconds, durations milliseconds. */
export type Finding =
  | { type: 'cause'; service: string }
  | { type: 'effect'; of: MessageSubject; by: string; count: number }
  | { type: 'order'; of: Subject; than: Subject; first: number; second: number }
  | { type: 'since'; of: Subject; first: number; begins: number }
  | { type: 'count'; of: Subject; count: number; first: number; last: number }
  | { type: 'share'; of: Subject; part: number; all: number; statuses: number[] }
  | { type: 'comparison'; of: Subject; than: Subject; count: number; against: number }
  | { type: 'absence'; of: ServiceSubject | RequestSubject; all: number }
  | { type: 'rise'; of: Subject; now: number; before: number; nowMs: number; beforeMs: number }
  | { type: 'change'; of: EventSubject; cause: string; first: number }
  | { type: 'recovery'; of: Subject; last: number; since: number }
  | { type: 'steady'; of: ServiceSubject; now: number; before: number }
  | { type: 'silence'; of: ServiceSubject; last: number }
  | { type: 'ruled_out'; entry: RuledOut }
  /** Several messages in the order in which they began. */
  | { type: 'course'; rows: { of: MessageSubject; first: number; count: number }[] }
  /** Services that go on as usual, together. */
  | { type: 'unaffected'; services: string[] };

/** A claim that is so, with the lines that show it. */
export interface Told {
  finding: Finding;
  lines: LogRecord[];
}
