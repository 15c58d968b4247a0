import type { claims as english } from '../en/claims.ts';
import { figure } from '../numbers.ts';

export const claims: typeof english = {
  'of.service': ({ service }) => `${service}(모든 오류)`,
  'of.message': ({ service, kind }) => `${service}(${kind})`,
  'of.requests': ({ endpoint }) => `${endpoint} 실패 요청`,
  'of.event': ({ service, line }) => `${service}: "${line}"`,
  effect: ({ of, by, count }) => `영향: ${of} 로그 ${figure(count)}줄이 실패한 곳으로 ${by}을(를) 지목해요.`,
  order: ({ of, than, first, second, span }) =>
    `시간 순서: ${of} 먼저(${first}), 그다음 ${than}(${second}, ${span} 뒤)이에요.`,
  since: ({ of, first, begins }) =>
    `${first}부터: ${of}. 로그가 시작된 ${begins}부터 그때까지는 한 번도 없었어요.`,
  count: ({ of, count, first, last }) => `${of}: ${first}부터 ${last}까지 ${figure(count)}줄이에요.`,
  'share.lines': ({ of, service, part, all, share }) =>
    `${of}: ${service} 로그 ${figure(all)}줄 중 ${figure(part)}줄(${share})이에요.`,
  'share.requests': ({ endpoint, part, all, share, statuses }) =>
    `${endpoint}: 요청 ${figure(all)}건 중 ${figure(part)}건(${share})이 ${statuses}(으)로 실패했어요.`,
  comparison: ({ of, than, count, against }) =>
    `비교하면 ${of} ${figure(count)}건, ${than} ${figure(against)}건이에요.`,
  'absence.service': ({ service, all }) => `${service}: 로그 ${figure(all)}줄 가운데 오류가 없어요.`,
  'absence.requests': ({ endpoint, all }) =>
    `${endpoint}: 요청 ${figure(all)}건 가운데 서버 오류(5xx)가 없어요.`,
  rise: ({ of, now, before, nowSpan, beforeSpan }) =>
    `전보다 늘었어요: ${of}, 이 기간(${nowSpan}) ${figure(now)}건, 그 앞 ${beforeSpan} 동안 ${figure(before)}건이었어요.`,
  change: ({ event, time, span, cause }) =>
    `${cause}에 오류가 나기 ${span} 전(${time})의 변경: ${event}. 이것이 원인인지는 로그로 알 수 없어요.`,
  recovery: ({ of, last, since }) =>
    `${last} 이후로는 없어요: ${of}. 그 뒤에 다른 로그 ${figure(since)}줄이 있어요.`,
  steady: ({ service, now, before }) =>
    `${service}: 평소와 같아요. 오류 없이 ${figure(now)}줄(앞서 같은 길이의 시간에 ${figure(before)}줄)이에요.`,
  silence: ({ service, last }) => `${service}: ${last} 이후로 로그가 끊겼어요.`,
  'course.row': ({ of, first, count }) => `${of} ${first}부터 ${figure(count)}줄`,
  course: ({ rows }) => `실패가 시작된 때는 ${rows}이에요.`,
  unaffected: ({ list }) => `${list}: 오류 없이 평소와 같아요.`,
  hypothesis: ({ text }) => `가설(모델의 추측, 확인 안 됨): ${text}`,
};
