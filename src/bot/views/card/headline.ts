import type { Incident } from '../../../domain/alert/incident.ts';
import { readable } from '../../../domain/log/template.ts';
import { kindWord } from '../../../i18n/answers.ts';
import type { Speech } from '../../../i18n/format.ts';
import { cut } from '../../chat/text.ts';

/** Length of a title, in UTF-16 units. */
const TITLE = 180;
/** What stands for a service where the producer of an anomaly named none. */
export const NAMELESS = 'unknown';

export const oneLine = (text: string, limit = TITLE): string =>
  cut(text.replace(/\s+/g, ' ').trim(), limit) || '–';

/** The parts of an incident that its headline is made of. */
export type Named = Pick<Incident, 'service' | 'title'> &
  Partial<Pick<Incident, 'explanation' | 'rootCause'>>;

/** The cause, if its analysis found one that it is sure enough of. */
export const knownCause = ({ rootCause }: Pick<Named, 'rootCause'>): Incident['rootCause'] =>
  rootCause && rootCause.verdict !== 'inconclusive' ? rootCause : undefined;

/** What went wrong, without the service: the cause where it is known, else what was noticed first. */
export function titleText(incident: Named, { language }: Pick<Speech, 'language'>): string {
  const cause = knownCause(incident);
  if (cause?.text) return cause.text;
  // Where only the lines say what failed, they say more than that something did.
  if (cause?.kind && cause.kind !== 'error') return kindWord(language, cause.kind);
  return noticedText(incident);
}

/** What was noticed first. A word alone (`HIGH_ERROR_RATE`) says too little: the explanation follows it. */
export function noticedText({ title, explanation = '' }: Named): string {
  const noticed = readable(title);
  const [first = ''] = explanation.trim().split(/\n|(?<=[.!?])\s/, 1);
  if (/\s/.test(noticed) || first === '' || first === title) return noticed;
  return `${noticed}: ${first}`;
}

/** `service: title` on one line; the service is the one at fault. */
export function nameOf(incident: Named, { say, language }: Pick<Speech, 'say' | 'language'>): string {
  const service = knownCause(incident)?.service ?? incident.service;
  const title = oneLine(titleText(incident, { language }));
  if (service === NAMELESS) return title;
  const name = oneLine(service, 80);
  // Titles of other producers often begin with the service.
  const repeated = title.toLowerCase().startsWith(`${name.toLowerCase()}:`);
  return repeated ? title : say.incidentSummary(name, title);
}
