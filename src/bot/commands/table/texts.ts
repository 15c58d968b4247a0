import type { Language } from '../../../domain/question/question.ts';
import type { Speech } from '../../../i18n/format.ts';
import { MAIN_COMMANDS } from './main-commands.ts';
import type { CommandSpec } from './spec.ts';
import { type CommandName, type IncidentCommandName, specOf, TABLE } from './table.ts';

export const nameIn = (language: Language, spec: CommandSpec): string =>
  language === 'ko' ? spec.ko : spec.name;

const joined = (...words: string[]): string => words.filter(Boolean).join(' ');

/** How a command is written: `/logs mute ID [30m] [REASON]`. */
export function formOf(name: CommandName | IncidentCommandName, { language }: Speech): string {
  const spec = specOf(name);
  return joined('/logs', nameIn(language, spec), spec.form[language]);
}

/** The form, with an example where there is one. */
export function usageOf(name: CommandName | IncidentCommandName, speech: Speech): string {
  const { example } = specOf(name);
  const form = formOf(name, speech);
  return example ? speech.say['usage.example'](form, `/logs ${example[speech.language]}`) : form;
}

/** The names listed for somebody who typed an unknown one: `why, … or help`; in Korean with commas only. */
export function mainNames({ language }: Speech): string {
  const names = MAIN_COMMANDS.map((spec) => nameIn(language, spec));
  return language === 'ko' ? names.join(', ') : `${names.slice(0, -1).join(', ')} or ${names.at(-1)}`;
}

/** The lines of `help`: one for each command, one for all that act on incidents, one for the lists. */
export function helpLines({ language, say }: Speech): string[] {
  const short = (spec: CommandSpec): string =>
    joined(
      nameIn(language, spec),
      (spec.brief ?? (spec.group === 'act' ? undefined : spec.form))?.[language] ?? '',
    );
  const of = (group: CommandSpec['group']): CommandSpec[] => TABLE.filter((spec) => spec.group === group);
  const line = (spec: CommandSpec): string => `/logs ${short(spec)}: ${spec.help?.[language]}`;
  const own = of('ask');
  return [
    ...own.filter(({ name }) => name !== 'help').map(line),
    `/logs ${of('act').map(short).join(', ')}: ${say['help.act']}`,
    `${of('list')
      .map((spec) => `/logs ${short(spec)}`)
      .join(', ')}: ${say['help.list']}`,
    ...own.filter(({ name }) => name === 'help').map(line),
  ];
}

/** The hint that Slack shows while `/logs` is typed; it is in the app's manifest. */
export const usageHint = (): string =>
  (TABLE as readonly CommandSpec[]).flatMap(({ hint }) => hint ?? []).join(' | ');
