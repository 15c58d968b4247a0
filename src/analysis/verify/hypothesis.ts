import { isDestructive, isInstruction, reachingOut } from './injection.ts';

/** The longest guess, in words. */
const WORDS = 40;
/** Marks that only code, links, mentions and markup need. */
const MARKUP = /[`<>{}[\]|\\@#*_~$^]|:\/\/|(?:^|\s)-{1,2}\w/;
const SENTENCE = /(?<=[.!?。])\s+/;
/** What makes a sentence a guess: a closed class of words and endings in both languages. */
const GUESS =
  /\b(?:may|might|could|perhaps|possibly|probably|likely|seems?|suggests?)\b|(?:수(?:도)? 있|것 같|듯(?:해|하|합)|가능성|모양이|로 보(?:여|이|입)|을지도|ㄹ지도|일지도|을 수도)/i;
/** What speaks to somebody, or of what is to be done: closed classes too. A mechanism needs none of them. */
const TO_SOMEBODY =
  /\b(?:you|your|yours|we|us|our|let|please|anyone|someone|everyone|nobody|should|must|ought|shall|needs?|needed|has to|have to|had to|want|try|required?|better)\b|(?:세요|주시|십시오|합시다|하자|야 ?(?:하|할|해|합|한|돼|됩|될)|해도 (?:돼|됩|되)|하면 (?:돼|됩|되)|바랍니다|필요(?:해|하|가|는))/i;
/** What is no plain word but a name, a number or a path; the ends of sentences do not count. */
const SPECIAL = /[^\p{L}]|\p{Ll}\p{Lu}|\p{Lu}{2}/u;
const EDGE = /^[^\p{L}\p{N}/]+|[^\p{L}\p{N}]+$/gu;
const WORD = /[\p{L}\p{N}]+/gu;

/** The form in which texts are compared. */
const flat = (text: string): string => text.normalize('NFKC').toLowerCase();
const wordsOf = (text: string): string[] => flat(text).match(WORD) ?? [];

/**
 * A model's guess at a mechanism, if it may be shown as one: short, in the form of a guess, about a service of the evidence, with no
 * name or number that the evidence lacks, with no markup, link, command or instruction, to nobody, and no mere repetition of a log line, which
 * may have been written for the reader. What breaks one of these rules is left out as a whole.
 * @param known the text that the model was given, lower case or not
 * @param services names of which each sentence has to hold one
 */
export function cleanHypothesis(
  text: string,
  known: string,
  services: readonly string[],
): string | undefined {
  const guess = text.normalize('NFKC').replace(/\s+/g, ' ').trim();
  if (guess === '' || guess.split(' ').length > WORDS || MARKUP.test(guess)) return undefined;
  if (reachingOut(guess).length > 0 || isInstruction(guess) || isDestructive(guess)) return undefined;
  const given = flat(known);
  for (const token of guess.split(' ')) {
    const name = token.replace(EDGE, '');
    if (SPECIAL.test(name) && !given.includes(flat(name))) return undefined;
  }
  const lines = given.split('\n').map(wordsOf);
  const isOurs = (sentence: string): boolean =>
    GUESS.test(sentence) &&
    !TO_SOMEBODY.test(sentence) &&
    services.some((service) => flat(sentence).includes(service)) &&
    !lines.some((line) => holdsInOrder(line, wordsOf(sentence)));
  return guess.split(SENTENCE).every(isOurs) ? guess : undefined;
}

/** Whether all words stand in a line in their order. */
function holdsInOrder(line: readonly string[], words: readonly string[]): boolean {
  let next = 0;
  for (const word of line) if (word === words[next]) next += 1;
  return next === words.length;
}
