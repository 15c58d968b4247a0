// What a right answer to a question is, counted from the facts of a system.
import type { QueryAnswer } from '../../../src/analysis/queries/answer.ts';
import type { Fact } from './system.ts';

/** Whether an answer is right. */
export type Expected = (answer: QueryAnswer, facts: readonly Fact[]) => boolean;
type Which = (fact: Fact) => boolean;

const clock = (text: string): number => Date.parse(`${text.length > 10 ? text : `2026-05-12T${text}`}Z`);
const MINUTE = 60_000;

export const all =
  (...tests: Which[]): Which =>
  (fact) =>
    tests.every((one) => one(fact));
export const errors: Which = ({ level }) => level === 'error';
export const warnings: Which = ({ level }) => level === 'warn';
export const requests: Which = ({ request }) => request !== undefined;
export const of =
  (service: string): Which =>
  (fact) =>
    fact.service === service;
export const holds =
  (text: string): Which =>
  (fact) =>
    fact.text.toLowerCase().includes(text);
export const status =
  (from: number, to = from + 1): Which =>
  ({ request }) =>
    request !== undefined && request.status >= from && request.status < to;
export const during =
  (from: string, to: string): Which =>
  ({ at }) =>
    at >= clock(from) && at < clock(to);

/** So many lines or requests. */
export const count =
  (which: Which): Expected =>
  ({ figure }, facts) =>
    figure === facts.filter(which).length;
/** This name stands first. */
export const first =
  (name: string): Expected =>
  ({ query, rows, answer }) =>
    query.kind === 'rank' && rows?.[0]?.name.includes(name) === true && answer.includes(name);
/** A time, to a minute. */
export const time =
  (which: Which, edge: 'first' | 'last'): Expected =>
  ({ figure }, facts) => {
    const found = edge === 'first' ? facts.find(which) : facts.findLast(which);
    return (
      found !== undefined && typeof figure === 'string' && Math.abs(Date.parse(figure) - found.at) <= MINUTE
    );
  };
export const ongoing: Expected = ({ figure }) => figure === 'ongoing';
export const affected: Expected = ({ query, answer }) =>
  query.kind === 'state' && /(?:is|was) affected|영향을 받[고았]/.test(answer);
export const fine: Expected = ({ query, answer }) =>
  query.kind === 'state' && !/(?:is|was) affected|영향을 받[고았]/.test(answer);
/** These services, and no others. */
export const names =
  (...wanted: string[]): Expected =>
  ({ rows = [] }) =>
    rows.length === wanted.length && wanted.every((name) => rows.some((row) => row.name === name));
/** A mean of milliseconds, to a tenth. */
export const mean =
  (which: Which): Expected =>
  ({ figure }, facts) => {
    const times = facts.filter(which).map(({ request }) => request!.ms);
    return (
      typeof figure === 'number' && Math.abs(figure - times.reduce((a, b) => a + b, 0) / times.length) < 0.1
    );
  };
/** A part of a whole. */
export const part =
  (which: Which, whole: Which): Expected =>
  ({ figure }, facts) =>
    typeof figure === 'number' &&
    Math.abs(figure - facts.filter(which).length / facts.filter(whole).length) < 1e-4;
/** The figures of two windows. */
export const compared =
  (now: Which, before: Which): Expected =>
  ({ rows }, facts) =>
    rows?.[0]?.value === facts.filter(now).length && rows?.[1]?.value === facts.filter(before).length;
/** Lines that all match, and their number. */
export const lines =
  (which: Which, shown = 1): Expected =>
  ({ lines: found, query }, facts) =>
    query.kind === 'lines' &&
    found.length >= Math.min(shown, facts.filter(which).length) &&
    found.every(({ timestamp, service }) =>
      facts.some((fact) => which(fact) && fact.service === service && fact.at === Date.parse(timestamp)),
    );
/** Something new holds this text. */
export const newer =
  (text: string): Expected =>
  ({ query, rows = [], lines: found }) =>
    query.kind === 'changes' &&
    (rows.some(({ name }) => name.includes(text)) || found.some(({ line }) => line.includes(text)));
export const path =
  (text: string): Which =>
  ({ request }) =>
    request?.path === text;
/** One of several answers that a person would take. */
export const any =
  (...tests: Expected[]): Expected =>
  (answer, facts) =>
    tests.some((one) => one(answer, facts));
/** Both edges, or the time between them to a minute, are told. */
export const stretch =
  (which: Which): Expected =>
  ({ answer }, facts) => {
    const [from, to] = [facts.find(which)!.at, facts.findLast(which)!.at];
    const shown = (time: number): boolean =>
      [0, MINUTE].some((after) => answer.includes(new Date(time + after).toISOString().slice(11, 16)));
    const minutes = Math.round((to - from) / MINUTE);
    return (
      (shown(from) && shown(to)) ||
      [minutes - 1, minutes, minutes + 1].some((one) => new RegExp(`\\b${one} ?(m|분)`).test(answer))
    );
  };
/** Lines of this kind, or messages that such lines hold. */
export const told =
  (which: Which, text: string): Expected =>
  (answer, facts) =>
    lines(which)(answer, facts) ||
    (answer.query.kind === 'rank' &&
      answer.query.by === 'template' &&
      answer.rows?.[0]?.name.includes(text) === true);
export const handed: Expected = () => false;
/** So many in all that is there, or in the day before the question where no time is told. */
export const total = (which: Which): Expected =>
  any(count(which), count(all(which, during('2026-05-11T15:29:58', '15:31:00'))));
/** Whether there were some: so many, or lines of them, or when. */
export const seen = (which: Which): Expected =>
  any(total(which), lines(which), time(which, 'first'), time(which, 'last'));
/** How many in so many minutes, to a tenth of it; how many in all and how far apart is taken as well. */
export const rate =
  (which: Which, minutes: number): Expected =>
  (answer, facts) => {
    const found = facts.filter(which);
    const span = Math.max(found.at(-1)!.at - found[0]!.at, MINUTE) / MINUTE;
    const wanted = (found.length * minutes) / span;
    return (
      total(which)(answer, facts) ||
      (typeof answer.figure === 'number' && Math.abs(answer.figure - wanted) < wanted / 10)
    );
  };
/** Today against yesterday: all of it, or as far as today is. */
export const versusYesterday = (which: Which): Expected => {
  const today = all(which, during('00:00:00', '15:31:00'));
  return any(
    ...['2026-05-12T00:00:00', '2026-05-11T15:29:58'].map((until) =>
      compared(today, all(which, during('2026-05-11T00:00:00', until))),
    ),
  );
};
/** Requests that took longer. */
export const slower =
  (ms: number): Which =>
  ({ request }) =>
    request !== undefined && request.ms > ms;
/** A comparison of mean times, of which the first row is today's. */
export const comparedMeans =
  (which: Which): Expected =>
  ({ query, rows }, facts) =>
    query.kind === 'compare' &&
    mean(all(which, during('00:00:00', '15:31:00')))({ figure: rows?.[0]?.value } as QueryAnswer, facts);
/** The hour with the most of something. */
export const hour =
  (iso: string): Expected =>
  ({ figure }) =>
    figure === iso;
