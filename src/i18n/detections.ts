import { readable } from '../domain/log/template.ts';
import type { Language } from '../domain/question/question.ts';

/** The sentences of the detectors. Numbers are plain counts; `seconds` is the width of the bucket. */
interface Words {
  failingTitle: string;
  failing(failures: number, lines: number, title: string): string;
  failingStarts(failed: number, starts: number, title: string): string;
  burstTitle(errors: number, seconds: number): string;
  burst(errors: number, lines: number, seconds: number, usual: number, units: string): string;
  novel(title: string, count: number, lines: number): string;
  rate(title: string, count: number, seconds: number, usual: number, units: string): string;
  since(time: string): string;
  names(services: string): string;
  more(count: number): string;
  low(title: string, count: number, seconds: number, usual: number): string;
  lowTitle(count: number, usual: number): string;
  missing(session: string, expected: string, after: string, share: string, sessions: number): string;
  missingTitle(expected: string): string;
  count(
    session: string,
    title: string,
    count: number,
    usual: number,
    share: string,
    sessions: number,
  ): string;
  countTitle(title: string, count: number, usual: number): string;
  extra(session: string, title: string, share: string, sessions: number): string;
  alike(count: number): string;
  rare(title: string, count: number, lines: number): string;
  value(title: string, place: number, value: number, usual: number, count: number): string;
  code(title: string, place: number, value: number, usual: number, count: number): string;
  valueTitle(title: string, value: number, usual: number): string;
  stopped(title: string, period: string, beats: number, silent: string): string;
  stoppedTitle(title: string): string;
  silent(service: string, longest: string, silent: string): string;
  silentTitle(service: string): string;
}

export const WORDS: Record<Language, Words> = {
  en: {
    failingTitle: 'Fails since it began',
    failing: (failures, lines, title) =>
      `Since it began, ${failures} of ${lines} lines are failures${title === '' ? '' : `, most often "${title}"`}.`,
    failingStarts: (failed, starts, title) =>
      `It began anew ${starts} times, ${failed} of which ended in a failure${title === '' ? '' : `, most often "${title}"`}.`,
    burstTitle: (errors, seconds) => `Errors jumped: ${errors} in ${seconds} s`,
    burst: (errors, lines, seconds, usual, units) =>
      `${errors} of ${lines} lines were errors in ${seconds} s; usual is ${usual} (${units} times the usual spread).`,
    novel: (title, count, lines) =>
      `Never seen in ${lines} earlier lines, now ${count} ${count === 1 ? 'time' : 'times'}: "${title}".`,
    rate: (title, count, seconds, usual, units) =>
      `${count} in ${seconds} s, usual is ${usual} (${units} times the usual spread): "${title}".`,
    since: (time) => `Going on since ${time}.`,
    names: (services) => `The lines name ${services}.`,
    more: (count) => `${count} more kinds of messages changed as well.`,
    low: (title, count, seconds, usual) =>
      `Only ${count} in ${seconds} s, usual is ${usual}${title === '' ? ' (all lines)' : `: "${title}"`}.`,
    lowTitle: (count, usual) => `Traffic fell: ${count} lines, usual is ${usual}`,
    missing: (session, expected, after, share, sessions) =>
      `${session}: "${expected}" did not follow "${after}", as it does in ${share} of ${sessions} sessions.`,
    missingTitle: (expected) => `Did not come: ${expected}`,
    count: (session, title, count, usual, share, sessions) =>
      `${session}: "${title}" came ${count} ${count === 1 ? 'time' : 'times'}, usual is ${usual} (${share} of ${sessions} sessions).`,
    countTitle: (title, count, usual) => `${count} instead of ${usual}: ${title}`,
    extra: (session, title, share, sessions) =>
      `${session}: "${title}" came, which only ${share} of ${sessions} sessions have.`,
    alike: (count) => `${count} sessions like this.`,
    rare: (title, count, lines) => `Only ${count} of ${lines} lines are like this: "${title}".`,
    value: (title, place, value, usual, count) =>
      `Number ${place} of "${title}" was ${value}, usual is ${usual}; ${count} of the latest 25 are as far off.`,
    code: (title, place, value, usual, count) =>
      `Number ${place} of "${title}" was ${value}, usual is ${usual}; ${count} of the latest 25 are such rare values.`,
    valueTitle: (title, value, usual) => `${value} instead of ${usual}: ${title}`,
    stopped: (title, period, beats, silent) =>
      `Came every ${period}, ${beats} times, and now not for ${silent}: "${title}".`,
    stoppedTitle: (title) => `Stopped: ${title}`,
    silent: (service, longest, silent) =>
      `${service} was never silent for more than ${longest}, and now is for ${silent}.`,
    silentTitle: (service) => `${service} has fallen silent`,
  },
  ko: {
    failingTitle: '처음부터 계속 실패',
    failing: (failures, lines, title) =>
      `로그가 시작된 뒤로 ${lines}줄 가운데 ${failures}줄이 오류예요${title === '' ? '' : `. 가장 잦은 메시지: "${title}"`}.`,
    failingStarts: (failed, starts, title) =>
      `${starts}번 시작해서 ${failed}번이 오류로 끝났어요${title === '' ? '' : `. 가장 잦은 메시지: "${title}"`}.`,
    burstTitle: (errors, seconds) => `오류 급증: ${seconds}초에 ${errors}건`,
    burst: (errors, lines, seconds, usual, units) =>
      `${seconds}초 동안 ${lines}줄 가운데 ${errors}줄이 오류였어요. 평소는 ${usual}건이고, 평소 편차의 ${units}배예요.`,
    novel: (title, count, lines) => `이전 ${lines}줄에 없던 메시지가 ${count}건 나타났어요: "${title}".`,
    rate: (title, count, seconds, usual, units) =>
      `${seconds}초에 ${count}건이에요. 평소는 ${usual}건이고, 평소 편차의 ${units}배예요: "${title}".`,
    since: (time) => `${time}부터 이어지고 있어요.`,
    names: (services) => `로그에서 지목된 서비스: ${services}.`,
    more: (count) => `그 밖에 ${count}종류의 메시지도 달라졌어요.`,
    low: (title, count, seconds, usual) =>
      `${seconds}초 동안 ${count}건뿐이에요. 평소는 ${usual}건이에요${title === '' ? ' (전체 로그)' : `: "${title}"`}.`,
    lowTitle: (count, usual) => `로그 감소: ${count}줄 (평소 ${usual}줄)`,
    missing: (session, expected, after, share, sessions) =>
      `${session}: "${after}" 다음에 와야 할 "${expected}" 메시지가 오지 않았어요. 세션 ${sessions}개 중 ${share}에서는 와요.`,
    missingTitle: (expected) => `오지 않음: ${expected}`,
    count: (session, title, count, usual, share, sessions) =>
      `${session}: "${title}" 메시지가 ${count}번 나왔어요. 평소는 ${usual}번이에요 (세션 ${sessions}개 중 ${share}).`,
    countTitle: (title, count, usual) => `${usual}번 대신 ${count}번: ${title}`,
    extra: (session, title, share, sessions) =>
      `${session}: "${title}" 메시지가 나왔어요. 세션 ${sessions}개 중 ${share}에만 있는 메시지예요.`,
    alike: (count) => `이런 세션이 ${count}개예요.`,
    rare: (title, count, lines) => `${lines}줄 가운데 ${count}줄뿐인 메시지예요: "${title}".`,
    value: (title, place, value, usual, count) =>
      `"${title}" 메시지의 ${place}번째 숫자가 ${value}이에요. 평소는 ${usual}이고, 최근 25개 중 ${count}개가 이만큼 벗어났어요.`,
    code: (title, place, value, usual, count) =>
      `"${title}" 메시지의 ${place}번째 숫자가 ${value}이에요. 평소는 ${usual}이고, 최근 25개 중 ${count}개가 이렇게 드문 값이에요.`,
    valueTitle: (title, value, usual) => `${usual} 대신 ${value}: ${title}`,
    stopped: (title, period, beats, silent) =>
      `${period} 간격으로 ${beats}번 오다가 ${silent} 동안 오지 않았어요: "${title}".`,
    stoppedTitle: (title) => `멈춤: ${title}`,
    silent: (service, longest, silent) =>
      `${service} 로그가 ${silent} 동안 끊겼어요. 지금까지 가장 긴 공백은 ${longest}이었어요.`,
    silentTitle: (service) => `${service} 로그 끊김`,
  },
};

/** A template as a title; the error code is said where the text lacks it. */
export function titleOf(pattern: string, errorCode?: string): string {
  const text = readable(pattern);
  const cut = text.length > 140 ? `${text.slice(0, 139).trimEnd()}…` : text;
  return errorCode && !cut.includes(errorCode) ? `${cut} (${errorCode})` : cut;
}
