import { AppError } from '../domain/errors.ts';
import { findAddresses, findNames } from './people/by-choice.ts';
import { findPersonal } from './people/personal.ts';
import { findSecrets } from './secrets.ts';
import { type Finder, isCredential, type Kind, merged, PLACEHOLDER, type Span } from './span.ts';

export interface Redactor {
  /** Throws AppError `internal` when something detectable would remain: nothing is sent then. */
  mask(text: string): string;
  /** Puts the hidden values back. */
  unmask(text: string): string;
  /** Hides the credentials that were found: an answer never needs one. */
  conceal(text: string): string;
}

/** What is hidden in addition to credentials. */
export interface MaskOptions {
  /** E-mail, phone, resident, business, card and account numbers. */
  personal: boolean;
  /** Addresses of machines and of people. */
  addresses?: boolean;
  /** Names of people, if a line says that they are names. */
  names?: boolean;
}

const PLACEHOLDERS = new RegExp(PLACEHOLDER, 'g');
/** Placeholders of credentials; personal data come back into the answer. */
const HIDDEN = /^\[(?:KEY|JWT|TOKEN|PASSWORD)_/;
const SHORTEST = 4;
const REDACTED = '[redacted]';
/** A placeholder ends a word, so a value that was attached to a hidden one may be found only after that was replaced. */
const PASSES = 4;

function findersOf({ personal, addresses, names }: MaskOptions): Finder[] {
  return [
    findSecrets,
    ...(personal ? [findPersonal] : []),
    ...(addresses ? [findAddresses] : []),
    ...(names ? [findNames] : []),
  ];
}

const HIDDEN_FOR_GOOD = /\[(?:redacted|email|rrn|business|card|phone|account|identity|ip|address|name)\]/;
const STANDS = new RegExp(`${PLACEHOLDER.source}|${HIDDEN_FOR_GOOD.source}`, 'g');

/** Whether something in a text was hidden for good. */
export const tellsOfHidden = (text: string): boolean => HIDDEN_FOR_GOOD.test(text);

/** What is to be hidden in a text: in order, without overlaps, and nothing that is hidden already. */
function spansIn(text: string, finders: readonly Finder[]): Span[] {
  const found: Span[] = [];
  for (const find of finders) find(text, found);
  const spans = merged(found);
  if (spans.length === 0 || !text.includes('[')) return spans;
  const stands = [...text.matchAll(STANDS)].map(({ 0: { length }, index }) => ({
    start: index,
    end: index + length,
  }));
  return stands.length === 0 ? spans : without(text, spans, stands);
}

/** The parts of spans beside placeholders; what is left beside one says nothing if it is short. */
function without(
  text: string,
  spans: readonly Span[],
  stands: readonly { start: number; end: number }[],
): Span[] {
  const parts: Span[] = [];
  const whole = new Set<Span>();
  let next = 0;
  for (const span of spans) {
    while (next < stands.length && stands[next]!.end <= span.start) next += 1;
    let from = span.start;
    let i = next;
    for (; i < stands.length && stands[i]!.start < span.end; i += 1) {
      parts.push({ ...span, start: from, end: stands[i]!.start });
      from = stands[i]!.end;
    }
    if (i === next) whole.add(span);
    parts.push(i === next ? span : { ...span, start: from });
  }
  return parts.filter((part) => whole.has(part) || /[\p{L}\p{N}]{3}/u.test(text.slice(part.start, part.end)));
}

function replaced(text: string, spans: readonly Span[], by: (kind: Kind, value: string) => string): string {
  let out = '';
  let from = 0;
  for (const { start, end, kind } of spans) {
    out += text.slice(from, start) + by(kind, text.slice(start, end));
    from = end;
  }
  return out + text.slice(from);
}

/** Hides all that is found; a line whose hidden values go on to show others was made on purpose and goes as a whole. */
function hidden(text: string, finders: readonly Finder[], by: (kind: Kind, value: string) => string): string {
  let out = text;
  for (let pass = 0; pass < PASSES; pass += 1) {
    const spans = spansIn(out, finders);
    if (spans.length === 0) return out;
    out = replaced(out, spans, by);
  }
  return out
    .split('\n')
    .map((line) => (spansIn(line, finders).length > 0 ? REDACTED : line))
    .join('\n');
}

/**
 * Hides credentials and, depending on the options, data of people and machines behind placeholders such as `[EMAIL_1]`. A value
 * has the same placeholder throughout one request.
 */
export function createRedactor(options: MaskOptions): Redactor {
  const finders = findersOf(options);
  const placeholders = new Map<string, string>();
  const values = new Map<string, string>();
  const numbers = new Map<Kind, number>();
  const placeholder = (kind: Kind, value: string): string => {
    const known = placeholders.get(value);
    if (known) return known;
    const number = (numbers.get(kind) ?? 0) + 1;
    numbers.set(kind, number);
    const made = `[${kind}_${number}]`;
    placeholders.set(value, made);
    values.set(made, value);
    return made;
  };
  return {
    mask(text) {
      // Text that already looks like a placeholder must not be replaced with a person's value later.
      const out = hidden(
        text.replace(PLACEHOLDERS, (found) => found.replace('_', '-')),
        finders,
        placeholder,
      );
      const [left] = spansIn(out, finders);
      if (left) throw new AppError('internal', `masking left a ${left.kind} behind`);
      return out;
    },
    unmask: (text) => {
      let out = text;
      // What was hidden in a later pass may hold the placeholder of an earlier one.
      for (let pass = 0; pass < PASSES && PLACEHOLDER.test(out); pass += 1)
        out = out.replace(PLACEHOLDERS, (found) => values.get(found) ?? found);
      return out;
    },
    conceal(text) {
      let out = text;
      for (const [made, value] of values)
        if (HIDDEN.test(made) && value.length >= SHORTEST) out = out.replaceAll(value, REDACTED);
      return out;
    },
  };
}

/** Hides for good. */
export interface Eraser {
  /** If it fails, all of the text goes. */
  erase(text: string): string;
  /** Hides what was a credential in a text before, wherever it stands. */
  eraseKnown(text: string): string;
}

/** A shorter credential, or one that is a word, may well be something else in another place. */
const KNOWN_FROM = 8;

export function createEraser(finders: readonly Finder[]): Eraser {
  const known = new Set<string>();
  return {
    erase(text) {
      try {
        return hidden(text, finders, (kind, value) => {
          if (!isCredential(kind)) return `[${kind.toLowerCase()}]`;
          if (value.length >= KNOWN_FROM && /\d/.test(value)) known.add(value);
          return REDACTED;
        });
      } catch {
        return REDACTED;
      }
    },
    eraseKnown(text) {
      let out = text;
      for (const value of known) if (out.includes(value)) out = out.replaceAll(value, REDACTED);
      return out;
    },
  };
}

const SECRETS = [findSecrets];

/** Replaces credentials for good: for what is shown to a person, written to a file or sent on. */
export const redactCredentials = (text: string): string => createEraser(SECRETS).erase(text);
