import type { RoleName } from '../../../config/incidents.ts';
import type { Language } from '../../../domain/question/question.ts';

/** A text in every language. */
export type Words = Record<Language, string>;

/** One word of a fixed set that an argument can be. */
interface Choice {
  /** The value that the command gets, whichever word was typed. */
  value: string;
  /** The words for it; the first is the one that menus send. */
  typed: readonly string[];
  /** How a menu shows it. */
  label?: Words;
  /** The role it takes, where that is more than the command's. */
  role?: RoleName;
  /** What follows this word. */
  followedBy?: Argument;
}

export interface Argument {
  /** Its name in menus. */
  name: string;
  /** The same in Korean. */
  ko: string;
  /**
   * `window` is a time to look at, `span` a length of time, `note` a remark about an incident, `text` any other free words, `id`
   * one word that names something else than an incident.
   */
  kind: 'text' | 'note' | 'window' | 'span' | 'service' | 'incident' | 'person' | 'choice' | 'id';
  about: Words;
  required?: true;
  /** Whether menus ask the bot for suggestions while it is typed. */
  suggested?: true;
  /** The role it takes, where that is more than the command's. */
  role?: RoleName;
  /** Of kind `choice`. */
  choices?: readonly Choice[];
  /** Of kind `choice`: the value where nothing was typed; the empty text where there is none. */
  otherwise?: string;
}

/** Options that are written with two dashes. */
export const FLAGS = {
  private: {
    typed: ['--private', '--비공개'],
    ko: '비공개',
    about: { en: 'Show the answer only to me', ko: '나에게만 답을 보이기' },
  },
  fresh: {
    typed: ['--fresh', '--새로'],
    ko: '새로',
    about: { en: 'Do not use a stored answer', ko: '저장된 답변을 쓰지 않기' },
  },
  yes: {
    typed: ['--yes', '--진행'],
    ko: '진행',
    about: { en: 'Start it whatever it may cost', ko: '비용과 관계없이 시작하기' },
  },
} as const;
export type FlagName = keyof typeof FLAGS;

export const QUESTION = {
  name: 'question',
  ko: '질문',
  kind: 'text',
  about: { en: 'What you want to know', ko: '알고 싶은 내용' },
} as const satisfies Argument;
export const WINDOW = {
  name: 'window',
  ko: '기간',
  kind: 'window',
  about: { en: 'How far back, such as 30m or 2h', ko: '얼마 동안의 로그인지, 예: 30분, 2시간' },
  suggested: true,
} as const satisfies Argument;
export const SERVICE = {
  name: 'service',
  ko: '서비스',
  kind: 'service',
  about: { en: 'Only this service', ko: '이 서비스만' },
  suggested: true,
} as const satisfies Argument;
export const INCIDENT = {
  name: 'incident',
  ko: '장애',
  kind: 'incident',
  about: { en: 'Its ID; not needed in its thread', ko: '장애 ID, 그 장애의 스레드에서는 생략' },
} as const satisfies Argument;
export const NOTE = {
  name: 'text',
  ko: '메모',
  kind: 'note',
  about: { en: 'What there is to say', ko: '남길 말' },
} as const satisfies Argument;
/** A mute of a whole service concerns everybody. */
export const WHOLE_SERVICE = {
  name: 'service',
  ko: '서비스',
  kind: 'service',
  about: { en: 'Everything of this service', ko: '이 서비스 전체' },
  role: 'admin',
} as const satisfies Argument;

/** Everything about a command, written once; parser, menus, completion, help and documentation are made from it. */
export interface CommandSpec {
  name: string;
  /** Its Korean name. */
  ko: string;
  /** Other words for it, in any language. */
  aliases: readonly string[];
  /** Whether it answers a question, acts on an incident, or lists what there is. */
  group: 'ask' | 'act' | 'list';
  /** What it does, in a line of at most 100 characters. */
  about: Words;
  /**
   * The explanation in the help, after the form of the command; the commands of the groups `act` and `list` share one sentence
   * there.
   */
  help?: Words;
  /** How its arguments are written. */
  form: Words;
  /** A shorter form for the help; for the group `act` the ID is left out. */
  brief?: Words;
  example?: Words;
  /** In the order in which a menu shows them, except that those which are required come first there. */
  arguments: readonly Argument[];
  /** The options that menus offer; the parser takes `private` with every command. */
  flags: readonly FlagName[];
  /** The least role that may give it; a choice or an argument may take more. */
  role: RoleName;
  /** Who sees the answer: everybody in the place where it was asked, or only the person who asked. */
  answer: 'place' | 'asker';
  /** How the box of Slack's composer shows it while `/logs` is typed. */
  hint?: string;
  /** Discord takes 25 commands and no more: what does the same there, a command with nothing but perhaps a choice (`incidents shadow`). */
  discord?: string;
}

/** Of a command without arguments. */
export const NO_ARGUMENTS: Words = { en: '', ko: '' };
