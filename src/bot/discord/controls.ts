import { type APIApplicationCommandBasicOption, ApplicationCommandOptionType } from 'discord.js';
import { localized, type Words } from './words.ts';

const word = (required: boolean, words: Words): APIApplicationCommandBasicOption => ({
  type: ApplicationCommandOptionType.String,
  ...localized(words),
  required,
  max_length: 300,
});
const chosen = (
  words: Words,
  choices: readonly { value: string; en: string; ko: string }[],
): APIApplicationCommandBasicOption => ({
  type: ApplicationCommandOptionType.String,
  ...localized(words),
  choices: choices.map(({ value, en, ko }) => ({ name: en, name_localizations: { ko }, value })),
});

const INCIDENT = word(false, {
  name: 'incident',
  ko: '장애',
  description: 'Its ID; not needed in its thread',
  koDescription: '장애 ID, 그 장애의 스레드에서는 생략',
});
const NOTE = word(false, {
  name: 'text',
  ko: '메모',
  description: 'What there is to say',
  koDescription: '남길 말',
});
const INTO = word(true, {
  name: 'into',
  ko: '대상',
  description: 'ID of the incident whose thread goes on',
  koDescription: '이어 갈 장애의 ID',
});
const SPAN = word(false, {
  name: 'window',
  ko: '기간',
  description: 'How long, such as 30m or 1d; an hour when absent',
  koDescription: '얼마 동안, 예: 30분, 1일. 생략하면 1시간',
});
const SERVICE = word(false, {
  name: 'service',
  ko: '서비스',
  description: 'Everything of this service',
  koDescription: '이 서비스 전체',
});
const SCOPE = chosen({ name: 'which', ko: '범위', description: 'What of it', koDescription: '무엇을' }, [
  { value: 'incident', en: 'this incident', ko: '이 장애' },
  { value: 'template', en: 'this kind of problem', ko: '이 유형' },
  { value: 'service', en: 'its whole service', ko: '이 서비스 전체' },
]);
const PERSON: APIApplicationCommandBasicOption = {
  type: ApplicationCommandOptionType.User,
  ...localized({
    name: 'person',
    ko: '담당자',
    description: 'Who; you when absent',
    koDescription: '누구에게, 생략하면 나',
  }),
};

/** Which incidents are listed. */
export const WHICH = chosen(
  { name: 'which', ko: '조건', description: 'Which ones', koDescription: '어떤 장애' },
  [
    { value: 'open', en: 'open', ko: '열린 장애' },
    { value: 'mine', en: 'mine', ko: '내가 맡은 장애' },
    { value: 'resolved', en: 'resolved', ko: '해결된 장애' },
    { value: 'quiet', en: 'kept quiet', ko: '조용히 둔 장애' },
    { value: 'all', en: 'all', ko: '전체' },
  ],
);

/** What can be done with incidents, and the lists that go with it. Discord takes 25 subcommands in all. */
export const CONTROLS: readonly [Words, APIApplicationCommandBasicOption[]][] = [
  [
    { name: 'ack', ko: '확인', description: 'Acknowledge an incident', koDescription: '장애 확인' },
    [INCIDENT, NOTE],
  ],
  [
    { name: 'resolve', ko: '해결', description: 'Resolve an incident', koDescription: '장애 해결' },
    [INCIDENT, NOTE],
  ],
  [
    { name: 'mute', ko: '음소거', description: 'Turn notifications off', koDescription: '알림 끄기' },
    [INCIDENT, SCOPE, SPAN, SERVICE, NOTE],
  ],
  [
    { name: 'unmute', ko: '음소거해제', description: 'End a mute', koDescription: '알림 다시 켜기' },
    [INCIDENT, SERVICE],
  ],
  [
    { name: 'assign', ko: '담당', description: 'Say who takes care', koDescription: '담당자 지정' },
    [INCIDENT, PERSON],
  ],
  [
    {
      name: 'reopen',
      ko: '다시열기',
      description: 'Open an incident again',
      koDescription: '장애 다시 열기',
    },
    [INCIDENT, NOTE],
  ],
  [
    {
      name: 'merge',
      ko: '합치기',
      description: 'Merge an incident into another',
      koDescription: '장애를 다른 장애와 합치기',
    },
    [INTO, INCIDENT],
  ],
  [
    {
      name: 'split',
      ko: '나누기',
      description: 'Take an incident out of another',
      koDescription: '합쳐진 장애 나누기',
    },
    [INCIDENT],
  ],
  [
    { name: 'false-alarm', ko: '오탐', description: 'This was no trouble', koDescription: '오탐으로 표시' },
    [INCIDENT, NOTE],
  ],
  [
    { name: 'real', ko: '정탐', description: 'This was real trouble', koDescription: '실제 장애로 확인' },
    [INCIDENT],
  ],
  [
    {
      name: 'incident',
      ko: '장애상세',
      description: 'One incident and its history',
      koDescription: '장애 하나와 그 이력',
    },
    [INCIDENT],
  ],
  [{ name: 'mutes', ko: '음소거목록', description: 'What is muted', koDescription: '꺼 둔 알림' }, []],
  [
    {
      name: 'shadow',
      ko: '섀도',
      description: 'What rules in shadow would have posted',
      koDescription: '섀도 규칙이 올렸을 장애',
    },
    [],
  ],
  [
    { name: 'audit', ko: '감사', description: 'Who did what', koDescription: '누가 무엇을 했는지' },
    [INCIDENT],
  ],
];

/** Their answer is for whoever asked: everybody else reads it in the incident's thread. */
export const QUIET: ReadonlySet<string> = new Set(
  CONTROLS.map(([{ name }]) => name).filter((name) => !['incident', 'mutes', 'shadow'].includes(name)),
);
