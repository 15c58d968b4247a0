import {
  type APIApplicationCommandBasicOption,
  type APIApplicationCommandSubcommandOption,
  ApplicationCommandOptionType,
  type RESTPostAPIChatInputApplicationCommandsJSONBody,
} from 'discord.js';
import { MAX_QUESTION } from '../../domain/question/question.ts';
import { type Argument, type CommandSpec, FLAGS, type Words } from '../commands/table/spec.ts';
import { TABLE } from '../commands/table/table.ts';

/** The most characters of an argument that is no free text: ids, names, remarks. */
const SHORT = 300;

/** Name and description in English and, for people whose Discord is Korean, in Korean. */
const localized = ({ name, ko, about }: { name: string; ko: string; about: Words }) => ({
  name,
  name_localizations: { ko },
  description: about.en,
  description_localizations: { ko: about.ko },
});

/** An argument as Discord asks for it. Words that take another word behind them are free text there. */
function option(argument: Argument): APIApplicationCommandBasicOption {
  const { kind, choices = [], suggested, required = false } = argument;
  const words = localized(argument);
  if (kind === 'person') return { type: ApplicationCommandOptionType.User, ...words, required };
  const type = ApplicationCommandOptionType.String;
  if (suggested) return { type, ...words, required, autocomplete: true };
  const open = kind === 'text' || choices.some(({ followedBy }) => followedBy);
  if (kind !== 'choice' || open) return { type, ...words, required, max_length: open ? MAX_QUESTION : SHORT };
  return {
    type,
    ...words,
    required,
    choices: choices.map(({ typed, label }) => ({
      name: label?.en ?? typed[0]!,
      ...(label ? { name_localizations: { ko: label.ko } } : {}),
      value: typed[0]!,
    })),
  };
}

const PRIVATE: APIApplicationCommandBasicOption = {
  type: ApplicationCommandOptionType.Boolean,
  ...localized({ name: 'private', ...FLAGS.private }),
};

/** Required options come first, as Discord wants them. */
function subcommand(spec: CommandSpec): APIApplicationCommandSubcommandOption {
  const { arguments: all, flags } = spec;
  const inOrder = [...all.filter(({ required }) => required), ...all.filter(({ required }) => !required)];
  return {
    type: ApplicationCommandOptionType.Subcommand,
    ...localized(spec),
    options: [...inOrder.map(option), ...(flags.includes('private') ? [PRIVATE] : [])],
  };
}

/** The slash command `/logs`, as it is registered with Discord. */
export const SLASH_COMMAND: RESTPostAPIChatInputApplicationCommandsJSONBody = {
  ...localized({
    name: 'logs',
    ko: '로그',
    about: { en: 'Ask Bongsu about the logs', ko: '봉수에게 로그에 대해 묻기' },
  }),
  options: (TABLE as readonly CommandSpec[]).filter(({ discord }) => !discord).map(subcommand),
};
