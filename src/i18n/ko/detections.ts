import type { detections as english } from '../en/detections.ts';
import { figure } from '../numbers.ts';

/** How much is usual; nothing at all is a word. */
const usually = (usual: number, unit = '번'): string =>
  usual === 0 ? '평소 없음' : `평소 ${figure(usual)}${unit}`;

export const detections: typeof english = {
  failingTitle: (failures, lines) => `시작부터 계속 실패: ${figure(lines)}줄 중 ${figure(failures)}줄이 오류`,
  failingStartsTitle: (failed, starts) => `시작할 때마다 실패: ${figure(starts)}번 중 ${figure(failed)}번`,
  failing: (failures, lines, title) =>
    `시작한 뒤 로그 ${figure(lines)}줄 중 ${figure(failures)}줄이 오류예요${title === '' ? '' : `. 가장 잦은 메시지: "${title}"`}.`,
  failingStarts: (failed, starts, title) =>
    `${figure(starts)}번 시작해서 ${figure(failed)}번이 오류로 끝났어요${title === '' ? '' : `. 가장 잦은 메시지: "${title}"`}.`,
  burstTitle: (errors, seconds, usual) =>
    `${figure(seconds)}초 동안 오류 ${figure(errors)}건, ${usually(usual, '건')}`,
  burst: (errors, lines, seconds, usual) =>
    `${figure(seconds)}초 동안 로그 ${figure(lines)}줄 중 ${figure(errors)}줄이 오류예요(${usually(usual, '줄')}).`,
  grave: (title, count) =>
    `"${title}" 메시지가 ${figure(count)}번 나왔어요. 한 번만 나와도 살펴봐야 하는 로그예요.`,
  rise: (title, count, span) =>
    `"${title}" 메시지가 ${span} 사이에 ${figure(count)}번 나왔어요. 지금까지보다 훨씬 잦아요.`,
  tally: (lines, last) => `지난번 알림 뒤로 ${figure(lines)}줄이 더 나왔어요. 마지막 줄의 시각: ${last}`,
  recoveredTitle: (title) => `끝남: ${title}`,
  recovered: (title, silent, lines) =>
    `"${title}" 메시지가 ${silent} 동안 나오지 않았어요. 그사이 다른 로그는 ${figure(lines)}줄 나왔어요.`,
  novel: (title, count, lines) =>
    `"${title}" 메시지가 ${figure(count)}번 나왔어요.${lines === 0 ? '' : ` 그전 로그 ${figure(lines)}줄에는 없던 메시지예요.`}`,
  rate: (title, count, seconds, usual) =>
    `"${title}" 메시지가 ${figure(seconds)}초 동안 ${figure(count)}번 나왔어요(${usually(usual)}).`,
  rateTitle: (title, count, seconds, usual) =>
    `${figure(seconds)}초 동안 ${figure(count)}번(${usually(usual)}): ${title}`,
  since: (time) => `${time}부터 이어지고 있어요.`,
  names: (services) => `로그에 나온 서비스: ${services}.`,
  more: (count) => `그 밖에 ${count}종류의 메시지도 달라졌어요.`,
  low: (title, count, span, usual) =>
    title === ''
      ? `${span} 동안 로그가 ${figure(count)}줄뿐이에요(${usually(usual, '줄')}).`
      : `"${title}" 메시지가 ${span} 동안 ${figure(count)}번뿐이에요(${usually(usual)}).`,
  lowTitle: (title, count, span, usual) =>
    title === ''
      ? `로그 급감: ${span} 동안 ${figure(count)}줄, ${usually(usual, '줄')}`
      : `크게 줄어듦: ${span} 동안 ${figure(count)}번(${usually(usual)}): ${title}`,
  missing: (session, expected, after, share, sessions) =>
    `${session}: "${after}" 다음에 와야 할 "${expected}" 메시지가 오지 않았어요. 세션 ${sessions}개 중 ${share}에서는 와요.`,
  missingTitle: (expected, after) => `"${after}" 다음에 오지 않음: "${expected}"`,
  count: (session, title, { times, usual }, share, sessions) =>
    `${session}: "${title}" 메시지가 ${figure(times)}번 나왔어요(${usually(usual)}, 세션 ${sessions}개 중 ${share}).`,
  countTitle: (title, count, usual) => `${figure(count)}번(${usually(usual)}): ${title}`,
  extra: (session, title, share, sessions) =>
    `${session}: "${title}" 메시지가 나왔어요. 세션 ${sessions}개 중 ${share}에만 있는 메시지예요.`,
  alike: (count) => `이런 세션이 ${count}개예요.`,
  rare: (title, count, lines) => `로그 ${figure(lines)}줄 중 ${figure(count)}줄뿐인 메시지예요: "${title}".`,
  value: (title, name, value, usual, count) =>
    `"${title}": ${name} ${value}, 평소 ${usual}. 최근 25개 중 ${count}개가 이만큼 높아요.`,
  code: (title, name, value, usual, count) =>
    `"${title}": ${name} ${value}, 평소 ${usual}. 최근 25개 중 ${count}개가 이렇게 드문 값이에요.`,
  valueTitle: (title, name, value, usual) => `${name} ${value} (평소 ${usual}): ${title}`,
  'number.responseTime': '응답 시간',
  'number.time': '걸린 시간',
  'number.size': '크기',
  'number.status': '상태 코드',
  'number.value': '값',
  stopped: (title, period, beats, silent) =>
    `"${title}" 메시지가 ${period}마다 ${figure(beats)}번 나오다가 ${silent} 동안 나오지 않았어요.`,
  stoppedTitle: (title, period, last) => `${last}에 멈춤(${period}마다 나오던 로그): ${title}`,
  silent: (service, longest, silent) =>
    `${service} 로그가 ${silent} 동안 없어요. 그전에 가장 길었던 공백: ${longest}.`,
  silentTitle: (silent, longest) => `${silent} 동안 로그 없음(그전 최장 공백 ${longest})`,
};
