import {
  type APIApplicationCommandBasicOption,
  type APIApplicationCommandInteractionDataBasicOption,
  type APIApplicationCommandInteractionDataOption,
  type APIApplicationCommandSubcommandOption,
  ApplicationCommandOptionType,
  type RESTPostAPIChatInputApplicationCommandsJSONBody,
} from 'discord.js';
import { MAX_QUESTION } from '../../domain/question/question.ts';
import { CONTROLS, QUIET, WHICH } from './controls.ts';
import { localized, type Words } from './words.ts';

const text = (required: boolean, words: Words): APIApplicationCommandBasicOption => ({
  type: ApplicationCommandOptionType.String,
  ...localized(words),
  required,
  max_length: MAX_QUESTION,
});
const QUESTION = text(false, {
  name: 'question',
  ko: '질문',
  description: 'What you want to know',
  koDescription: '알고 싶은 내용',
});
const SEARCH = text(true, {
  name: 'text',
  ko: '검색어',
  description: 'Words to look for',
  koDescription: '찾을 낱말',
});
const PERIOD: APIApplicationCommandBasicOption = {
  type: ApplicationCommandOptionType.String,
  ...localized({ name: 'text', ko: '기간', description: 'Of when', koDescription: '언제' }),
  choices: [
    { name: 'yesterday', value: 'yesterday', name_localizations: { ko: '어제' } },
    { name: 'last week', value: 'week', name_localizations: { ko: '지난주' } },
  ],
};
const JOB = text(false, {
  name: 'text',
  ko: '명령',
  description: 'stop ID; retry ID or drop ID, for a job that failed',
  koDescription: '중지 ID, 실패한 작업에는 재시도 ID 또는 삭제 ID',
});
const TUNE = text(false, {
  name: 'text',
  ko: '명령',
  description: 'now [task], or back and what: alerts, anomaly, sentiment, summary',
  koDescription: '시작 [작업], 또는 되돌리기와 대상: 알림, 이상, 감정, 요약',
});
const WINDOW: APIApplicationCommandBasicOption = {
  type: ApplicationCommandOptionType.String,
  ...localized({
    name: 'window',
    ko: '기간',
    description: 'How far back, such as 30m or 2h',
    koDescription: '얼마 동안의 로그인지, 예: 30분, 2시간',
  }),
  autocomplete: true,
};
const SERVICE: APIApplicationCommandBasicOption = {
  type: ApplicationCommandOptionType.String,
  ...localized({
    name: 'service',
    ko: '서비스',
    description: 'Only this service',
    koDescription: '이 서비스만',
  }),
  autocomplete: true,
};
const PRIVATE: APIApplicationCommandBasicOption = {
  type: ApplicationCommandOptionType.Boolean,
  ...localized({
    name: 'private',
    ko: '비공개',
    description: 'Show the answer only to me',
    koDescription: '나에게만 답을 보이기',
  }),
};

const subcommand = (
  words: Words,
  options: APIApplicationCommandBasicOption[],
): APIApplicationCommandSubcommandOption => ({
  type: ApplicationCommandOptionType.Subcommand,
  ...localized(words),
  options,
});

/** The slash command `/logs`, as it is registered with Discord. */
export const COMMAND: RESTPostAPIChatInputApplicationCommandsJSONBody = {
  ...localized({
    name: 'logs',
    ko: '로그',
    description: 'Ask Bongsu about the logs',
    koDescription: '봉수에게 로그에 대해 묻기',
  }),
  options: [
    subcommand(
      {
        name: 'why',
        ko: '왜',
        description: 'Find the cause of a problem',
        koDescription: '문제의 원인 찾기',
      },
      [QUESTION, WINDOW, SERVICE, PRIVATE],
    ),
    subcommand(
      {
        name: 'summarize',
        ko: '요약',
        description: 'What happened, in numbers',
        koDescription: '무슨 일이 있었는지 숫자로 요약',
      },
      [WINDOW, SERVICE, PRIVATE],
    ),
    subcommand({ name: 'search', ko: '검색', description: 'Find log lines', koDescription: '로그 줄 찾기' }, [
      SEARCH,
      WINDOW,
      SERVICE,
      PRIVATE,
    ]),
    subcommand(
      {
        name: 'analyze',
        ko: '분석',
        description: 'Analyze a long window on a worker',
        koDescription: '긴 기간을 작업자에서 분석',
      },
      [WINDOW, SERVICE, PRIVATE],
    ),
    subcommand(
      {
        name: 'digest',
        ko: '다이제스트',
        description: 'What happened, to be read in a minute',
        koDescription: '있었던 일을 1분 안에',
      },
      [PERIOD, PRIVATE],
    ),
    subcommand(
      { name: 'jobs', ko: '작업', description: 'Background jobs', koDescription: '백그라운드 작업' },
      [JOB, PRIVATE],
    ),
    subcommand(
      {
        name: 'tune',
        ko: '학습',
        description: 'What was learned from judgements',
        koDescription: '판단에서 배운 것',
      },
      [TUNE, PRIVATE],
    ),
    subcommand(
      { name: 'health', ko: '상태', description: 'How the system is', koDescription: '시스템 상태' },
      [PRIVATE],
    ),
    subcommand({ name: 'incidents', ko: '장애', description: 'Incidents', koDescription: '장애 목록' }, [
      WHICH,
      WINDOW,
      SERVICE,
      PRIVATE,
    ]),
    subcommand(
      {
        name: 'cost',
        ko: '비용',
        description: 'What models cost today and this week',
        koDescription: '오늘과 이번 주의 모델 비용',
      },
      [PRIVATE],
    ),
    subcommand(
      { name: 'help', ko: '도움말', description: 'What you can ask', koDescription: '물을 수 있는 것' },
      [],
    ),
    ...CONTROLS.map(([words, options]) => subcommand(words, options)),
  ],
};

const argument = (
  options: readonly APIApplicationCommandInteractionDataBasicOption[],
  name: string,
): string => {
  const value = options.find((option) => option.name === name)?.value;
  return typeof value === 'string' ? value.trim() : '';
};

/** The options of one interaction as the line a person would type elsewhere: `why 30m service:cart words --private`. */
export function commandText(options: readonly APIApplicationCommandInteractionDataOption[] | undefined): {
  text: string;
  isPrivate: boolean;
} {
  const chosen = options?.[0];
  if (chosen?.type !== ApplicationCommandOptionType.Subcommand) return { text: '', isPrivate: false };
  const given = chosen.options ?? [];
  const isPrivate = given.some(({ name, value }) => name === 'private' && value === true);
  const isQuiet = QUIET.has(chosen.name);
  const service = argument(given, 'service').replace(/\s+/g, '');
  const person = argument(given, 'person');
  const words = [
    chosen.name,
    argument(given, 'incident'),
    argument(given, 'which'),
    argument(given, 'window').replace(/\s+/g, ''),
    service && `service:${service}`,
    argument(given, 'into'),
    chosen.name === 'assign' ? (person ? `<@${person}>` : 'me') : '',
    argument(given, 'question') || argument(given, 'text'),
    isPrivate ? '--private' : '',
  ];
  return { text: words.filter(Boolean).join(' '), isPrivate: isPrivate || isQuiet };
}

/** The option a person is typing in, for autocompletion. */
export function focused(
  options: readonly APIApplicationCommandInteractionDataOption[] | undefined,
): { name: 'service' | 'window'; typed: string } | undefined {
  const chosen = options?.[0];
  if (chosen?.type !== ApplicationCommandOptionType.Subcommand) return undefined;
  const option = chosen.options?.find((given) => 'focused' in given && given.focused);
  if (option?.name !== 'service' && option?.name !== 'window') return undefined;
  return { name: option.name, typed: String(option.value) };
}
