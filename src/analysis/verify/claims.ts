import { Lexicon } from '../lexicon/lexicon.ts';
import { type Concept, conceptsSaid, placeOf, withoutConcepts } from './concepts.ts';
import type { Corpus } from './corpus.ts';
import { flat, literal } from './text-forms.ts';
import { unaccounted } from './vocabulary.ts';

const LEXICON = new Lexicon('claims');
/** Words which say that something is the reason for something. */
const CAUSAL = LEXICON.pattern('causal');
/** The sentence refers to one before it: the service it names suffers from that. */
const POINTS_BACK = LEXICON.pattern('points-back');
/** Words which say that a service is not the cause. */
const DENIES = LEXICON.pattern('denies');
const FAILS = LEXICON.pattern('fails');
const NEGATED = LEXICON.pattern('negated');
/** Words of any sentence about a cause; they do not say what happened. */
const EMPTY = LEXICON.words('empty-english');
const KOREAN_EMPTY = new RegExp(`^(?:${LEXICON.source('empty-korean')})`);
const QUOTES = /"[^"\n]*"|“[^”\n]*”|`[^`\n]*`|「[^」\n]*」/g;
const blames = (sentence: string): boolean => CAUSAL.test(sentence);

/** Where a sentence is split into clauses, each about one service. */
const CLAUSE =
  /[,;:]\s|\s(?:and|but|while|so|then|which|because|after|since|as|when)\s|(?<=[가-힣](?:고|며|만|면|니)|(?<!에)서)[,\s]/i;

/** Advice may name things to check. These concepts are failures, and advice may name them only if a line shows them. */
const FAILURES: ReadonlySet<Concept> = new Set<Concept>([
  'memory',
  'disk',
  'deadlock',
  'crash',
  'tls',
  'dns',
  'auth',
  'attack',
  'network',
  'processor',
  'collection',
  'power',
  'hardware',
  'corruption',
  'clock',
  'vendor',
  'human',
  'bug',
]);

const KOREAN_WORD = /[가-힣]{2,}/g;

/**
 * Whether a sentence claims something that the lines do not show: another cause than the ranked one, or a failure that no line of
 * the named service reports.
 * @param first the service that the evidence shows as the cause; undefined if there is none
 */
export function isUnproven(
  sentence: string,
  corpus: Corpus,
  first: string | undefined,
  field: 'finding' | 'advice' = 'finding',
): boolean {
  const known = judged.get(corpus) ?? new Map<string, boolean>();
  judged.set(corpus, known);
  const key = JSON.stringify([field, first, sentence]);
  const unproven = known.get(key) ?? claimsMore(sentence, corpus, first, field);
  known.set(key, unproven);
  return unproven;
}

/** The result for each sentence is kept: while a reply streams, its sentences come again with every piece. */
const judged = new WeakMap<Corpus, Map<string, boolean>>();

function claimsMore(
  sentence: string,
  corpus: Corpus,
  first: string | undefined,
  field: 'finding' | 'advice',
): boolean {
  const speaksOfCause = blames(sentence);
  const text = sentence.normalize('NFKC');
  if (field === 'advice' && !speaksOfCause)
    return conceptsSaid(text).some((said) => FAILURES.has(said) && !corpus.concepts.has(said));
  if (speaksOfCause) {
    if (first === undefined) return true;
    const named = corpus.servicesIn(text);
    const cause = first.toLowerCase();
    if (DENIES.test(text)) return named.includes(cause);
    if (!named.includes(cause) && named.some((service) => service.length > 2)) return !POINTS_BACK.test(text);
    if (isInverted(text, cause, corpus)) return true;
    if (named.includes(cause) && !isAbout(text, cause, corpus)) return true;
  }
  if (isFoundWell(text, corpus) || saysMore(text, corpus)) return true;
  return text.split(CLAUSE).some((clause) => {
    const said = conceptsSaid(clause);
    if (said.length === 0) return false;
    return said.some((concept) => {
      const who = meantBy(clause, concept, corpus);
      return who.length === 0
        ? !corpus.concepts.has(concept)
        : !who.some((service) => corpus.conceptsOf(service).has(concept));
    });
  });
}

/** Whether a text says that a service fails, and no line shows that. */
function isFoundWell(text: string, corpus: Corpus): boolean {
  return text.split(CLAUSE).some((clause) => {
    if (!FAILS.test(clause) || NEGATED.test(clause)) return false;
    const own = corpus.servicesIn(clause).filter((service) => corpus.own.has(service));
    return own.length > 0 && own.every((service) => !corpus.troubled.has(service));
  });
}

/** Whether a text uses words that are neither in the evidence nor in ordinary language. */
function saysMore(text: string, corpus: Corpus): boolean {
  const bare = text.replace(QUOTES, ' ');
  const rest = withoutNames(flat(withoutConcepts(bare, conceptsSaid(bare))), corpus);
  return unaccounted(rest, corpus.text).length > 0;
}

/** The services that a clause may connect with a concept: in Korean the last one named before it, in English all of them. */
function meantBy(clause: string, concept: Concept, corpus: Corpus): string[] {
  const all = corpus.servicesIn(clause);
  if (all.length < 2 || !/[가-힣]/.test(clause)) return all;
  const before = corpus.servicesIn(clause.slice(0, placeOf(concept, clause)));
  const text = flat(clause);
  const last = before.toSorted((a, b) => text.lastIndexOf(b) - text.lastIndexOf(a))[0];
  return last === undefined ? all : [last];
}

/** Whether a text says that another service caused the ranked cause: `X caused the failures of CAUSE`. */
function isInverted(text: string, cause: string, corpus: Corpus): boolean {
  const low = flat(text);
  const at = low.search(
    /\b(?:caused|causes|causing|triggered|brought down|led to|leads to)\b|일으켰|일으킨|유발|초래|야기/,
  );
  if (at < 0) return false;
  const passive = /\b(?:was|were|is|are|been|being)\s+(?:\w+\s+)?$/.test(low.slice(0, at));
  if (passive) {
    const by = corpus.servicesIn(low.slice(at));
    return by.length > 0 && !by.includes(cause);
  }
  const before = corpus.servicesIn(low.slice(0, at));
  if (/[가-힣]/.test(low)) {
    // In Korean both come before the verb: the one with the subject particle caused the other.
    const subject = before.filter((service) =>
      new RegExp(`${literal(service)}(?:이|가|은|는|에서)(?![가-힣])`).test(low),
    );
    return subject.length > 0 && !subject.includes(cause);
  }
  return before.length > 0 && !before.includes(cause);
}

/** Whether a statement about the cause has something in common with the cause's lines, or is quite general. */
function isAbout(text: string, cause: string, corpus: Corpus): boolean {
  const shown = corpus.conceptsOf(cause);
  const said = conceptsSaid(text);
  if (said.some((concept) => shown.has(concept))) return true;
  const rest = corpus.services.size > 0 ? withoutNames(flat(text), corpus) : flat(text);
  const words = (rest.match(/[a-z]{4,}/g) ?? []).filter((word) => !EMPTY.has(word));
  const korean = (rest.match(KOREAN_WORD) ?? []).filter((word) => !KOREAN_EMPTY.test(word));
  if (words.length === 0 && korean.length === 0) return true;
  const stem = (word: string): string => word.replace(/(?:ing|ed|es|s|ion)$/, '').slice(0, 8);
  return (
    words.some((word) => corpus.proof.includes(stem(word))) ||
    korean.some((word) => corpus.proof.includes(word.slice(0, 2)))
  );
}

function withoutNames(text: string, corpus: Corpus): string {
  let rest = text;
  for (const name of corpus.servicesIn(text)) rest = rest.replaceAll(name, ' ');
  return rest;
}
