// What a sentence about a log says, and whether it is so, by nothing but the made lines. It shares no code with the checks.
import { FAILURE_KINDS, type FailureKind } from '../../../src/domain/log/failure-kind.ts';
import type { TimeWindow } from '../../../src/domain/log/record.ts';
import type { Language } from '../../../src/domain/question/question.ts';
import { kindWord, say } from '../../../src/i18n/answers.ts';
import type { MadeLine, MadeLogs } from './made-logs.ts';

/** The times of which the sentences speak: the window, and the one right before it. */
export interface Times {
  window: TimeWindow;
  earlier: TimeWindow | undefined;
  language: Language;
}

type Groups = Record<string, string>;
/** The forms of the sentences, by type; a sentence of none of them cannot be judged and counts as false. */
const FORMS: Record<Language, Record<string, RegExp>> = {
  en: {
    effect: /^It spread: (?<n>[\d,]+) lines? of (?<of>.+) names? (?<by>\S+) as what failed\.$/,
    order:
      /^In order of time: (?<of>.+) first \((?<t1>[^()]+)\), then (?<than>.+) \((?<t2>[^(),]+), [^()]+ later\)\.$/,
    since: /^Since (?<t1>[\d: -]+): (?<of>.+); not once before, since the logs begin at (?<t2>[\d: -]+)\.$/,
    rise: /^More than before: (?<of>.+), (?<n>[\d,]+) in the .+ of the window, (?<m>[\d,]+) in the .+ before it\.$/,
    recovery: /^No more since (?<t1>[\d: -]+): (?<of>.+); (?<n>[\d,]+) other lines? came after it\.$/,
    steady: /^(?<s>\S+) goes on as usual: (?<n>[\d,]+) lines without an error \(.+\)\.$/,
    silence: /^(?<s>\S+) fell silent: its last line is of (?<t1>[\d: -]+)\.$/,
    comparison: /^Side by side: (?<of>.+), (?<n>[\d,]+); (?<than>.+), (?<m>[\d,]+)\.$/,
    absence: /^(?<s>\S+): no error among (?<n>[\d,]+) lines?\.$/,
    absenceOfRequests: /^(?<e>.+): no server error \(5xx\) among (?<n>[\d,]+) requests?\.$/,
    shareOfRequests: /^(?<e>.+): (?<n>[\d,]+) of (?<m>[\d,]+) requests? failed with .+\.$/,
    share: /^(?<of>.+): (?<n>[\d,]+) of (?<m>[\d,]+) lines of (?<s>\S+) \(.+\)\.$/,
    count: /^(?<of>.+): (?<n>[\d,]+) lines? from (?<t1>[\d: -]+) to (?<t2>[\d: -]+)\.$/,
  },
  ko: {
    effect: /^영향: (?<of>.+) 로그 (?<n>[\d,]+)줄이 실패한 곳으로 (?<by>\S+)을\(를\) 지목해요\.$/,
    order:
      /^시간 순서: (?<of>.+) 먼저\((?<t1>[^()]+)\), 그다음 (?<than>.+)\((?<t2>[^(),]+), [^()]+ 뒤\)이에요\.$/,
    since:
      /^(?<t1>[\d: -]+)부터: (?<of>.+)\. 로그가 시작된 (?<t2>[\d: -]+)부터 그때까지는 한 번도 없었어요\.$/,
    rise: /^전보다 늘었어요: (?<of>.+), 이 기간\(.+\) (?<n>[\d,]+)건, 그 앞 .+ 동안 (?<m>[\d,]+)건이었어요\.$/,
    recovery: /^(?<t1>[\d: -]+) 이후로는 없어요: (?<of>.+)\. 그 뒤에 다른 로그 (?<n>[\d,]+)줄이 있어요\.$/,
    steady: /^(?<s>\S+): 평소와 같아요\. 오류 없이 (?<n>[\d,]+)줄\(.+\)이에요\.$/,
    silence: /^(?<s>\S+): (?<t1>[\d: -]+) 이후로 로그가 끊겼어요\.$/,
    comparison: /^비교하면 (?<of>.+) (?<n>[\d,]+)건, (?<than>.+) (?<m>[\d,]+)건이에요\.$/,
    absence: /^(?<s>\S+): 로그 (?<n>[\d,]+)줄 가운데 오류가 없어요\.$/,
    absenceOfRequests: /^(?<e>.+): 요청 (?<n>[\d,]+)건 가운데 서버 오류\(5xx\)가 없어요\.$/,
    shareOfRequests: /^(?<e>.+): 요청 (?<m>[\d,]+)건 중 (?<n>[\d,]+)건\(.+\)이 .+ 실패했어요\.$/,
    share: /^(?<of>.+): (?<s>\S+) 로그 (?<m>[\d,]+)줄 중 (?<n>[\d,]+)줄\(.+\)이에요\.$/,
    count: /^(?<of>.+): (?<t1>[\d: -]+)부터 (?<t2>[\d: -]+)까지 (?<n>[\d,]+)줄이에요\.$/,
  },
};

const number = (text: string | undefined): number => Number((text ?? '').replaceAll(',', ''));
const isFailing = ({ level }: MadeLine): boolean => level === 'error' || level === 'fatal';
const isIn = ({ at }: MadeLine, { from, to }: TimeWindow): boolean => at >= from && at < to;

/** Reads sentences and judges them by the lines. */
export function createOracle({ lines }: MadeLogs, { window, earlier, language }: Times) {
  const kinds = new Map(FAILURE_KINDS.map((kind) => [kindName(kind, language), kind]));
  const stored = lines.filter(({ at }) => at < window.to);
  const clock = (at: number): string => new Date(at).toISOString().slice(0, 19).replace('T', ' ');

  /** The failing lines that a name in a sentence means; undefined where it means none that is known. */
  function linesOf(name: string | undefined): ((line: MadeLine) => boolean) | undefined {
    const of = name ?? '';
    const requests = /^failed requests for (.+)$|^(.+) 실패 요청$/.exec(of);
    if (requests) {
      const endpoint = requests[1] ?? requests[2];
      return (line) => line.endpoint === endpoint && (line.status ?? 0) >= 500;
    }
    const parts = /^(\S+?) ?\((.+)\)$/.exec(of);
    if (!parts) return undefined;
    const [, service, what] = parts;
    if (what === 'all errors' || what === '모든 오류')
      return (line) => line.service === service && isFailing(line);
    const told = what!.split(', ').map((word) => kinds.get(word));
    if (told.includes(undefined)) return undefined;
    return (line) => line.service === service && line.kind !== undefined && told.includes(line.kind);
  }

  const first = (some: readonly MadeLine[]): string | undefined => some[0] && clock(some[0].at);
  const last = (some: readonly MadeLine[]): string | undefined => some.at(-1) && clock(some.at(-1)!.at);

  const JUDGES: Record<string, (given: Groups) => boolean> = {
    count: ({ of, n, t1, t2 }) => {
      const meant = within(of, window);
      return meant.length === number(n) && first(meant) === t1 && last(meant) === t2;
    },
    share: ({ of, n, m, s }) =>
      within(of, window).length === number(n) &&
      lines.filter((line) => line.service === s && isIn(line, window)).length === number(m),
    shareOfRequests: ({ e, n, m }) => {
      const all = lines.filter((line) => line.endpoint === e && isIn(line, window));
      return all.length === number(m) && all.filter(({ status }) => status! >= 500).length === number(n);
    },
    comparison: ({ of, than, n, m }) =>
      within(of, window).length === number(n) && within(than, window).length === number(m),
    absence: ({ s, n }) => {
      const all = lines.filter((line) => line.service === s && isIn(line, window));
      return all.length === number(n) && !all.some((line) => isFailing(line));
    },
    absenceOfRequests: ({ e, n }) => {
      const all = lines.filter((line) => line.endpoint === e && isIn(line, window));
      return all.length === number(n) && all.every(({ status }) => status! < 500);
    },
    rise: ({ of, n, m }) => {
      if (!earlier) return false;
      const [now, before] = [within(of, window).length, within(of, earlier).length];
      return (
        now === number(n) && before === number(m) && now > 0 && perMs(now, window) > perMs(before, earlier)
      );
    },
    since: ({ of, t1, t2 }) => first(meantBy(of, stored)) === t1 && first(lines) === t2,
    order: ({ of, than, t1, t2 }) => {
      const [one, other] = [meantBy(of, stored), meantBy(than, stored)];
      return first(one) === t1 && first(other) === t2 && one[0]!.at < other[0]!.at;
    },
    recovery: ({ of, t1, n }) => {
      const meant = linesOf(of);
      const all = meant ? lines.filter((line) => line.at >= window.from && meant(line)) : [];
      const end = all.at(-1);
      if (!end || clock(end.at) !== t1) return false;
      const same = (line: MadeLine): boolean =>
        /request|요청/.test(of!) ? line.endpoint === end.endpoint : line.service === end.service;
      return lines.filter((line) => line.at > end.at && same(line)).length === number(n);
    },
    steady: ({ s, n }) => {
      const all = lines.filter((line) => line.service === s && isIn(line, window));
      return all.length === number(n) && !all.some((line) => isFailing(line));
    },
    silence: ({ s, t1 }) => last(lines.filter((line) => line.service === s)) === t1,
    effect: ({ of, by, n }) => {
      const all = within(of, window);
      return all.length === number(n) && all.every(({ text }) => text.includes(by!));
    },
  };

  function meantBy(name: string | undefined, some: readonly MadeLine[]): MadeLine[] {
    const meant = linesOf(name);
    return meant ? some.filter(meant) : [];
  }
  function within(name: string | undefined, time: TimeWindow): MadeLine[] {
    return meantBy(
      name,
      lines.filter((line) => isIn(line, time)),
    );
  }

  return {
    /** Whether a sentence is so; undefined where its form is none of a type that is judged. */
    isSo(sentence: string): boolean | undefined {
      for (const [type, form] of Object.entries(FORMS[language])) {
        const match = form.exec(sentence);
        if (match) return JUDGES[type]!(match.groups!);
      }
      return undefined;
    },
  };
}

const perMs = (count: number, { from, to }: TimeWindow): number => count / (to - from);

/** How a kind is called in the name of lines. */
const kindName = (kind: FailureKind, language: Language): string =>
  kind === 'error' ? say(language, 'kind.unclassified') : kindWord(language, kind);
