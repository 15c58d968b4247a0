import { plural } from '../grammar.ts';
import { number } from '../numbers.ts';

/** What was read, and what was found in it. */
export const reading = {
  files: (lines: number, files: number, facts: string) =>
    `Read ${number(lines)} ${plural(lines, 'line')} of ${number(files)} ${plural(files, 'file')}${facts ? `, ${facts}` : ''}.`,
  text: (lines: number, facts: string) =>
    `Read ${number(lines)} ${plural(lines, 'line')}${facts ? `, ${facts}` : ''}.`,
  services: (count: number, names: string) => `${plural(count, 'service')} ${names}`,
  moreServices: (names: string, more: number) => `${names} and ${more} more`,
  findings: (count: number, worst: string, severity: number, when: string) =>
    `${count} ${plural(count, 'finding')}; the worst: ${worst} (${severity}/5${when ? `, ${when}` : ''}).`,
  since: (time: string) => `since ${time}`,
  over: (from: string, to: string) => `from ${from} to ${to}, over since`,
  more: (command: string) => `All of them: ${command}`,
  errors: (count: number) =>
    `${number(count)} ${plural(count, 'line tells', 'lines tell')} of a failure. Without times no incident is made of them; /logs why (bongsu why) says what they are.`,
  usualErrors: (count: number) =>
    `No incident found. The log has ${number(count)} ${plural(count, 'error line', 'error lines')}, too few or too steady for one; /logs why (bongsu why) looks at them.`,
  nothing: 'Nothing wrong found.',
  untimed: (lines: number) =>
    `No time was found in ${lines === 1 ? 'the line' : `any of the ${number(lines)} lines`}, so problems over time cannot be looked for: nothing is said about when, how often or what changed. /logs why (bongsu why) looks at the lines as they are.`,
  writeTimes: 'Have the program write date and time at the beginning of each line, then read it again.',
  partlyUntimed: (untimed: number, lines: number) =>
    `${number(untimed)} of ${number(lines)} lines have no time: problems over time cannot be looked for in them.`,
  looked:
    'Looked for: failures by what lines say, messages that are new, rates that changed, values far from the usual, and what stopped coming.',
  noLines: 'No log line was found.',
  published: (count: number) =>
    `${count} ${plural(count, 'anomaly', 'anomalies')} went to the bus; the running bots make incidents of them.`,
  'note.empty': (path: string) => `${path}: empty`,
  'note.binary': (path: string, kind: string) => `${path}: not text (${kind}), left out`,
  'note.undated': (path: string, lines: string) =>
    `${path}: no time found in its ${lines} ${lines === '1' ? 'line' : 'lines'}, so nothing can be said about when or how often`,
  'note.encoding': (path: string, encoding: string) => `${path}: not UTF-8, read as ${encoding}`,
  progress: (percent: number) => `Reading… ${percent} %`,
  reading: 'Reading…',
};
