import type { Language } from '../domain/question/question.ts';
import { answers as answersEn } from './en/answers.ts';
import { card as cardEn } from './en/card.ts';
import { chat as chatEn } from './en/chat.ts';
import { claims as claimsEn } from './en/claims.ts';
import { controls as controlsEn } from './en/controls.ts';
import { detections as detectionsEn } from './en/detections.ts';
import { health as healthEn } from './en/health.ts';
import { queries as queriesEn } from './en/queries.ts';
import { reading as readingEn } from './en/reading.ts';
import { terminal as terminalEn } from './en/terminal.ts';
import { tuning as tuningEn } from './en/tuning.ts';
import { answers as answersKo } from './ko/answers.ts';
import { card as cardKo } from './ko/card.ts';
import { chat as chatKo } from './ko/chat.ts';
import { claims as claimsKo } from './ko/claims.ts';
import { controls as controlsKo } from './ko/controls.ts';
import { detections as detectionsKo } from './ko/detections.ts';
import { health as healthKo } from './ko/health.ts';
import { queries as queriesKo } from './ko/queries.ts';
import { reading as readingKo } from './ko/reading.ts';
import { terminal as terminalKo } from './ko/terminal.ts';
import { tuning as tuningKo } from './ko/tuning.ts';

/*
 * A folder per language, and in it a file per subject. The English files define the keys and the values that are filled in; other
 * languages have the type of the English ones. An entry is a text, or a function that fills values into a text. Korean is in 해요체
 * throughout.
 */

const en = {
  /** What the bot says in chats. */
  chat: { ...chatEn, ...controlsEn, ...tuningEn, ...cardEn },
  answers: answersEn,
  /** What code says about the logs, a sentence for each type of claim. */
  claims: claimsEn,
  /** Answers to plain questions. */
  queries: queriesEn,
  detections: detectionsEn,
  health: healthEn,
  reading: readingEn,
  terminal: terminalEn,
};

/** All words of a language, by subject. */
export type Catalogue = typeof en;

const ko: Catalogue = {
  chat: { ...chatKo, ...controlsKo, ...tuningKo, ...cardKo },
  answers: answersKo,
  claims: claimsKo,
  queries: queriesKo,
  detections: detectionsKo,
  health: healthKo,
  reading: readingKo,
  terminal: terminalKo,
};

export const CATALOGUES: Record<Language, Catalogue> = { en, ko };
