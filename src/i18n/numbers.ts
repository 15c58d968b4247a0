import type { Language } from '../domain/question/question.ts';

/*
 * Numbers for people. Both languages group thousands with commas and write a point before the decimals, so hardly anything
 * here depends on the language.
 */

const oneDecimal = new Intl.NumberFormat('en-US', { maximumFractionDigits: 1 });
const twoDecimals = new Intl.NumberFormat('en-US', { maximumFractionDigits: 2 });

/** At most one decimal: `1,234.5`. */
export const number = (value: number): string => oneDecimal.format(value);

/** As `number`, but with two decimals below ten: a mean response time of `3.14` ms. */
export const figure = (value: number): string =>
  (Math.abs(value) < 10 ? twoDecimals : oneDecimal).format(value);

/** A fraction of 1 in percent, with at most `decimals` decimals: `12 %`. */
export const percent = (share: number, decimals = 0): string =>
  `${Number((share * 100).toFixed(decimals))} %`;

/** A relative change, as a fraction of the value before: `+12 %`, `−3 %`, `±0 %`. */
export function percentChange(share: number): string {
  const rounded = Math.round(share * 100);
  return `${rounded > 0 ? '+' : rounded < 0 ? '−' : '±'}${Math.abs(rounded)} %`;
}

/** A figure with its unit, which may be empty: `494 ms`, in Korean `494ms`. */
export const withUnit = (value: number, unit: string, language: Language): string =>
  `${figure(value)}${language === 'ko' || unit === '' || unit === '%' ? '' : ' '}${unit}`;

/** A score between 0 and 1, or the difference of two: `0.87`, `−0.12`. */
export const score = (value: number): string => value.toFixed(2).replace('-', '−');

/** US dollars: `$0.25`. Unless the decimals are given, less than a cent gets four of them: `$0.0031`. */
export const usd = (amount: number, decimals = amount > 0 && amount < 0.01 ? 4 : 2): string =>
  `$${amount.toFixed(decimals)}`;

/** Gibibytes from mebibytes, without the unit: `11.7`. */
export const gigabytes = (megabytes: number): string => number(megabytes / 1_024);
