import { type Argument, type CommandSpec, FLAGS } from '../../src/bot/commands/table/spec.ts';
import { TABLE } from '../../src/bot/commands/table/table.ts';
import { formOf, nameIn } from '../../src/bot/commands/table/texts.ts';
import type { Language } from '../../src/domain/question/question.ts';
import { speech } from '../../src/i18n/format.ts';
import { NOTE, table } from './markdown.ts';

/** The fixed words of the page. */
const TEXTS = {
  en: {
    title: 'Commands',
    intro: [
      'All commands are `/logs COMMAND` in Slack, Discord and on the console page. In a thread, mention the bot and say the command behind its name (Slack has no slash commands in threads); in a direct message, say it alone. English and Korean names, words and options mean the same, and can be mixed.',
      'A command that acts on an incident takes its ID behind its name; in the thread of the incident the ID can be left out. The table of commands is `src/bot/commands/table`.',
      'Roles are set in `roles` of the configuration: a `viewer` may look and ask, a `responder` may act on incidents and jobs, an `admin` may do everything. Who asked for an answer or a job may stop it, whatever their role.',
    ],
    groups: { ask: 'Questions', list: 'Lists', act: 'Acting on incidents' },
    header: ['form', 'other names', 'what it does', 'role', 'who sees the answer'],
    arguments: 'Words of the arguments',
    argumentHeader: ['command', 'argument', 'words', 'role'],
    options: 'Options',
    optionHeader: ['option', 'Korean', 'what it does', 'commands'],
    answer: { place: 'everybody there', asker: 'who asked' },
    all: 'all',
    discord: (name: string, other: string) =>
      `Discord takes 25 commands: \`${name}\` is \`/logs ${other}\` there, and nothing more.`,
  },
  ko: {
    title: '명령어',
    intro: [
      'Slack, Discord, 콘솔 페이지에서 모든 명령은 `/logs 명령` 형식이에요. 스레드에서는 봇을 멘션하고 뒤에 명령을 적고(Slack은 스레드에서 슬래시 명령을 쓸 수 없어요), 다이렉트 메시지에서는 명령만 적어 주세요. 영어와 한국어 이름, 단어, 옵션은 뜻이 같고 섞어 쓸 수 있어요.',
      '장애를 처리하는 명령은 이름 뒤에 장애 ID를 적어요. 그 장애의 스레드에서는 ID를 생략할 수 있어요. 명령 표는 `src/bot/commands/table`에 있어요.',
      '역할은 설정의 `roles`에서 정해요. `viewer`는 조회하고 물어볼 수 있고, `responder`는 장애와 작업을 처리할 수 있고, `admin`은 모두 할 수 있어요. 답변이나 작업을 요청한 사람은 역할과 관계없이 중지할 수 있어요.',
    ],
    groups: { ask: '질문', list: '목록', act: '장애 처리' },
    header: ['형식', '다른 이름', '하는 일', '역할', '답변을 보는 사람'],
    arguments: '인자에 쓰는 단어',
    argumentHeader: ['명령', '인자', '단어', '역할'],
    options: '옵션',
    optionHeader: ['옵션', '영어', '하는 일', '명령'],
    answer: { place: '그곳의 모두', asker: '요청한 사람' },
    all: '전체',
    discord: (name: string, other: string) =>
      `Discord에서는 명령을 25개까지 쓸 수 있어요. \`${name}\` 대신 \`/logs ${other}\`만 입력해 주세요.`,
  },
} as const;

/** A command and perhaps its choice, `incidents shadow`, in the words of a language. */
function lineOf(line: string, language: Language): string {
  const [name, choice] = line.split(' ');
  const spec = (TABLE as readonly CommandSpec[]).find((one) => one.name === name)!;
  const chosen = spec.arguments.flatMap(({ choices = [] }) => choices).find(({ value }) => value === choice);
  const word = chosen?.typed[language === 'ko' ? 1 : 0];
  return [nameIn(language, spec), ...(word ? [word] : [])].join(' ');
}

const GROUPS = ['ask', 'list', 'act'] as const;
const code = (text: string): string => `\`${text}\``;

/** docs/commands.md and docs/commands.ko.md: every command, from the table that the bot reads. */
export function commandsPage(language: Language): string {
  const texts = TEXTS[language];
  const spoken = speech(language, 'UTC');
  const other: Language = language === 'ko' ? 'en' : 'ko';
  const all: readonly CommandSpec[] = TABLE;
  const nameOf = (spec: CommandSpec): string => nameIn(language, spec);
  const row = (spec: (typeof TABLE)[number]): string[] => {
    const { aliases, about, role, answer }: CommandSpec = spec;
    const names = [nameIn(other, spec), ...aliases].map(code).join(', ');
    return [code(formOf(spec.name, spoken)), names, about[language], code(role), texts.answer[answer]];
  };
  const groups = GROUPS.map(
    (group) =>
      `## ${texts.groups[group]}\n\n${table(
        texts.header,
        TABLE.filter((spec) => spec.group === group).map(row),
      )}`,
  );
  const notes = all.flatMap(({ discord, ...spec }) =>
    discord ? [texts.discord(nameOf(spec), lineOf(discord, language))] : [],
  );
  const words = all.flatMap((spec) => spec.arguments.flatMap((one) => wordRows(nameOf(spec), one, language)));
  const options = Object.entries(FLAGS).map(([name, { typed, about }]) => [
    code(typed[language === 'ko' ? 1 : 0]),
    code(typed[language === 'ko' ? 0 : 1]),
    about[language],
    name === 'private'
      ? texts.all
      : all
          .filter(({ flags }) => flags.some((flag) => flag === name))
          .map(nameOf)
          .join(', '),
  ]);
  return `# ${texts.title}
${NOTE}

${texts.intro.join('\n\n')}

${[...groups, ...notes].join('\n\n')}

## ${texts.arguments}

${table(texts.argumentHeader, words)}

## ${texts.options}

${table(texts.optionHeader, options)}
`;
}

/** The words that an argument can be, one line for each, with what follows them. */
function wordRows(command: string, argument: Argument, language: Language): string[][] {
  const name = (one: Argument): string => (language === 'ko' ? one.ko : one.name);
  const { kind, role: least } = argument;
  if (kind === 'service' && least)
    return [
      [code(command), name(argument), code(language === 'ko' ? 'service:이름' : 'service:NAME'), code(least)],
    ];
  return (argument.choices ?? []).flatMap(({ typed, role, followedBy }) => [
    [
      code(command),
      followedBy ? `${name(argument)} + ${name(followedBy)}` : name(argument),
      typed.map(code).join(', '),
      role ? code(role) : '',
    ],
    ...(followedBy ? wordRows(`${command} ${typed[0]}`, followedBy, language) : []),
  ]);
}
