import type { LogRecord } from '../../domain/log/record.ts';
import { lengthOfUnit, TIME_UNIT_WORDS } from '../../domain/time/unit-words.ts';

const UNITS: Record<string, number> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  ms: 1,
  msec: 1,
  s: 1_000,
  sec: 1_000,
  secs: 1_000,
  second: 1_000,
  seconds: 1_000,
};
/** A number with a unit of time behind it: `took 41873ms`, `in 3.2 s`, `за 3,2 с`. */
const SAID = new RegExp(
  `(?<![\\w.:/-])(\\d{1,12}(?:\\.\\d{1,9}|,\\d{1,2}(?!\\d))?) ?(${TIME_UNIT_WORDS}|ns|us|µs|msec|ms|seconds?|secs?|s)(?![\\w/])`,
  'gi',
);
/** A field whose name is a time: `Query_time: 3.2`, `duration_ms=41`, `latency=0.2`. Without a unit it is in seconds. */
const FIELD =
  /(?<![a-z])(?:[a-z]{1,20}[_-]?)?(?:time|duration|elapsed|latency|took)(?:_?(ms|us|ns|s|sec|seconds|millis))?["']?\s{0,2}[=:]\s{0,2}["']?(\d{1,12}(?:\.\d{1,9})?)(?![\w.:-])/i;
const FIELD_NAME = /(?:time|duration|elapsed|latency|took)(?:_?(ms|us|ns|s|sec|seconds|millis))?$/i;
/** Longer is no duration of one step. */
const LONGEST = 86_400_000;
const SEARCHED = 600;

const scaled = (value: number, unit: string | undefined): number =>
  value * (unit ? (UNITS[unit.toLowerCase().replace('millis', 'ms')] ?? lengthOfUnit(unit) ?? 1) : 1_000);

/** How long a record says that its step took, in milliseconds: of its request, of a field, or of a number with a unit. */
export function durationOf(record: LogRecord): number | undefined {
  const { request, attributes } = record;
  const found = request?.durationMs ?? ofField(attributes) ?? ofText(record.message.slice(0, SEARCHED));
  return found !== undefined && found >= 0 && found < LONGEST ? found : undefined;
}

function ofField(attributes: LogRecord['attributes']): number | undefined {
  for (const [key, value] of Object.entries(attributes)) {
    const field = typeof value === 'number' ? FIELD_NAME.exec(key) : null;
    if (field) return scaled(value as number, field[1]);
  }
  return undefined;
}

function ofText(text: string): number | undefined {
  const field = FIELD.exec(text);
  if (field) return scaled(Number(field[2]), field[1]);
  const last = [...text.matchAll(SAID)].at(-1);
  return last && scaled(Number(last[1]!.replace(',', '.')), last[2]);
}
