import type { detections as english } from '../en/detections.ts';

export const detections: typeof english = {
  failingTitle: '처음부터 계속 실패',
  failing: (failures, lines, title) =>
    `로그가 시작된 뒤로 ${lines}줄 가운데 ${failures}줄이 오류예요${title === '' ? '' : `. 가장 잦은 메시지: "${title}"`}.`,
  failingStarts: (failed, starts, title) =>
    `${starts}번 시작해서 ${failed}번이 오류로 끝났어요${title === '' ? '' : `. 가장 잦은 메시지: "${title}"`}.`,
  burstTitle: (errors, seconds) => `오류 급증: ${seconds}초에 ${errors}건`,
  burst: (errors, lines, seconds, usual, units) =>
    `${seconds}초 동안 ${lines}줄 가운데 ${errors}줄이 오류였어요. 평소는 ${usual}건이고, 평소 편차의 ${units}배예요.`,
  grave: (title, count) => `한 줄만 있어도 심각한 일이에요${count > 1 ? ` (${count}줄)` : ''}: "${title}".`,
  rise: (title, count, span) => `${span} 사이에 ${count}줄이 나왔어요. 전보다 훨씬 잦아요: "${title}".`,
  recoveredTitle: (title) => `끝남: ${title}`,
  recovered: (title, silent, lines) =>
    `다른 줄이 ${lines}개 나오는 동안 ${silent} 동안 나오지 않았어요: "${title}".`,
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
  count: (session, title, { times, usual }, share, sessions) =>
    `${session}: "${title}" 메시지가 ${times}번 나왔어요. 평소는 ${usual}번이에요 (세션 ${sessions}개 중 ${share}).`,
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
};
