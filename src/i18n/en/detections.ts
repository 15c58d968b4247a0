import { plural } from '../grammar.ts';

/** The sentences of the detectors. Numbers are plain counts; `seconds` is the width of the bucket. */
export const detections = {
  failingTitle: 'Fails since it began',
  failing: (failures: number, lines: number, title: string) =>
    `Since it began, ${failures} of ${lines} lines are failures${title === '' ? '' : `, most often "${title}"`}.`,
  failingStarts: (failed: number, starts: number, title: string) =>
    `It began anew ${starts} times, ${failed} of which ended in a failure${title === '' ? '' : `, most often "${title}"`}.`,
  burstTitle: (errors: number, seconds: number) => `Errors jumped: ${errors} in ${seconds} s`,
  burst: (errors: number, lines: number, seconds: number, usual: number, units: string) =>
    `${errors} of ${lines} lines were errors in ${seconds} s; usual is ${usual} (${units} times the usual spread).`,
  grave: (title: string, count: number) =>
    `One such line is enough${count > 1 ? `, here are ${count}` : ''}: "${title}".`,
  rise: (title: string, count: number, span: string) =>
    `${count} ${plural(count, 'line')} in ${span}, more often than ever before: "${title}".`,
  recoveredTitle: (title: string) => `Over: ${title}`,
  recovered: (title: string, silent: string, lines: number) =>
    `"${title}" has not come for ${silent}, while ${lines} other lines did.`,
  novel: (title: string, count: number, lines: number) =>
    `Never seen in ${lines} earlier lines, now ${count} ${plural(count, 'time')}: "${title}".`,
  rate: (title: string, count: number, seconds: number, usual: number, units: string) =>
    `${count} in ${seconds} s, usual is ${usual} (${units} times the usual spread): "${title}".`,
  since: (time: string) => `Going on since ${time}.`,
  names: (services: string) => `The lines name ${services}.`,
  more: (count: number) => `${count} more kinds of messages changed as well.`,
  low: (title: string, count: number, seconds: number, usual: number) =>
    `Only ${count} in ${seconds} s, usual is ${usual}${title === '' ? ' (all lines)' : `: "${title}"`}.`,
  lowTitle: (count: number, usual: number) => `Traffic fell: ${count} lines, usual is ${usual}`,
  missing: (session: string, expected: string, after: string, share: string, sessions: number) =>
    `${session}: "${expected}" did not follow "${after}", as it does in ${share} of ${sessions} sessions.`,
  missingTitle: (expected: string) => `Did not come: ${expected}`,
  count: (
    session: string,
    title: string,
    { times, usual }: { times: number; usual: number },
    share: string,
    sessions: number,
  ) =>
    `${session}: "${title}" came ${times} ${plural(times, 'time')}, usual is ${usual} (${share} of ${sessions} sessions).`,
  countTitle: (title: string, count: number, usual: number) => `${count} instead of ${usual}: ${title}`,
  extra: (session: string, title: string, share: string, sessions: number) =>
    `${session}: "${title}" came, which only ${share} of ${sessions} sessions have.`,
  alike: (count: number) => `${count} sessions like this.`,
  rare: (title: string, count: number, lines: number) =>
    `Only ${count} of ${lines} lines are like this: "${title}".`,
  value: (title: string, place: number, value: number, usual: number, count: number) =>
    `Number ${place} of "${title}" was ${value}, usual is ${usual}; ${count} of the latest 25 are as far off.`,
  code: (title: string, place: number, value: number, usual: number, count: number) =>
    `Number ${place} of "${title}" was ${value}, usual is ${usual}; ${count} of the latest 25 are such rare values.`,
  valueTitle: (title: string, value: number, usual: number) => `${value} instead of ${usual}: ${title}`,
  stopped: (title: string, period: string, beats: number, silent: string) =>
    `Came every ${period}, ${beats} times, and now not for ${silent}: "${title}".`,
  stoppedTitle: (title: string) => `Stopped: ${title}`,
  silent: (service: string, longest: string, silent: string) =>
    `${service} was never silent for more than ${longest}, and now is for ${silent}.`,
  silentTitle: (service: string) => `${service} has fallen silent`,
};
