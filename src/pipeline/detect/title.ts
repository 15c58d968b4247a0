import { readable } from '../../domain/log/template.ts';

const LONGEST = 140;

/** A template as a title; the error code follows if it is not in the text. */
export function titleOf(pattern: string, errorCode?: string): string {
  const text = readable(pattern);
  const cut = text.length > LONGEST ? `${text.slice(0, LONGEST - 1).trimEnd()}…` : text;
  return errorCode && !cut.includes(errorCode) ? `${cut} (${errorCode})` : cut;
}
