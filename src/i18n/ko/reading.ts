import type { reading as english } from '../en/reading.ts';
import { number } from '../numbers.ts';

export const reading: typeof english = {
  files: (lines, files, facts) =>
    `파일 ${number(files)}개에서 로그 ${number(lines)}줄을 읽었어요${facts ? ` (${facts})` : ''}.`,
  text: (lines, facts) => `로그 ${number(lines)}줄을 읽었어요${facts ? ` (${facts})` : ''}.`,
  services: (_count, names) => `서비스 ${names}`,
  moreServices: (names, more) => `${names} 외 ${more}개`,
  findings: (count, worst, severity, when) =>
    `문제 ${count}건을 찾았어요. 가장 심각한 것: ${worst} (심각도 ${severity}/5${when ? `, ${when}` : ''})`,
  since: (time) => `${time}부터`,
  over: (from, to) => `${from}부터 ${to}까지, 지금은 끝남`,
  more: (command) => `모두 보기: ${command}`,
  errors: (count) =>
    `실패를 말하는 로그가 ${number(count)}줄 있어요. 시각이 없어서 장애로 만들지는 않았어요. /logs 왜(bongsu why)로 무슨 문제인지 볼 수 있어요.`,
  usualErrors: (count) =>
    `장애는 찾지 못했어요. 오류가 ${number(count)}줄 있지만, 장애로 보기에는 적거나 처음부터 꾸준히 나왔어요. /logs 왜(bongsu why)로 살펴볼 수 있어요.`,
  nothing: '문제를 찾지 못했어요.',
  untimed: (lines) =>
    `로그 ${number(lines)}줄에서 시각을 찾지 못해서 시간에 따른 문제는 살펴볼 수 없었어요. 언제, 얼마나 자주 나왔는지, 무엇이 바뀌었는지는 알 수 없어요. 지금 로그는 /logs 왜(bongsu why)로 살펴볼 수 있어요.`,
  writeTimes: '프로그램이 줄마다 맨 앞에 날짜와 시각을 쓰게 한 뒤 다시 읽어 주세요.',
  partlyUntimed: (untimed, lines) =>
    `로그 ${number(lines)}줄 가운데 ${number(untimed)}줄은 시각이 없어서 시간에 따른 문제를 살펴보지 못했어요.`,
  looked:
    '실패를 말하는 로그, 처음 나온 메시지, 갑자기 늘거나 준 로그, 평소와 크게 다른 값, 끊긴 로그를 살펴봤어요.',
  noLines: '로그가 한 줄도 없어요.',
  published: (count) => `이상 ${count}건을 버스로 보냈어요. 실행 중인 봇이 장애로 만들어요.`,
  'note.empty': (path) => `${path}: 빈 파일이에요`,
  'note.binary': (path, kind) => `${path}: 텍스트가 아니라서(${kind}) 읽지 않았어요`,
  'note.undated': (path, lines) =>
    `${path}: 로그 ${lines}줄에 시각이 없어서 언제, 얼마나 자주 나왔는지는 알 수 없어요`,
  'note.encoding': (path, encoding) => `${path}: UTF-8이 아니라서 ${encoding} 문자로 읽었어요`,
  progress: (percent) => `읽는 중… ${percent}%`,
  reading: '읽는 중…',
};
