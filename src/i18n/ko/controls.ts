import type { controls as english } from '../en/controls.ts';

export const controls: typeof english = {
  'button.take': '내가 맡기',
  'button.reopen': '다시 열기',
  'button.false_alarm': '오탐',
  'button.real': '실제 장애',
  'button.merge': '합치기',
  'button.split': '나누기',
  'button.more': '더 보기…',
  'button.show': '보기',
  'mute.incident': (span) => `${span} 음소거`,
  'mute.template': (span) => `이 유형 ${span} 음소거`,
  'mute.service': (span, service) => `${service} ${span} 음소거`,
  mergeInto: (other) => `합치기 → ${other}`,
  showOne: (id) => `${id} 보기`,
  unmuteOne: (n) => `${n}번 음소거 해제`,
  'did.opened': () => '장애가 열렸어요.',
  'did.disclosed': () =>
    '이 장애가 생겼을 때는 학습한 모델이 알림을 막아 아무에게도 알리지 않았어요. 그 모델을 되돌려서 지금 알려 드려요.',
  'did.acknowledged': (who) => `${who} 님이 확인했어요.`,
  'did.resolved': (who) => `${who} 님이 해결로 표시했어요.`,
  'did.muted': (who, until) =>
    `${who} 님이 ${until}까지 음소거했어요. 알림은 오지 않지만 위 메시지는 계속 갱신돼요.`,
  'did.unmuted': (who) => `${who} 님이 음소거를 해제했어요.`,
  'did.assigned': (who, to) =>
    who === to ? `${who} 님이 맡기로 했어요.` : `${who} 님이 ${to} 님을 담당자로 지정했어요.`,
  'did.reopened': (who) => `${who} 님이 장애를 다시 열었어요.`,
  'did.flapping': (n) => `해결된 지 얼마 안 되어 다시 발생했어요. 되풀이되는 장애이고, 이번이 ${n}번째예요.`,
  'did.recovered': (lasted, quiet) =>
    `${lasted} 만에 저절로 해결됐어요. 그 뒤 ${quiet} 동안 더 발생하지 않았어요.`,
  'did.escalated': (waited) => `${waited} 동안 아무도 확인하지 않았어요.`,
  'did.merged': (who, other) => `${who} 님이 다음 장애와 합쳤어요. ${other}`,
  'did.split': (who, other) => `${who} 님이 다음 장애에서 나눴어요. ${other}`,
  'did.false_alarm': (who) => `${who} 님이 오탐으로 표시했어요. 탐지기가 이 판단을 학습해요.`,
  'did.real': (who) => `${who} 님이 실제 장애로 확인했어요. 탐지기가 이 판단을 학습해요.`,
  'did.muteWide': (what, until) =>
    `${until}까지 음소거했어요: ${what}. 전체 목록은 /logs 음소거목록에서 볼 수 있어요.`,
  'did.unmuteWide': (what) => `음소거를 해제했어요: ${what}`,
  'did.muteGoesOn': (what, until, id) =>
    `이 장애만 음소거를 해제했어요. ${until}까지의 음소거는 그대로예요: ${what}. 끝내려면 /logs 음소거해제 ${id}라고 입력해 주세요.`,
  'state.recovered': '저절로 해결됨',
  'said.false_alarm': '오탐',
  'said.real': '실제 장애로 확인됨',
  flapping: (n) => `반복 발생, ${n}번째`,
  'quiet.family': '같은 유형의',
  'quiet.severity': '같은 유형이면서 심각도가 이보다 낮지 않은',
  'quiet.hours': '같은 유형이면서 심각도가 이보다 낮지 않고 시간대가 같은',
  quietReason: (like, rejected, needed, real, percent) =>
    `알리지 않은 까닭: ${like} 알림 중 최근에 판단한 ${rejected}건이 모두 오탐이었어요(기준 ${needed}건${real > 0 ? `, 그전에 실제 장애 ${real}건` : ''}). 이 알림이 실제 장애일 가능성은 ${percent}%예요. ‘실제 장애’를 누르면 지금 알리고, 같은 유형의 다음 알림도 알려 드려요.`,
  'field.owner': '담당자',
  'field.history': '이력',
  shadowOf: (places) => `시험 중인 규칙: 실제였다면 올렸을 곳 ${places}`,
  calling: (names) => `호출 ${names}`,
  incidentsFound: (count) => (count === 0 ? '그런 장애가 없어요.' : `장애 ${count}건`),
  mutesTitle: (count) => (count === 0 ? '음소거한 알림이 없어요.' : `음소거 ${count}건`),
  muteLine: (what, until, who) => `${what}: ${until}까지, ${who} 님`,
  muteService: (service) => `${service} 전체`,
  auditTitle: (count) => (count === 0 ? '아직 기록이 없어요.' : `최근 기록 ${count}건`),
  shadowTitle: (count) =>
    count === 0
      ? '시험 중인 규칙이 없거나, 그 규칙이 알렸을 장애가 없어요.'
      : `실제였다면 올렸을 장애 ${count}건`,
  moreTitle: (title) => `${title}: 더 할 수 있는 일`,
  'help.act': '장애를 처리해요. 명령 뒤에 장애 ID를 적고, 장애 스레드에서는 생략할 수 있어요',
  'help.list': '현황과 기록을 보여 드려요',
  'usage.incident': (form) => `어떤 장애인지 알려 주세요. 형식: ${form}. ID는 /logs 장애에서 볼 수 있어요.`,
  'usage.noIncident': (id) => `${id} 장애를 찾을 수 없어요. /logs 장애에서 목록을 볼 수 있어요.`,
  'usage.noMute': '해당하는 음소거를 찾을 수 없어요. /logs 음소거목록을 확인해 주세요.',
  'usage.control': (form) => `올바른 형식은 다음과 같아요. ${form}`,
  'usage.notMerged': '다른 장애에 합쳐진 장애가 아니에요.',
  'usage.sameIncident': '이미 하나의 장애예요.',
  'usage.done': '이미 처리되어 바뀐 것이 없어요.',
  'usage.role': (role) =>
    `조회는 할 수 있지만 이 작업에는 “${role}” 역할이 필요해요. 운영자에게 문의해 주세요.`,
};
