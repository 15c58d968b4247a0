import type { queries as en } from '../en/queries.ts';
import { particle } from '../grammar.ts';

const about = (word: string): string => `${word}${particle(word, '은', '는')}`;
const subject = (word: string): string => `${word}${particle(word, '이', '가')}`;
/** `12줄이에요`, `2.3초예요`; a percent sign and `ms` are read as words that end in a vowel. */
const is = (amount: string): string =>
  `${amount}${/(?:%|ms)$/.test(amount) ? '예요' : particle(amount, '이에요', '예요')}`;

export const queries: typeof en = {
  scoped: ({ sentence, scope }) => `${sentence} (${scope}).`,
  unscoped: ({ sentence }) => `${sentence}.`,

  'filter.level': ({ levels }) => `레벨 ${levels}`,
  'filter.status': ({ status }) => `상태 코드 ${status}`,
  'filter.text': ({ text }) => `${text} 포함`,
  'filter.services': ({ names }) => `서비스 ${names}`,
  'filter.path': ({ path }) => `경로 ${path}`,
  'filter.all': '모든 줄',

  'amount.lines': ({ count }) => `${count}줄`,
  'amount.requests': ({ count }) => `요청 ${count}건`,
  'amount.mean_ms': ({ time }) => `평균 ${time}`,
  ofAll: ({ part, all }) => `${all} 중 ${part}`,
  perHour: '시간당',
  before: ({ count }) => `이전: ${count}`,
  'one.service': '서비스',
  'one.endpoint': '엔드포인트',
  'one.host': '호스트',
  'one.template': '메시지 종류',
  'one.error_code': '오류 코드',
  'many.service': '서비스',
  'many.endpoint': '엔드포인트',
  'many.host': '호스트',
  'many.template': '메시지 종류',
  'many.error_code': '오류 코드',

  noTimes: '응답 시간이 적힌 요청이 없어요',
  'none.lines': '해당하는 줄이 없어요',
  'none.requests': '해당하는 요청이 없어요',
  nothingToRank: ({ what }) => `그런 줄이 있는 ${subject(what)} 없어요`,
  'ranked.only': ({ what, name, amount }) => `${about(what)} 하나뿐이에요: ${name}, ${amount}`,
  'ranked.most': ({ count, what, name, amount }) =>
    `${what} ${count}개 중 가장 많은 것은 ${name}, ${is(amount)}`,
  'ranked.least': ({ count, what, name, amount }) =>
    `${what} ${count}개 중 가장 적은 것은 ${name}, ${is(amount)}`,
  'ranked.slowest': ({ count, what, name, amount }) =>
    `${what} ${count}개 중 가장 느린 것은 ${name}, ${is(amount)}`,
  'ranked.fastest': ({ count, what, name, amount }) =>
    `${what} ${count}개 중 가장 빠른 것은 ${name}, ${is(amount)}`,
  'ranked.equal': ({ count, what, amount }) => `${what} ${count}개가 모두 같아요, 각각 ${is(amount)}`,
  total: ({ amount }) => `모두 ${amount}이에요`,
  counted: ({ count, what }) => `${subject(what)} ${count}개 있어요`,
  often: ({ amount, every }) => `모두 ${amount}이고, 대략 ${every}마다 한 번이에요`,
  'share.matching': ({ share, part, all }) => `${share}예요: ${all} 중 ${part}`,
  'share.of': ({ share, part, all, whole }) => `${share}예요: ${whole}인 ${all} 중 ${part}`,
  'share.requests': ({ share, part, all }) => `${share}예요: ${all} 중 ${part}건이 5xx로 실패했어요`,
  'share.lines': ({ share, part, all }) => `${share}예요: ${all} 중 ${part}줄이 오류예요`,
  'duration.mean': ({ mean, max, requests }) => `${requests}의 평균은 ${mean}, 최대는 ${max}예요`,
  'duration.longest': ({ mean, max, requests }) =>
    `가장 오래 걸린 것은 ${max}이고, ${requests}의 평균은 ${mean}예요`,
  'compared.more': ({ now, before, when }) => `늘었어요: ${now}, 비교한 때(${when})에는 ${before}`,
  'compared.less': ({ now, before, when }) => `줄었어요: ${now}, 비교한 때(${when})에는 ${before}`,
  'compared.same': ({ now, before, when }) => `같아요: ${now}, 비교한 때(${when})에는 ${before}`,
  nothingBefore: ({ span, logs }) => `${span}에는 비교할 것이 없어요. 있는 로그는 ${logs}예요`,
  partly: ({ logs }) => `비교한 때의 일부만 로그에 있어요: ${logs}`,
  'began.on': ({ begin, last, amount }) =>
    `${begin}에 시작해서 로그 끝(${last})까지 계속되고 있어요, ${amount}`,
  'began.ended': ({ begin, last, amount }) => `${begin}에 시작해서 ${last}에 끝났어요, ${amount}`,
  'slower.on': ({ begin, last, amount }) =>
    `${begin}에 느려지기 시작해서 로그 끝(${last})까지 느려요, ${amount}`,
  'slower.ended': ({ begin, last, amount }) => `${begin}에 느려지기 시작해서 ${last}까지 느렸어요, ${amount}`,
  'ended.on': ({ begin, last, amount }) =>
    `아직 끝나지 않았어요. 로그 끝(${last})에서도 계속되고 있고, 시작은 ${begin}, ${amount}이에요`,
  'ended.ended': ({ begin, last, amount }) => `${last}에 끝났어요. 시작은 ${begin}, ${amount}이에요`,
  'course.on': ({ begin, last, length, amount }) =>
    `${begin}부터 로그 끝(${last})까지 ${length}, ${amount}이에요. 아직 계속되고 있어요`,
  'course.ended': ({ begin, last, length, amount }) => `${begin}부터 ${last}까지 ${length}, ${amount}이에요`,
  firstLine: '첫 줄',
  lastLine: '마지막 줄',
  notSlower: '요청이 평소보다 두 배 이상 느린 때를 찾지 못했어요',
  'occurrence.first': ({ at, service, amount }) =>
    `처음은 ${at}, ${service}에서 나왔어요. 모두 ${amount}이에요`,
  'occurrence.last': ({ at, service, amount }) =>
    `마지막은 ${at}, ${service}에서 나왔어요. 모두 ${amount}이에요`,
  peak: ({ when, amount, mean }) => `가장 많은 때는 ${when}, ${amount}이에요. 평균은 ${mean}이에요`,
  covers: ({ span, length, amount }) => `로그는 ${span}, ${length} 동안의 ${amount}이에요`,
  'changes.new': ({ count, before }) => `${before}에 없던 새 메시지가 ${count}가지 있어요`,
  'changes.changed': ({ count, before }) =>
    `${before}보다 세 배 이상 잦거나 드물어진 메시지가 ${count}가지 있어요`,
  'unchanged.new': ({ before }) => `새로운 것이 없어요. 모든 메시지가 ${before}에도 있었어요`,
  'unchanged.changed': ({ before }) => `${before}보다 세 배 이상 잦거나 드물어진 메시지가 없어요`,
  'state.affected': ({ name, errors, lines, share, before }) =>
    `${about(name)} 영향을 받고 있어요: ${lines}줄 중 ${errors}줄이 오류예요(${share}, 이전 ${before})`,
  'state.was': ({ name, errors, lines, share, before }) =>
    `${about(name)} 이때 영향을 받았고 지금은 아니에요: ${lines}줄 중 ${errors}줄이 오류였어요(${share}, 이전 ${before})`,
  'state.silent': ({ name }) => `${about(name)} 영향을 받고 있어요: 전에는 줄을 썼는데 이때는 하나도 없어요`,
  'state.fine': ({ name, errors, lines, share, before }) =>
    `${about(name)} 평소보다 오류가 많지 않아요: ${lines}줄 중 ${errors}줄이에요(${share}, 이전 ${before})`,
  'state.none': ({ name, errors, lines, share, before }) =>
    `전보다 오류가 뚜렷이 늘어난 서비스가 없어요. 가장 많은 곳은 ${name}, ${lines}줄 중 ${errors}줄이에요(${share}, 이전 ${before})`,
  'state.recent': ({ count }) => `로그의 마지막 5분 동안의 오류: ${count}줄`,
  'state.others': ({ names }) => `함께 영향을 받은 서비스: ${names}`,
  'calls.callers': ({ name, names }) => `${names}의 줄에 ${subject(name)} 대상으로 나와요`,
  'calls.callees': ({ name, names }) => `${name}의 줄에 대상으로 나오는 서비스: ${names}`,
  'calls.all': ({ names }) => `줄에 나오는 호출 관계: ${names}`,
  'noCalls.of': ({ name }) => `${name}의 호출 관계를 알려 주는 줄이 없어요`,
  'noCalls.any': '서비스 사이의 호출을 알려 주는 줄이 없어요',
  shown: ({ amount }) => `모두 ${amount}이고, 일부를 보여 드려요`,
  noLog: '아직 로그가 없어서 물어볼 것이 없어요',
  noneThen: ({ span, logs }) => `${span}에는 로그가 없어요. 있는 로그는 ${logs}예요`,
  noMark: '로그에 그런 시점이 보이지 않아서 시간을 찾을 수 없어요',

  'refused.form': '그 질문에는 로그로 답할 수 없어요',
  'refused.future': '로그에 있는 것만 알고, 앞으로의 일은 알 수 없어요',
  'refused.advice': '여기서는 로그에 대한 질문에만 답하고, 직접 조치하거나 조언하지는 않아요',
  'refused.not': '무엇을 빼고 답할 수는 없으니 있는 것을 물어봐 주세요',
  'refused.distinct': '그것은 로그에서 계산할 수 없고, 개수와 순위, 평균, 비교는 할 수 있어요',
  'refused.join': '한 번에 하나씩 물어봐 주세요',
  'refused.word': '모르는 낱말이 있어요. 로그에서 찾을 말은 따옴표로 묶어 주세요',
  canDo:
    '가장 느리거나 바쁘거나 많이 실패하는 서비스·엔드포인트·메시지, 몇 건인지, 얼마나 자주인지, 언제부터 언제까지인지, 처음과 마지막, 서비스가 영향을 받는지, 새로 생긴 것, 누가 누구를 호출하는지, 어제나 한 시간 전과의 비교, 해당하는 줄을 알려 드릴 수 있어요. 예: 13:20부터 오류가 가장 많은 서비스는?',

  'hint.rank': '다음: 왜 service:이름, 또는 언제부터인지 물어보세요.',
  'hint.count': '다음: 언제부터인지 묻거나 줄을 보여 달라고 해 보세요.',
  'hint.often': '다음: 언제부터인지 물어보세요.',
  'hint.share': '다음: 어떤 엔드포인트가 가장 많이 실패해?',
  'hint.duration': '다음: 가장 느린 엔드포인트는?',
  'hint.begin': '다음: 왜 (원인 찾기)',
  'hint.end': '다음: 왜 (원인 찾기)',
  'hint.course': '다음: 왜 (원인 찾기)',
  'hint.occurrence': '다음: 얼마나 자주인지, 언제부터인지 물어보세요.',
  'hint.peak': '다음: 그때의 오류를 물어보세요.',
  'hint.state': '다음: 왜 service:이름 (원인 찾기)',
  'hint.changes': '다음: 그 가운데 하나를 따옴표로 묶어 처음이 언제인지 물어보세요.',
  'hint.calls': '다음: 그 서비스가 괜찮은지 물어보세요.',
  'hint.lines': '다음: 검색 단어 (더 보기)',
  'hint.compare': '다음: 가장 많은 서비스는?',
  'hint.extent': '다음: 요약',
};
