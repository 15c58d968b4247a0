import type { Language } from '../domain/question/question.ts';
import { CATALOGUES, type Catalogue } from './catalogues.ts';

type Claims = Catalogue['claims'];

/** A sentence, or a part of one, about what was computed from the logs. */
export const claimWords = <W extends keyof Claims>(
  language: Language,
  word: W,
  values: Parameters<Claims[W]>[0],
): string => (CATALOGUES[language].claims[word] as (values: unknown) => string)(values);
