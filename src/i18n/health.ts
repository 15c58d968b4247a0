import type { Health, HealthPhrase } from '../domain/health.ts';
import type { Language } from '../domain/question/question.ts';
import { CATALOGUES, type Catalogue } from './catalogues.ts';

type Words = Catalogue['health'];
type Word = keyof Words;
/** A key without values to fill in. */
export type PlainWord = { [W in Word]: Words[W] extends string ? W : never }[Word];
type FilledWord = Exclude<Word, PlainWord>;

/** A key of the catalogue with its values. It is stored and sent to other processes as it is. */
export type Phrase =
  | [word: PlainWord, values?: Record<string, string | number>]
  | { [W in FilledWord]: [word: W, values: Parameters<Words[W]>[0]] }[FilledWord];

/** One phrase in words. */
export function healthText(language: Language, [word, values]: Phrase): string {
  const entry = CATALOGUES[language].health[word] as string | ((values: unknown) => string);
  return typeof entry === 'string' ? entry : entry(values);
}
const inWords = (language: Language, phrases: readonly Phrase[]): string =>
  phrases.map((one) => healthText(language, one)).join(', ');

/** Health from phrases of the catalogue; `detail` and `mend` are in English, for programs and logs. */
export function healthOf(ok: boolean, kind: string, detail: Phrase[], mend?: Phrase): Health {
  return {
    ok,
    kind,
    detail: inWords('en', detail),
    ...(mend ? { mend: healthText('en', mend) } : {}),
    said: { detail, ...(mend ? { mend } : {}) },
  };
}

/** Whether this version of the program can say the phrase. */
function isPhrase([word, values]: HealthPhrase): boolean {
  const words: Record<string, unknown> = CATALOGUES.en.health;
  return Object.hasOwn(words, word) && (typeof words[word] === 'string' || values !== undefined);
}

/** The phrases in which a part reports its health; undefined if it has none, or some that this version does not know. */
export function phrasesOf({ said }: Health): { detail: Phrase[]; mend?: Phrase } | undefined {
  if (!said?.detail.every(isPhrase) || (said.mend && !isPhrase(said.mend))) return undefined;
  return said as { detail: Phrase[]; mend?: Phrase };
}

/** The same in the language of a person. Phrases of another version that are unknown here stay English. */
export function healthIn(language: Language, health: Health): Health {
  const said = phrasesOf(health);
  if (!said) return health;
  return {
    ...health,
    detail: inWords(language, said.detail),
    ...(said.mend ? { mend: healthText(language, said.mend) } : {}),
  };
}

/** Health of the models if none is configured, which is not a fault. */
export const NO_MODEL = healthOf(true, 'none', [['noModel']]);
