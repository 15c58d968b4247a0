import { Lexicon } from '../lexicon/lexicon.ts';

const LEXICON = new Lexicon('injection');
/** Words that address a model or try to influence one; a statement about logs needs none of them. */
const TO_A_MODEL = LEXICON.pattern('to-a-model', 'im');
/** Commands nobody should copy from an answer about logs. */
const DESTRUCTIVE = LEXICON.pattern('destructive');

/** Whether a text tries to tell its reader what to do or to say. */
export const isInstruction = (text: string): boolean => TO_A_MODEL.test(text);

export const isDestructive = (text: string): boolean => DESTRUCTIVE.test(text);

/** A mention, a link, or a disguised one. */
const REACHING_OUT = LEXICON.pattern('reaching-out', 'gi');
/** A name that ends with a public top-level domain is an address that people may open. */
const DOMAIN = LEXICON.pattern('domain', 'gi');
const INVISIBLE = /[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff]/;

/** Links and mentions in a text: everything that would make a reader open a page or call a person. */
export function reachingOut(text: string): string[] {
  const plain = text.normalize('NFKC');
  return [
    ...(INVISIBLE.test(plain) ? ['invisible'] : []),
    ...[...plain.matchAll(REACHING_OUT), ...plain.matchAll(DOMAIN)].map(([found]) => found),
  ];
}
