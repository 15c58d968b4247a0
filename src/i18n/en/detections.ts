import { plural } from '../grammar.ts';
import { figure } from '../numbers.ts';

/** How much is usual; nothing at all is a word. */
const usually = (usual: number): string => (usual === 0 ? 'usually none' : `usually ${figure(usual)}`);
const came = (count: number): string => `came ${figure(count)} ${plural(count, 'time')}`;

/**
 * The sentences of the detectors: what, how much, in how long, against what. Numbers are plain counts; `seconds` is the
 * width of the bucket.
 */
export const detections = {
  failingTitle: (failures: number, lines: number) =>
    `Failing since it started: ${figure(failures)} of ${figure(lines)} lines are errors`,
  failingStartsTitle: (failed: number, starts: number) =>
    `Fails at every start: ${figure(failed)} of ${figure(starts)} starts`,
  failing: (failures: number, lines: number, title: string) =>
    `Since it started, ${figure(failures)} of ${figure(lines)} lines are errors${title === '' ? '' : `, most often "${title}"`}.`,
  failingStarts: (failed: number, starts: number, title: string) =>
    `It started ${figure(starts)} times, and ${figure(failed)} of these starts ended in an error${title === '' ? '' : `, most often "${title}"`}.`,
  burstTitle: (errors: number, seconds: number, usual: number) =>
    `${figure(errors)} errors in ${figure(seconds)} s, ${usually(usual)}`,
  burst: (errors: number, lines: number, seconds: number, usual: number) =>
    `${figure(errors)} of ${figure(lines)} lines in ${figure(seconds)} s were errors, ${usually(usual)}.`,
  grave: (title: string, count: number) =>
    `"${title}" ${came(count)}; one such line is enough to look at it.`,
  rise: (title: string, count: number, span: string) =>
    `"${title}" ${came(count)} in ${span}, more often than ever before.`,
  tally: (lines: number, last: string) =>
    `${figure(lines)} more ${plural(lines, 'line')} since the last report; the last at ${last}.`,
  recoveredTitle: (title: string) => `Over: ${title}`,
  recovered: (title: string, silent: string, lines: number) =>
    `"${title}" has not come for ${silent}, while ${figure(lines)} other ${plural(lines, 'line')} did.`,
  novel: (title: string, count: number, lines: number) =>
    `"${title}" ${came(count)}${lines === 0 ? '' : `; it was not in the ${figure(lines)} ${plural(lines, 'line')} before`}.`,
  rate: (title: string, count: number, seconds: number, usual: number) =>
    `"${title}" ${came(count)} in ${figure(seconds)} s, ${usually(usual)}.`,
  rateTitle: (title: string, count: number, seconds: number, usual: number) =>
    `${figure(count)} times in ${figure(seconds)} s, ${usually(usual)}: ${title}`,
  since: (time: string) => `Going on since ${time}.`,
  names: (services: string) => `The lines name ${services}.`,
  more: (count: number) => `${count} more ${plural(count, 'kind')} of messages changed as well.`,
  low: (title: string, count: number, span: string, usual: number) =>
    title === ''
      ? `Only ${figure(count)} ${plural(count, 'line')} in ${span}, ${usually(usual)}.`
      : `"${title}" came only ${figure(count)} ${plural(count, 'time')} in ${span}, ${usually(usual)}.`,
  lowTitle: (title: string, count: number, span: string, usual: number) =>
    title === ''
      ? `Far fewer lines: ${figure(count)} in ${span}, ${usually(usual)}`
      : `Far more rarely: ${figure(count)} in ${span}, ${usually(usual)}: ${title}`,
  missing: (session: string, expected: string, after: string, share: string, sessions: number) =>
    `${session}: "${expected}" did not come after "${after}", as it does in ${share} of ${sessions} sessions.`,
  missingTitle: (expected: string, after: string) => `"${expected}" did not come after "${after}"`,
  count: (
    session: string,
    title: string,
    { times, usual }: { times: number; usual: number },
    share: string,
    sessions: number,
  ) => `${session}: "${title}" ${came(times)}, ${usually(usual)} (in ${share} of ${sessions} sessions).`,
  countTitle: (title: string, count: number, usual: number) =>
    `${figure(count)} ${plural(count, 'time')}, ${usually(usual)}: ${title}`,
  extra: (session: string, title: string, share: string, sessions: number) =>
    `${session}: "${title}" came, as in only ${share} of ${sessions} sessions.`,
  alike: (count: number) => `${count} sessions are like this.`,
  rare: (title: string, count: number, lines: number) =>
    `Only ${figure(count)} of ${figure(lines)} lines ${plural(count, 'is', 'are')} like this: "${title}".`,
  value: (title: string, name: string, value: string, usual: string, count: number) =>
    `"${title}": ${name} ${value}, usually ${usual}; ${count} of the latest 25 were as high.`,
  code: (title: string, name: string, value: string, usual: string, count: number) =>
    `"${title}": ${name} ${value}, usually ${usual}; ${count} of the latest 25 were such rare values.`,
  valueTitle: (title: string, name: string, value: string, usual: string) =>
    `${name} ${value} (usually ${usual}): ${title}`,
  'number.responseTime': 'response time',
  'number.time': 'time',
  'number.size': 'size',
  'number.status': 'status',
  'number.value': 'value',
  stopped: (title: string, period: string, beats: number, silent: string) =>
    `"${title}" came every ${period}, ${figure(beats)} times, and now not for ${silent}.`,
  stoppedTitle: (title: string, period: string, last: string) =>
    `Stopped at ${last} (came every ${period}): ${title}`,
  silent: (service: string, longest: string, silent: string) =>
    `${service} wrote no line for ${silent}; its longest pause before was ${longest}.`,
  silentTitle: (silent: string, longest: string) =>
    `No log lines for ${silent} (longest pause before: ${longest})`,
};
