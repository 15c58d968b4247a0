import {
  type APIApplicationCommandInteractionDataBasicOption,
  type APIApplicationCommandInteractionDataOption,
  ApplicationCommandOptionType,
} from 'discord.js';
import type { Argument } from '../commands/table/spec.ts';
import { findSpec } from '../commands/table/table.ts';

type Given = readonly APIApplicationCommandInteractionDataBasicOption[];

/** What was given for an argument, as a person would type it. */
function typed({ name, kind }: Argument, given: Given): string {
  const value = given.find((option) => option.name === name)?.value;
  const words = typeof value === 'string' ? value.trim() : '';
  if (kind === 'person') return words ? `<@${words}>` : 'me';
  if (!words) return '';
  if (kind === 'service') return `service:${words.replace(/\s+/g, '')}`;
  return kind === 'window' || kind === 'span' ? words.replace(/\s+/g, '') : words;
}

const isFree = ({ kind }: Argument): boolean => kind === 'text' || kind === 'note';

/** The options of one interaction as the line a person would type elsewhere: `why 30m service:cart words --private`. */
export function typedLine(options: readonly APIApplicationCommandInteractionDataOption[] | undefined): {
  text: string;
  isPrivate: boolean;
} {
  const chosen = options?.[0];
  if (chosen?.type !== ApplicationCommandOptionType.Subcommand) return { text: '', isPrivate: false };
  const given = chosen.options ?? [];
  const isPrivate = given.some(({ name, value }) => name === 'private' && value === true);
  const spec = findSpec(chosen.name);
  const all = spec?.arguments ?? [];
  // Free words come last: the words before them are recognised by their form.
  const inOrder = [...all.filter((one) => !isFree(one)), ...all.filter(isFree)];
  const words = [
    chosen.name,
    ...inOrder.map((argument) => typed(argument, given)),
    isPrivate ? '--private' : '',
  ];
  return { text: words.filter(Boolean).join(' '), isPrivate: isPrivate || spec?.answer === 'asker' };
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
