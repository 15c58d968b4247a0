import type { TimeWindow } from '../log/record.ts';
import { DAY, HOUR, MINUTE, SECOND, WEEK } from '../time/units.ts';

export const LANGUAGES = ['ko', 'en'] as const;
/** The languages in which every text of the product exists. */
export type Language = (typeof LANGUAGES)[number];

/** Longest question accepted, in characters. */
export const MAX_QUESTION = 2_000;

/** What a person wants to know about the logs. */
export interface Question {
  kind: 'why' | 'summarize';
  /** The question in the asker's own words; may be empty. */
  text: string;
  language: Language;
  /** Absent: the analyst finds the window. */
  window?: TimeWindow;
  services?: string[];
  /** Set when the question is asked in an incident's thread. */
  incidentId?: string;
}

const UNIT_MS: Record<string, number> = {
  s: SECOND,
  m: MINUTE,
  h: HOUR,
  d: DAY,
  w: WEEK,
  초: SECOND,
  분: MINUTE,
  시간: HOUR,
  일: DAY,
  주: WEEK,
};

/** No duration needs more characters than this. */
const MAX_DURATION = 100;

/** `15m`, `1h30m`, `2시간`, `1d` → milliseconds; undefined when it is no duration between 1 s and 90 days. */
export function parseDuration(text: string): number | undefined {
  if (text.length > MAX_DURATION) return undefined;
  const whole = /^(?:\d+(?:\.\d+)?\s*(?:s|m|h|d|w|초|분|시간|일|주)\s*)+$/;
  if (!whole.test(text)) return undefined;
  let total = 0;
  for (const [, amount, unit] of text.matchAll(/(\d+(?:\.\d+)?)\s*(시간|s|m|h|d|w|초|분|일|주)/g))
    total += Number(amount) * UNIT_MS[unit!]!;
  return total >= SECOND && total <= 90 * DAY ? total : undefined;
}

/** The language a text is written in, by its script: any Hangul means Korean. */
export const languageOf = (text: string, fallback: Language): Language =>
  /[\u1100-\u11ff\u3130-\u318f\uac00-\ud7a3]/.test(text) ? 'ko' : /[a-z]{3}/i.test(text) ? 'en' : fallback;
