import { redactCredentials } from '../../../analysis/redaction/redact.ts';
import type { Incident } from '../../../domain/alert/incident.ts';
import { readable } from '../../../domain/log/template.ts';
import { kindWord } from '../../../i18n/answers.ts';
import type { Speech } from '../../../i18n/format.ts';
import { cut } from '../../chat/text.ts';

/** Length of a title, in UTF-16 units. */
const TITLE = 180;
/** Characters that are looked at for credentials: more than any part of a card shows. */
const LOOKED_AT = 4_000;
/** A login in an address that was cut off before its end, so that nothing tells any more that it is one. */
const CUT_LOGIN = /(:\/\/[^/\s\u2026:@]{0,100}:)(?!\d{1,5} ?\u2026)[^/\s\u2026@]{1,200} ?\u2026/g;
/** A key that was cut off: one of a known kind, or letters and digits without a word among them. */
const CUT_KEY =
  /(?<![\w+/=-])(?:(?:AKIA|AIza|eyJ|gh[a-z]_|glpat-|sk-|xox)[\w.+/=-]{0,200}|(?=[^\d\s]{0,60}\d)(?=[^A-Za-z\s]{0,60}[A-Za-z])[\w+/=-]{12,200}) ?\u2026/g;
/** What stands for a service where the producer of an anomaly named none. */
export const NAMELESS = 'unknown';

export const oneLine = (text: string, limit = TITLE): string =>
  cut(text.replace(/\s+/g, ' ').trim(), limit) || '–';

/**
 * Text of a log or of another producer without credentials, also those of which it has only the beginning: whoever reads the
 * channel reads it.
 */
export const masked = (text: string): string =>
  redactCredentials(cut(text, LOOKED_AT)).replace(CUT_LOGIN, '$1\u2026').replace(CUT_KEY, '\u2026');

/** The parts of an incident that its headline is made of. */
export type Named = Pick<Incident, 'service' | 'title'> &
  Partial<Pick<Incident, 'explanation' | 'rootCause'>>;

/** The cause, if its analysis found one that it is sure enough of. */
export const knownCause = ({ rootCause }: Pick<Named, 'rootCause'>): Incident['rootCause'] =>
  rootCause && rootCause.verdict !== 'inconclusive' ? rootCause : undefined;

/** What went wrong, without the service: the cause where it is known, else what was noticed first. */
export function titleText(incident: Named, { language }: Pick<Speech, 'language'>): string {
  const cause = knownCause(incident);
  if (cause?.text) return masked(cause.text);
  // Where only the lines say what failed, they say more than that something did.
  if (cause?.kind && cause.kind !== 'error') return kindWord(language, cause.kind);
  return noticedText(incident);
}

/** What was noticed first. A word alone (`HIGH_ERROR_RATE`) says too little: the explanation follows it. */
export function noticedText({ title, explanation = '' }: Named): string {
  const noticed = masked(readable(title));
  const [first = ''] = explanation.trim().split(/\n|(?<=[.!?])\s/, 1);
  if (/\s/.test(noticed) || first === '' || first === title) return noticed;
  return `${noticed}: ${masked(first)}`;
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
