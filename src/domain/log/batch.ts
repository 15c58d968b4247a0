import { AppError } from '../errors.ts';

/** An element of a batch: its value, and its text exactly as it was in the message. */
export interface BatchElement {
  index: number;
  value: unknown;
  text: string;
}

/** At most this many unreadable elements of one message become a dead letter each; with more, the whole message becomes one. */
const MAX_BAD_ELEMENTS = 100;

/** Whether the message has few enough unreadable elements to make each of them a dead letter. */
export const areFew = (bad: readonly unknown[]): boolean => bad.length <= MAX_BAD_ELEMENTS;

/** Why the whole message becomes a dead letter: how many of its elements cannot be used, and the reason for the first of them. */
export const badElements = (bad: number, all: number, first: AppError): AppError =>
  new AppError('malformed', `${bad} of ${all} elements of a batch; the first: ${first.message}`, {
    cause: first,
  });

/**
 * The elements of a batch: of a list, or of the list `data` of an envelope.
 * @param text JSON that was parsed, strictly or loosely
 * @param value what it was parsed to
 */
export function batchElements(text: string, value: unknown): BatchElement[] {
  const list = Array.isArray(value) ? value : (value as { data: unknown[] }).data;
  const texts = elementTexts(text, Array.isArray(value) ? skipSpace(text, 0) : dataAt(text));
  return list.map((element, index) => ({ index, value: element, text: texts[index] ?? '' }));
}

/** The index after the white space (and byte order mark) that begins at `at`. */
function skipSpace(text: string, at: number): number {
  let index = at;
  while (index < text.length && text[index]!.trim() === '') index += 1;
  return index;
}

/** Where the string that begins at `at` ends: the index of its closing quote, or the end of the text if it has none. */
export function stringEnd(text: string, at: number): number {
  let index = at + 1;
  while (index < text.length && text[index] !== '"') index += text[index] === '\\' ? 2 : 1;
  return index;
}

/** Where the value of the key `data` of an object begins. If there are several, the last one counts, as in JSON.parse. */
function dataAt(text: string): number {
  let found = 0;
  let depth = 0;
  for (let index = 0; index < text.length; index += 1) {
    const character = text[index];
    if (character === '{' || character === '[') depth += 1;
    else if (character === '}' || character === ']') depth -= 1;
    else if (character === '"') {
      const end = stringEnd(text, index);
      const colon = depth === 1 ? skipSpace(text, end + 1) : -1;
      if (text[colon] === ':' && isData(text.slice(index, end + 1))) found = skipSpace(text, colon + 1);
      index = end;
    }
  }
  return found;
}

function isData(key: string): boolean {
  if (!key.includes('\\')) return key === '"data"';
  try {
    return JSON.parse(key) === 'data';
  } catch {
    // A control character that a lenient writer left in the string.
    return false;
  }
}

/** The texts of the elements of a list that begins at `at`. */
function elementTexts(text: string, at: number): string[] {
  const found: string[] = [];
  let depth = 0;
  let start = at + 1;
  for (let index = at; index < text.length; index += 1) {
    const character = text[index];
    if (character === '"') index = stringEnd(text, index);
    else if (character === '{' || character === '[') depth += 1;
    else if (character === '}' || character === ']') {
      depth -= 1;
      if (depth > 0) continue;
      found.push(text.slice(start, index).trim());
      break;
    } else if (character === ',' && depth === 1) {
      found.push(text.slice(start, index).trim());
      start = index + 1;
    }
  }
  return found;
}
