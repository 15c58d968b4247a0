/**
 * What text in a chat message needs on every platform, before the platform's own escaping. Log lines may be long or
 * made to do harm; these functions make them printable and cut them where it does not disturb a reader.
 */

import { originalLength } from '../../domain/log/record.ts';
import type { Chart, Field } from '../../domain/question/message.ts';
import { visible } from '../../domain/text/visible.ts';
import type { ChatUser } from './chat.ts';

const graphemes = new Intl.Segmenter('und', { granularity: 'grapheme' });

/** How far around a cut to look for the grapheme that it would split, in UTF-16 units. */
const REACH = 64;

/** Makes every character visible (see `visible`); `\r\n` and `\r` become `\n`. */
export const printable = (text: string): string => visible(text.replace(/\r\n?/g, '\n'));

/** The last place up to `end` where text may be cut: not inside a surrogate pair, a Korean syllable or an emoji. */
export function boundary(text: string, end: number): number {
  if (end >= text.length) return text.length;
  if (end <= 0) return 0;
  const from = Math.max(0, end - REACH);
  const around = graphemes.segment(text.slice(from, end + REACH)).containing(end - from);
  if (around && around.index > 0) return from + around.index;
  // One endless grapheme (stacked accents): only the surrogate pair is kept whole.
  const last = text.charCodeAt(end - 1);
  return last >= 0xd800 && last <= 0xdbff ? end - 1 : end;
}

/** Cuts to `limit` UTF-16 units and says how many were left out, if there is room for that. */
export function cut(text: string, limit: number): string {
  if (text.length <= limit) return text;
  const room = limit - ` … [+${originalLength(text)}]`.length;
  if (room < 0.75 * limit) return text.slice(0, boundary(text, limit));
  const end = boundary(text, room);
  return `${text.slice(0, end)} … [+${originalLength(text.slice(end))}]`;
}

/** Splits into pieces of at most `limit` units, at a line end where there is one in the second half of a piece. */
export function chunks(text: string, limit: number): string[] {
  const out: string[] = [];
  let rest = text;
  while (rest.length > limit) {
    const line = rest.lastIndexOf('\n', limit - 1);
    const end = line > limit / 2 ? line + 1 : Math.max(1, boundary(rest, limit));
    out.push(rest.slice(0, end));
    rest = rest.slice(end);
  }
  if (rest) out.push(rest);
  return out;
}

/**
 * Divides `budget` among texts of the given sizes, so that short ones stay whole and only the longest are cut
 * (max-min fairness). The shares add up to at most `budget`.
 */
export function share(sizes: readonly number[], budget: number): number[] {
  let left = Math.max(0, budget);
  const shares = sizes.map(() => 0);
  const order = sizes.map((_, index) => index).sort((a, b) => sizes[a]! - sizes[b]!);
  order.forEach((index, rank) => {
    const equal = Math.floor(left / (order.length - rank));
    shares[index] = Math.min(sizes[index]!, equal);
    left -= shares[index];
  });
  return shares;
}

/** Removes the bot's name from what was typed to it (`@bongsu why`): the console page has no mentions. */
export const unmentioned = (text: string): string =>
  text.replace(/(^|\s)@(?:bongsu|봉수)(?=[\s,:]|$)[,:]?/giu, '$1').trim();

/**
 * What was typed, with the names of the people it mentions instead of their ids.
 * @param mention how the platform writes a mention of an id
 */
export const withNames = (
  text: string,
  people: readonly ChatUser[],
  mention: (id: string) => RegExp,
): string => people.reduce((said, { id, name }) => said.replace(mention(id), () => `@${name}`), text);

/** A chart in words, for people who cannot see it. */
export const chartAlt = ({ title, series }: Chart): string =>
  `${title}: ${series.map(({ name }) => name).join(', ')}`;

/** `▓▓▓░░░░░░░ 30 % `. @param fraction 0 to 1 */
export function barText(fraction: number | undefined): string {
  const done = Math.round(Math.min(1, Math.max(0, fraction || 0)) * 10);
  return `${'▓'.repeat(done)}${'░'.repeat(10 - done)} ${done * 10} % `;
}

/** The latest time (ms) that every platform can show as a date. */
const LATEST = Date.UTC(2100, 0, 1);

/** The whole seconds of a field's time, where a platform can show how long ago that is. */
export const secondsOf = ({ at }: Field): number | undefined =>
  at !== undefined && at > 0 && at < LATEST ? Math.floor(at / 1_000) : undefined;
