import type { queries as en } from '../en/queries.ts';
import { listOf, particle } from '../grammar.ts';

const isAre = (word: string): string => `${word}${particle(word, '은', '는')}`;
const subject = (word: string): string => `${word}${particle(word, '이', '가')}`;

export const queries: typeof en = {
  scoped: (sentence, scope) => `${sentence} (${scope}).`,
  unscoped: (sentence) => `${sentence}.`,

  level: (levels) => `수준 ${listOf(levels, 'ko', 'disjunction')}`,
  status: (status) => `상태 코드 ${status}`,
  text: (text) => `${text} 포함`,
  services: (names) => `서비스 ${listOf(names, 'ko', 'disjunction')}`,
  path: (path) => `경로 ${path}`,
  allLines: '모든 줄',

  lines: (count) => `${count}줄`,
  requests: (count) => `요청 ${count}건`,
  mean: (time) => `평균 ${time}`,
  ofAll: (part, all) => `${all} 중 ${part}`,
  perHour: '시간당',
  before: (count) => `이전: ${count}`,
  grouping: {
    service: { one: '서비스', many: '서비스' },
    endpoint: { one: '엔드포인트', many: '엔드포인트' },
    host: { one: '호스트', many: '호스트' },
    template: { one: '메시지 종류', many: '메시지 종류' },
    error_code: { one: '오류 코드', many: '오류 코드' },
  },

  noTimes: '응답 시간이 적힌 요청이 없어요',
  none: { lines: '해당하는 줄이 없어요', requests: '해당하는 요청이 없어요' },
  nothingToRank: ({ one }) => `그런 줄이 있는 ${subject(one)} 없어요`,
  ranked: ({ what, name, amount, least, of, measure }) =>
    of === 1
      ? `${what.one}${particle(what.one, '은', '는')} 하나뿐이에요: ${name}, ${amount}`
      : `${what.many} ${of}개 중 ${measure === 'mean_ms' ? (least ? '가장 빠른' : '가장 느린') : least ? '가장 적은' : '가장 많은'} 것은 ${name}, ${amount}이에요`,
  rankedEqual: ({ many }, count, amount) => `${many} ${count}개가 모두 같아요: 각각 ${amount}`,
  total: (amount) => `모두 ${amount}이에요`,
  counted: (count, { one }) => `${subject(one)} ${count}개 있어요`,
  often: (amount, every) => `모두 ${amount}이고, 대략 ${every}마다 한 번이에요`,
  share: ({ share, part, all, failed, unit }) =>
    `${share}예요: ${all} 중 ${part}${unit === 'requests' ? '건' : '줄'}${failed ? (unit === 'requests' ? '이 5xx로 실패했어요' : '이 오류예요') : ''}`,
  duration: ({ mean, max, requests, longest }) =>
    longest
      ? `가장 오래 걸린 것은 ${max}이고, ${requests}의 평균은 ${mean}이에요`
      : `${requests}의 평균은 ${mean}, 최대 ${max}이에요`,
  compared: ({ now, before, when, change, direction }) =>
    `${direction > 0 ? '늘었어요' : direction < 0 ? '줄었어요' : '같아요'}: ${now}, 비교한 때(${when})에는 ${before}${change ? ` (${change})` : ''}`,
  nothingBefore: (span, logs) =>
    `비교할 것이 없어요: 로그가 ${span}보다 늦게 시작하고, ${logs}의 로그가 있어요`,
  partly: (logs) => `비교한 때의 일부만 로그에 있어요: ${logs}.`,
  began: ({ begin, amount, isOn, end, logsEnd, slow }) =>
    `${begin}에 ${slow ? '평소보다 느려지기 시작' : '시작'}해서 ${isOn ? `로그 끝(${logsEnd})까지 계속되고 있어요` : `${end}에 끝났어요`}, ${amount}`,
  ended: ({ begin, amount, isOn, end, logsEnd }) =>
    isOn
      ? `아직 끝나지 않았어요: 마지막 줄은 ${end}, 로그 끝은 ${logsEnd}이에요. 시작은 ${begin}, ${amount}`
      : `${end}에 끝났어요. 시작은 ${begin}, ${amount}`,
  course: ({ begin, amount, isOn, end, length }) =>
    `${begin}부터 ${end}까지 ${length}, ${amount}이에요${isOn ? '. 로그 끝에서도 계속되고 있어요' : ''}`,
  firstLine: '첫 줄',
  lastLine: '마지막 줄',
  notSlower: '요청이 평소보다 두 배 이상 느린 때를 찾지 못했어요',
  occurrence: ({ which, at, service, amount }) =>
    `${which === 'first' ? '처음' : '마지막'}은 ${at}, ${service}에서 나왔어요. 모두 ${amount}이에요`,
  peak: ({ when, amount, mean }) => `가장 많은 때는 ${when}, ${amount}이에요. 평소에는 ${mean}이에요`,
  covers: ({ span, length, amount }) => `로그는 ${span}, ${length} 동안의 ${amount}이에요`,
  changes: {
    new: ({ count, before }) => `${before}에 없던 새 메시지가 ${count}가지 있어요`,
    changed: ({ count, before }) => `${before}보다 세 배 이상 잦거나 드물어진 메시지가 ${count}가지 있어요`,
  },
  nothingNew: {
    new: (before) => `새로운 것이 없어요: 모든 메시지가 ${before}에도 있었어요`,
    changed: (before) => `${before}보다 세 배 이상 잦거나 드물어진 메시지가 없어요`,
  },
  state: {
    affected: ({ name, others, errors, lines, share, before, recent }) =>
      `${isAre(name)} 영향을 받고 있어요: ${lines}줄 중 ${errors}줄이 오류예요(${share}, 이전 ${before}). 로그의 마지막 5분에는 ${recent}줄이에요${others.length > 0 ? `. 함께 영향을 받는 서비스: ${listOf(others, 'ko')}` : ''}`,
    silent: ({ name, others }) =>
      `${isAre(name)} 영향을 받고 있어요: 전에는 줄을 썼는데 이때는 하나도 없어요${others.length > 0 ? `. 함께 영향을 받는 서비스: ${listOf(others, 'ko')}` : ''}`,
    fine: ({ name, errors, lines, share, before, recent, whole }) =>
      whole
        ? `전보다 오류가 뚜렷이 늘어난 서비스가 없어요. 가장 많은 곳은 ${name}, ${lines}줄 중 ${errors}줄이에요(${share}, 이전 ${before})`
        : `${isAre(name)} 평소보다 오류가 많지 않아요: ${lines}줄 중 ${errors}줄이에요(${share}, 이전 ${before}). 로그의 마지막 5분에는 ${recent}줄이에요`,
  },
  calls: {
    callers: ({ name, list }) => `${listOf(list, 'ko')}의 줄에 ${subject(name)} 대상으로 나와요`,
    callees: ({ name, list }) => `${name}의 줄에 대상으로 나오는 서비스는 ${listOf(list, 'ko')}이에요`,
    all: ({ list }) => `줄에 나오는 호출 관계는 ${listOf(list, 'ko')}이에요`,
  },
  noCalls: (name) =>
    name
      ? `${name}과(와) 다른 서비스 사이의 호출을 알려 주는 줄이 없어요`
      : '서비스 사이의 호출을 알려 주는 줄이 없어요',
  shown: (count) => `모두 ${count}이고, 아래에 일부를 보여 드려요`,
  noLog: '아직 로그가 없어서 물어볼 것이 없어요',
  noneThen: (span, logs) => `${span}에는 로그가 없어요. 있는 로그는 ${logs}이에요`,
  noMark: '로그에 그런 시점이 보이지 않아서 시간을 찾을 수 없어요',

  refused: {
    form: () => '그 질문에는 로그로 답할 수 없어요',
    future: () => '로그에 있는 것만 알고, 앞으로의 일은 알 수 없어요',
    advice: () => '여기서는 로그에 대한 질문에만 답해요. 직접 조치하거나 조언하지는 않아요',
    not: (word) => `무엇을 빼고(“${word}”) 답할 수는 없어요. 있는 것을 물어봐 주세요`,
    distinct: (word) => `“${word}”은(는) 로그에서 계산할 수 없어요. 개수, 순위, 평균, 비교는 할 수 있어요`,
    join: (word) => `한 번에 하나씩 물어봐 주세요(“${word}”)`,
    word: (word) =>
      `“${word}”이(가) 무슨 뜻인지 모르겠어요. 찾을 말은 따옴표로 묶어 주세요: "${word}" 몇 번?`,
  },
  canDo:
    '이런 것을 알려 드릴 수 있어요: 가장 느리거나 바쁘거나 많이 실패하는 서비스·엔드포인트·메시지, 몇 건인지, 얼마나 자주인지, 언제부터 언제까지인지, 처음과 마지막, 서비스가 영향을 받는지, 새로 생긴 것, 누가 누구를 호출하는지, 어제나 한 시간 전과의 비교, 줄 보기. 예: 13:20부터 오류가 가장 많은 서비스는?',

  hint: {
    rank: '다음: 왜 service:이름, 또는 언제부터인지 물어보세요.',
    count: '다음: 언제부터인지 묻거나 줄을 보여 달라고 하세요.',
    often: '다음: 언제부터인지 물어보세요.',
    share: '다음: 어떤 엔드포인트가 가장 많이 실패해?',
    duration: '다음: 가장 느린 엔드포인트는?',
    begin: '다음: 왜 (원인 찾기)',
    end: '다음: 왜 (원인 찾기)',
    course: '다음: 왜 (원인 찾기)',
    occurrence: '다음: 얼마나 자주인지, 언제부터인지 물어보세요.',
    peak: '다음: 그때의 오류를 물어보세요.',
    state: '다음: 왜 service:이름 (원인 찾기)',
    changes: '다음: 그 가운데 하나를 따옴표로 묶어 처음이 언제인지 물어보세요.',
    calls: '다음: 그 서비스가 괜찮은지 물어보세요.',
    lines: '다음: 검색 단어 (더 보기)',
    compare: '다음: 가장 많은 서비스는?',
    extent: '다음: 요약',
  },
};
