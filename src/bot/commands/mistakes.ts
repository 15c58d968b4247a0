import { MAX_QUESTION } from '../../domain/question/question.ts';
import type { Speech } from '../../i18n/format.ts';
import type { Mistake } from './parse/command.ts';
import type { IncidentCommandMistake } from './parse/incident-command.ts';
import { formOf, mainNames, usageOf } from './table/texts.ts';

/** One line that says what is wrong with a command and how it is written. */
export function mistakeText(mistake: Mistake | IncidentCommandMistake, speech: Speech): string {
  const { say } = speech;
  const { word } = mistake;
  switch (mistake.wrong) {
    case 'empty':
      return say['usage.empty'];
    case 'search':
      return say['usage.search'];
    case 'tooLong':
      return say['usage.tooLong'](Number(word), MAX_QUESTION);
    case 'unknown':
      return say['usage.unknown'](word, mainNames(speech));
    case 'thread':
      return say['usage.thread'](word);
    case 'form':
      return say['usage.form'](word, usageOf(mistake.command, speech));
    case 'control':
      return say['usage.control'](formOf(mistake.command, speech));
    case 'duration':
      return say['usage.duration'](word);
    case 'option':
      return say['usage.option'](word);
  }
}
