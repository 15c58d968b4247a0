import type { Language } from '../../domain/question.ts';

/** The sentences of the detectors. Numbers are plain counts; `seconds` is the width of the bucket. */
interface Words {
  burstTitle(errors: number, seconds: number): string;
  burst(errors: number, lines: number, seconds: number, usual: number, units: string): string;
  novel(title: string, count: number, lines: number): string;
  rate(title: string, count: number, seconds: number, usual: number, units: string): string;
  since(time: string): string;
  names(services: string): string;
  more(count: number): string;
}

export const WORDS: Record<Language, Words> = {
  en: {
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
  },
  ko: {
    burstTitle: (errors, seconds) => `오류 급증: ${seconds}초에 ${errors}건`,
    burst: (errors, lines, seconds, usual, units) =>
      `${seconds}초 동안 ${lines}줄 가운데 ${errors}줄이 오류였어요. 평소는 ${usual}건이고, 평소 편차의 ${units}배예요.`,
    novel: (title, count, lines) => `이전 ${lines}줄에 없던 메시지가 ${count}건 나타났어요: "${title}".`,
    rate: (title, count, seconds, usual, units) =>
      `${seconds}초에 ${count}건이에요. 평소는 ${usual}건이고, 평소 편차의 ${units}배예요: "${title}".`,
    since: (time) => `${time}부터 이어지고 있어요.`,
    names: (services) => `로그에서 지목된 서비스: ${services}.`,
    more: (count) => `그 밖에 ${count}종류의 메시지도 달라졌어요.`,
  },
};

/** A template as people read it: variables become an ellipsis; the error code is said where the text lacks it. */
export function titleOf(pattern: string, errorCode?: string): string {
  const text = pattern
    .replace(/["']?<\*>["']?/g, '…')
    .replace(/…(?:[\s,.:/-]*…)+/g, '…')
    .replace(/\s+/g, ' ')
    .trim();
  const cut = text.length > 140 ? `${text.slice(0, 139).trimEnd()}…` : text;
  return errorCode && !cut.includes(errorCode) ? `${cut} (${errorCode})` : cut;
}
