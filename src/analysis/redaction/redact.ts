import { AppError } from '../../domain/errors.ts';
import {
  ADDRESSES,
  CREDENTIALS,
  NAMES,
  PERSONAL,
  PLACEHOLDER,
  type SecretPattern,
} from './secret-patterns.ts';

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
  /** E-mail, phone, resident, business and card numbers. */
  personal: boolean;
  /** IP addresses. */
  addresses?: boolean;
  /** Names of people, if a line says that they are names. */
  names?: boolean;
}

/**
 * Hides credentials and, depending on the options, data of people and machines behind placeholders such as `[EMAIL_1]`. A value
 * has the same placeholder throughout one request.
 */
export function createRedactor(options: MaskOptions): Redactor {
  const patterns = [
    ...CREDENTIALS,
    ...(options.personal ? PERSONAL : []),
    ...(options.addresses ? ADDRESSES : []),
    ...(options.names ? NAMES : []),
  ];
  const placeholders = new Map<string, string>();
  const values = new Map<string, string>();
  const numbers = new Map<string, number>();
  const placeholder = (name: string, value: string): string => {
    const known = placeholders.get(value);
    if (known) return known;
    const number = (numbers.get(name) ?? 0) + 1;
    numbers.set(name, number);
    const made = `[${name}_${number}]`;
    placeholders.set(value, made);
    values.set(made, value);
    return made;
  };
  return {
    mask(text) {
      // Text that already looks like a placeholder must not be replaced with a person's value later.
      let out = text.replace(new RegExp(PLACEHOLDER, 'g'), (found) => found.replace('_', '-'));
      const leftIn = (one: string): SecretPattern | undefined =>
        patterns.find((secret) => matches(one, secret));
      for (let pass = 0; pass < PASSES; pass += 1) {
        for (const secret of patterns) out = replace(out, secret, (value) => placeholder(secret.name, value));
        if (!leftIn(out)) return out;
      }
      // If each hidden value of a line reveals another one, the line was made on purpose: all of it is removed.
      out = out
        .split('\n')
        .map((line) => (leftIn(line) ? REDACTED : line))
        .join('\n');
      const left = leftIn(out);
      if (left) throw new AppError('internal', `masking left a ${left.name} behind`);
      return out;
    },
    unmask: (text) => text.replace(new RegExp(PLACEHOLDER, 'g'), (found) => values.get(found) ?? found),
    conceal(text) {
      let out = text;
      for (const [made, value] of values)
        if (HIDDEN.test(made) && value.length >= SHORTEST) out = out.replaceAll(value, REDACTED);
      return out;
    },
  };
}

/** A placeholder ends a word, so a value that was attached to a hidden one may be found only after that was replaced. */
const PASSES = 4;
/** Placeholders of credentials; personal data come back into the answer. */
const HIDDEN = /^\[(?:KEY|JWT|TOKEN|PASSWORD)_/;
const SHORTEST = 4;
const REDACTED = '[redacted]';

/** Replaces credentials for good, for packs that are shown to a person or written to a file. */
export function redactCredentials(text: string): string {
  let out = text;
  for (const secret of CREDENTIALS) out = replace(out, secret, () => REDACTED);
  return out;
}

function secretOf(match: RegExpMatchArray, secret: SecretPattern): string | undefined {
  const value = secret.group
    ? match[secret.group]
    : (match.slice(1).find((group) => group !== undefined) ?? match[0]);
  if (value === undefined || PLACEHOLDER.test(value) || value.startsWith('[redacted')) return undefined;
  return secret.valid && !secret.valid(value) ? undefined : value;
}

function replace(text: string, secret: SecretPattern, by: (value: string) => string): string {
  let out = '';
  let from = 0;
  for (const match of text.matchAll(secret.pattern)) {
    const value = secretOf(match, secret);
    if (value === undefined) continue;
    const at = match.index + match[0].lastIndexOf(value);
    out += text.slice(from, at) + by(value);
    from = at + value.length;
  }
  return out + text.slice(from);
}

function matches(text: string, secret: SecretPattern): boolean {
  for (const match of text.matchAll(secret.pattern)) if (secretOf(match, secret) !== undefined) return true;
  return false;
}
