import { join } from 'node:path';
import { WordList } from '../lexicon/word-list.ts';

/** How secrets are named and what some of them look like. */
export const SECRET_WORDS = new WordList(join(import.meta.dirname, 'secret-words.txt'));

/**
 * What a name says of its value: a secret whatever it looks like, a secret if it looks like one, or also if it is a few
 * digits.
 */
export type Secrecy = 'password' | 'token' | 'code';

const PASSWORD = SECRET_WORDS.words('password');
const TOKEN = SECRET_WORDS.words('token');
const CODE = SECRET_WORDS.words('code');
const KEY_OF = SECRET_WORDS.words('key-of');
const FILLER = SECRET_WORDS.words('filler');
const TOKEN_OF = SECRET_WORDS.words('token-of');
const NO_VALUE = SECRET_WORDS.words('no-value');
/** Words that also end others without a gap: `PGPASSWORD`, `accesstoken`. A short one ends too many: `bypass`, `compass`. */
const GLUED: [string, Secrecy][] = [
  ...[...PASSWORD]
    .filter((word) => word.length > 4 || word.charCodeAt(0) > 127 || word === 'pwd')
    .map(glued('password')),
  ...[...TOKEN].filter((word) => word.length > 4 || word.charCodeAt(0) > 127).map(glued('token')),
  ...[...CODE].filter((word) => word.charCodeAt(0) > 127).map(glued('code')),
];

function glued(secrecy: Secrecy): (word: string) => [string, Secrecy] {
  return (word) => [word, secrecy];
}

/** The words of `dbPassword`, `DB_PASSWORD`, `db.password`, in lower case. */
function wordsOf(name: string): string[] {
  return name
    .replace(/([a-z\d])([A-Z])/g, '$1_$2')
    .replace(/([A-Z])([A-Z][a-z])/g, '$1_$2')
    .toLowerCase()
    .split(/[^\p{L}\p{N}]+/u)
    .filter(Boolean);
}

/** Whether a name is one of a secret: its last word tells, since `password_length` is about a length. */
export function secrecyOf(name: string): Secrecy | undefined {
  const words = wordsOf(name).map((word) => word.replace(/\d{1,3}$/, '') || word);
  while (words.length > 1 && FILLER.has(words.at(-1)!)) words.pop();
  const last = words.at(-1);
  if (last === undefined) return undefined;
  const before = words.at(-2);
  if (PASSWORD.has(last)) return 'password';
  if (CODE.has(last)) return 'code';
  if (last === 'token' && before !== undefined && TOKEN_OF.has(before)) return undefined;
  if (TOKEN.has(last)) return 'token';
  if (last === 'key' && before === 'secret') return 'password';
  if (last === 'key' && before !== undefined && KEY_OF.has(before)) return 'token';
  if (last === 'id' && (before === 'session' || before === 'sess' || before === 'secret')) return 'token';
  if (
    last === 'code' &&
    before !== undefined &&
    /^(?:auth\w*|verification|security|access|otp|mfa|backup|recovery|invite)$/.test(before)
  )
    return 'code';
  if (last === 'passe' && before === 'de') return 'password';
  if (last === 'khẩu' || (last === 'phrase' && (before === 'seed' || before === 'pass'))) return 'password';
  return GLUED.find(([word]) => last.endsWith(word))?.[1];
}

/** Words that may stand beside a name of a secret, and say how it is. */
export const isNoValue = (word: string): boolean => NO_VALUE.has(word.toLowerCase());
