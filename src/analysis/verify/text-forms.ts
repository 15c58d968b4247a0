import { HOUR, MINUTE, SECOND } from '../../domain/time/units.ts';

/** The form in which statements are compared: single white space, lower case, compatible characters the same. */
export const flat = (text: string): string =>
  text
    .normalize('NFKC')
    .replace(/[\u00ad\u200b-\u200f\u2060-\u2064\ufeff]/g, '')
    .replace(/\s+/g, ' ')
    .trim()
    .toLowerCase();

/** Digits of times and addresses are not numbers of their own. */
export const TIME =
  /\d{4}-\d\d-\d\d(?:[t ]\d\d:\d\d(?::\d\d(?:[.,]\d+)?)?(?:z|[+-]\d\d:?\d\d)?)?|(?<![\d:])\d{1,2}:\d\d(?::\d\d(?:[.,]\d+)?)?(?![\d:])/gi;
export const ADDRESS = /(?<![\d.])(?:\d{1,3}\.){3}\d{1,3}(?::\d+)?/g;

/** A number that stands by itself in a log line and is not a part of an id: `retry 3`, `took=250ms`, `5 %`. */
export const FREE_NUMBER =
  /(?<![\w.,-])\d+(?:,\d{3})*(?:\.\d+)?(?=(?:ms|us|ns|s|m|h|d|k|kb|mb|gb|kib|mib|gib|%|xx|건|줄|초|분|회|개|번|시간)?(?![\w]))/gi;

/** The form in which numbers are compared: `1,200.0` is `1200`. */
export const plainNumber = (text: string): string => String(Number(text.replaceAll(',', '')));

/** A duration with its unit: groups number and unit. */
export const DURATION =
  /(?<![\w.])(\d+(?:,\d{3}){0,6}(?:\.\d+)?)\s?(ms|milliseconds?|msecs?|s|secs?|seconds?|m|mins?|minutes?|h|hrs?|hours?|밀리초|시간|초|분)(?![a-z\d])/gi;

/** How a unit begins, and its milliseconds; the first match counts. */
const UNITS: [RegExp, number][] = [
  [/^(?:ms|milli|밀리초)/i, 1],
  [/^(?:s|초)/i, SECOND],
  [/^(?:m|분)/i, MINUTE],
  [/^(?:h|시간)/i, HOUR],
];

/** Milliseconds of a match of DURATION. */
export const durationMs = (number: string, unit: string): number =>
  Number(number.replaceAll(',', '')) * UNITS.find(([pattern]) => pattern.test(unit))![1];

/** A text as a pattern that matches only this text. */
export const literal = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
