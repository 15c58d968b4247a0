import { type Concept, conceptsSaid, placeOf, withoutConcepts } from './concepts.ts';
import { type Corpus, flat } from './corpus.ts';
import { unaccounted } from './vocabulary.ts';

/** Says that something is the reason of something. */
const CAUSAL =
  /\broot cause|\bcaus(?:e[sd]?|ing)\b|because|due to|culprit|at fault|\bfaulty\b|responsible for|\bblam\w+|\btrigger\w*|\bled to\b|\bleads? to\b|brought down|originat\w+|\bsource of\b|\bstems? from|result(?:s|ed)? from|started (?:in|with)\b|\bto blame|behind (?:this|the)|\borigin\b|\b(?:issue|problem|fault|trouble) (?:is|was|lies|sits|started|began)\b|\b(?:it|this|all) (?:all )?(?:started|began) (?:when|with|in)\b|dragg\w+|\boverwhelm\w*|발단|시작점|근원|진원|원인|때문|탓|유발|비롯|초래|책임|(?:으로|로) ?인(?:해|한|하여)|발생시|야기|일으[켰킨키]/i;
const QUOTES = /"[^"\n]*"|“[^”\n]*”|`[^`\n]*`|「[^」\n]*」/g;
export const blames = (sentence: string): boolean => CAUSAL.test(sentence);

/** Parts of a sentence that each say something of somebody. */
/** Points back at what was said before: whoever is named now suffers from it. */
const BACK =
  /\b(?:because of|due to|caused by|result of|from) (?:it|this|that|them|these)\b|(?:이|그)(?: 장애| 오류| 문제)?(?:로 인해| 때문)/i;

/** Says of somebody that it is not the cause. */
const DENIES =
  /\b(?:not|never|neither) (?:itself )?(?:the |a |an |to )?(?:real |actual |root )?(?:caus\w*|blame|culprit|fault|responsible|at fault)|\bvictim|원인(?:은|이|도)? ?아니|피해(?:자|를)/i;

const CLAUSE =
  /[,;:]\s|\s(?:and|but|while|so|then|which|because|after|since|as|when)\s|(?<=[가-힣](?:고|며|만|면|니)|(?<!에)서)[,\s]/i;

/** Advice speaks of what might be looked at; what it must not do is to name a failure nobody saw. */
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

/** Words of any sentence about a cause; they say nothing of what happened. */
const EMPTY = new Set(
  'about above after again also although because been before being caller callers cause caused causes causing clear clearly cluster component culprit depend dependent depends downstream error errors evidence fail failed failing fails failure failures fault faulty first from have having here however impact incident issue issues itself likely lines list logs made main mainly most named names other others path point points primary problem problems prove proves reason reported reports request requests responsible result results root seen service services short show shows side since soon source started still such suffer suffers system than that their them then there these they this those through time trouble under upstream very victim well were what when where which while whole with within without would'.split(
    ' ',
  ),
);
const KOREAN_WORD = /[가-힣]{2,}/g;
const KOREAN_EMPTY =
  /^(?:근본|원인|때문|문제|장애|서비스|오류|에러|실패|발생|가장|유력|이번|가능성|보입|보여|판단|확인|추정|이에요|예요|입니다|있습니다|있어요|있는|했습니다|했어요|됐|되었|것으로|것이|것은|것입니다|것이에요|이로|인해|인한|따라|먼저|모두|다른|여러|호출|영향|해당|로그|기록|시작|이후|동안|같은|결과|직접|주된|실제|이유|탓|책임|비롯|유발|초래|때|및|그|이|저)/;

/**
 * Whether a sentence claims what the lines do not show: another cause than the ranked one, or a failure that no line
 * of the named service tells of.
 * @param first the service the evidence points at; undefined where it points at none
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

/** What was found of each sentence: while a reply streams, its sentences come again with every piece. */
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
    if (!named.includes(cause) && named.some((service) => service.length > 2)) return !BACK.test(text);
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

const FAILS =
  /\b(?:fail\w*|errors?|problems?|trouble|broke\w*|down|outage|time[ds]? ?out\w*|crash\w*|unavailable)\b|오류|실패|장애|문제|중단/i;
const NEGATED =
  /\b(?:no|not|never|without|nothing|none|neither|nobody|free of|unaffected|instead)\b|n't\b|없|아니|않|무관/i;

/** Says that a service fails of which no line tells so. */
function isFoundWell(text: string, corpus: Corpus): boolean {
  return text.split(CLAUSE).some((clause) => {
    if (!FAILS.test(clause) || NEGATED.test(clause)) return false;
    const own = corpus.servicesIn(clause).filter((service) => corpus.own.has(service));
    return own.length > 0 && own.every((service) => !corpus.troubled.has(service));
  });
}

/** Speaks of something that neither the evidence nor ordinary language accounts for. */
function saysMore(text: string, corpus: Corpus): boolean {
  const bare = text.replace(QUOTES, ' ');
  const rest = withoutNames(flat(withoutConcepts(bare, conceptsSaid(bare))), corpus);
  return unaccounted(rest, corpus.text).length > 0;
}

/** Of whom a clause says something: in Korean the one named last before it, in English any of them. */
function meantBy(clause: string, concept: Concept, corpus: Corpus): string[] {
  const all = corpus.servicesIn(clause);
  if (all.length < 2 || !/[가-힣]/.test(clause)) return all;
  const before = corpus.servicesIn(clause.slice(0, placeOf(concept, clause)));
  const text = flat(clause);
  const last = before.toSorted((a, b) => text.lastIndexOf(b) - text.lastIndexOf(a))[0];
  return last === undefined ? all : [last];
}

/** Says of the ranked cause that another service brought it about: `X caused the failures of CAUSE`. */
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
    // In Korean both stand before the verb: the one with the subject's particle did it.
    const subject = before.filter((service) =>
      new RegExp(`${service.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}(?:이|가|은|는|에서)(?![가-힣])`).test(
        low,
      ),
    );
    return subject.length > 0 && !subject.includes(cause);
  }
  return before.length > 0 && !before.includes(cause);
}

/** What is said of the cause has something in common with what its lines show, or says nothing particular. */
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
