import { ADDRESS, type Corpus, DURATION, durationMs, flat, plainNumber, TIME } from './corpus.ts';
import { isDestructive, isInstruction, reachingOut } from './injection.ts';

const NUMBER = /\d+(?:,\d{3})*(?:\.\d+)?/g;
const QUOTED =
  /"([^"\n]{3,})"|“([^”\n]{3,})”|`([^`\n]{2,})`|「([^」\n]{2,})」|(?<=[\s(:]|^)'([^'\n]{6,})'(?=[\s.,;:)]|$)/g;
/** A word that can only be a name: parts joined by `-`, `_`, `.` or a change of case, or letters with digits. */
const IDENTIFIER =
  /(?<![\w./-])(?:[a-z][a-z0-9]*(?:[-_.][a-z0-9]+)+|[a-z]+[A-Z]\w+|[A-Z][a-z0-9]+[A-Z]\w*|[a-zA-Z]+\d\w*)(?![\w/])/g;
/** A plain word used as the name of a service: `the billing service`, `결제 서비스`. */
const CALLED_SERVICE =
  /\b([a-z][\w-]*) (?:service|server|database|db|cluster|pod|container|host|api|gateway|worker)\b|(?<=^|\s)([a-z][\w-]*|[가-힣]{2,}) ?(?:서비스|서버|데이터베이스|시스템)/gi;
/** A plain word that is said to have done what only a part of a system does: `Shipping crashed first`. */
const ACTOR =
  /(?:^|[,;:] |\b(?:and|but|then|because|that|when|after|while|which|so) )(?:the )?([a-z][a-z]{2,})(?:'s)? (?:crashed|failed|broke|timed out|went down|is down|was down|stopped|ran out|hung|rejected|refused|returned|reported|logged|names?|caused|restarted|overloaded|lost|died)\b|\b(?:in|of|by|from|at|to) (?:the )?([a-z]{3,}) (?:crashed|failed|timed out|is at fault)\b/gi;
const NOT_A_NAME = new Set(
  'the a an this that these those each every other another one its their our your which what any all no same first second affected failing failed faulty downstream upstream dependent internal external web application database backend front target remote local http mail name api cache proxy dns caller calling called single main whole of for to in on and or is by with from it they we he she there who clients callers users requests request queries query calls call connections connection orders everything nothing something service services server servers system systems host hosts process job jobs lines line logs log template pool pools transaction transactions some many most several both neither only also still already then now who where when here database databases 해당 다른 이 그 각 모든 여러 영향 관련 의존 하위 상위 외부 내부 대상 원격 호출 웹 장애 문제 호출한 호출하는 같은 원인 나머지 이들 기존 상대 연결된 실패한 느린 전체'.split(
    ' ',
  ),
);
/** Parts of ordinary hyphenated English words, so that `long-running` is not taken for a host. */
const ORDINARY =
  /^(?:re|non|pre|post|co|self|long|short|time|timed|out|up|down|on|off|in|call|run|running|read|write|only|level|based|related|end|to|and|or|of|the|per|by|well|known|back|start|started|root|cause|follow|high|low|rate|real|right|left|side|client|server|single|multi|cross|first|last|one|two|three|built|user|data|early|late|e\.g|i\.e|once|over|under|mid|check|checks|set|line|lines|work|part|step|wide|day|night|error|errors|service|services|connection|pool|retry|retries|request|requests|log|logs)$/;
/** What stands behind a number that counts something. */
const COUNTED =
  /^\s?(?:(?:error|log|failed|failing|such|different|new|more|of its|of the|own)\s)?(?:times|lines?|errors?|requests?|failures?|occurrences?|messages?|timeouts?|records?|events?|건|번|회|줄|차례)(?![a-z])/i;
/** Counts what others say of a service, not what it says itself. */
const NAMING =
  /\b(?:nam(?:e|es|ed|ing)|mention\w*|point\w*|blam\w*|complain\w*|callers?|against|about)\b|가리|언급|지목|호출/i;
const VAGUE_NUMBER =
  /\b(?:halves|half|thirds?|quarters?|majority|doubled?|tripled?|hundreds?|thousands?|millions?|billions?|dozens?)\b|수(?:십|백|천|만)|절반|과반|(?<![가-힣])(?:백|천|만|백만|천만)\s?(?:건|번|회|줄)/i;
/** Says that nothing is wrong, or that it is over. */
const ALL_WELL =
  /\b(?:everything|all (?:services|systems|is)|the (?:system|service|platform)s?)\b.{0,24}\b(?:fine|normal(?:ly)?|healthy|ok(?:ay)?|well|operational)\b|\bnothing (?:is |was )?(?:wrong|broken|happened|failed|unusual)|\b(?:there (?:is|are|was|were)|i (?:see|found)|shows?) no (?:real )?(?:problems?|issues?|incidents?|errors?|failures?|trouble)\b|\bno (?:action|intervention|investigation) (?:is |was )?(?:needed|required|necessary)|\bfalse (?:alarm|positive)\b|\b(?:can|may|should) (?:safely )?be (?:ignored|dismissed|closed|muted)\b|\bsafe to (?:ignore|dismiss)|\bignore (?:this|these|the) (?:errors?|alerts?|incident|warnings?)|\b(?:has|have|was|were|is) (?:now |already |fully |been )*(?:resolved|recovered|fixed|healthy)\b|(?:모두|전부|전체|시스템(?:은|이)?) ?(?:가 |이 )?정상|정상(?:입니다|이에요|이며|으로 (?:동작|작동|운영))|(?:문제|이상|장애|오류)(?:가|는|이|은|도)? ?없(?:습니다|어요|음|다)|조치(?:가|는|를)? ?(?:필요 ?)?(?:없|불필요|하지 않아도)|오탐|무시(?:해도|하셔도|하세요|하십시오|하면)|(?:이미|모두|완전히|자동으로) ?(?:해결|복구)(?:됐|되었|되어|되)/i;
const WELL =
  /\b(?:is|are|was|were|looks?|seems?|works?|runs?|stays?|remains?)\b (?:\w+ )?(?:fine|healthy|ok(?:ay)?|normal(?:ly)?|unaffected|stable|well)\b|정상(?!화)|건강|문제(?:가|는)? ?없/i;

/** Says of a service that it is well, though its lines tell of a failure. */
const saysWell = (text: string, corpus: Corpus): boolean =>
  text
    .split(/[,;]\s|\s(?:and|but|while)\s/)
    .some(
      (part) => WELL.test(part) && corpus.servicesIn(part).some((service) => corpus.troubled.has(service)),
    );

/** The verdict is the evidence's; a model has none to give. */
const VERDICT =
  /\bverdict\b|\b(?:severity|confidence|anomaly_status)\b.{0,12}(?:\bis\b|\bshould\b|[=:])|판정|심각도/i;
const RECOVERED = /\brecover\w*|\brestored\b|back to normal|복구|정상화/i;

/** Why a sentence cannot stand; undefined when it can. */
export type Refuted = 'instruction' | 'command' | 'link' | 'quote' | 'name' | 'number' | 'state';

/** What was found of each sentence: while a reply streams, its sentences come again with every piece. */
const judged = new WeakMap<Corpus, Map<string, Refuted | undefined>>();

export function refute(sentence: string, corpus: Corpus): Refuted | undefined {
  const known = judged.get(corpus) ?? new Map<string, Refuted | undefined>();
  judged.set(corpus, known);
  if (!known.has(sentence)) known.set(sentence, judge(sentence, corpus));
  return known.get(sentence);
}

function judge(sentence: string, corpus: Corpus): Refuted | undefined {
  const plain = sentence.normalize('NFKC');
  if (isInstruction(plain)) return 'instruction';
  if (isDestructive(plain)) return 'command';
  for (const found of reachingOut(sentence)) if (!isOwnAddress(found, corpus)) return 'link';
  if (VERDICT.test(plain)) return 'state';
  if (saysWell(plain, corpus)) return 'state';
  if (corpus.failing && ALL_WELL.test(plain) && !RECOVERED.test(corpus.text)) return 'state';
  let rest = plain.replace(QUOTED, ' ');
  const speakers = corpus.servicesIn(rest);
  for (const match of plain.matchAll(QUOTED)) {
    const quote = flat(match.slice(1).find((group) => group !== undefined)!)
      .replace(/(?:\.{3}|…)$/, '')
      .trim();
    if (!isSaid(quote, speakers, corpus)) return 'quote';
  }
  for (const [token] of rest.matchAll(TIME)) if (!corpus.text.includes(token.toLowerCase())) return 'number';
  rest = rest.replace(TIME, ' ');
  for (const [token] of rest.matchAll(ADDRESS)) if (!corpus.text.includes(token)) return 'number';
  rest = rest.replace(ADDRESS, ' ');
  for (const [name] of rest.matchAll(IDENTIFIER)) {
    if (corpus.text.includes(name.toLowerCase())) {
      rest = rest.replace(name, ' '.repeat(name.length));
      continue;
    }
    const parts = name.toLowerCase().split('-');
    if (
      parts.length > 1 &&
      parts.every((part) => ORDINARY.test(part) || (corpus.text.includes(part) && part.length > 3))
    )
      continue;
    return 'name';
  }
  for (const match of [...rest.matchAll(CALLED_SERVICE), ...rest.matchAll(ACTOR)]) {
    const name = (match[1] ?? match[2])!.toLowerCase();
    // A Korean word before the noun that ends so is a verb: `문제가 있는 서비스`.
    if (/[는은된한인할될]$/.test(name)) continue;
    if (!NOT_A_NAME.has(name) && !corpus.text.includes(name.replace(/s$/, ''))) return 'name';
  }
  return VAGUE_NUMBER.test(rest) || wrongNumber(rest, speakers, corpus) ? 'number' : undefined;
}

/** Whether some line says it; where the sentence names one service, a line by or about that one. */
function isSaid(quote: string, speakers: readonly string[], corpus: Corpus): boolean {
  if (!corpus.text.includes(quote)) return false;
  const saying = corpus.statements.filter(({ text }) => text.includes(quote));
  const lines = saying.filter(({ services }) => services.length > 0);
  const [speaker, ...others] = speakers;
  if (speaker === undefined || others.length > 0 || lines.length === 0) return saying.length > 0;
  return lines.some(({ services }) => services.includes(speaker));
}

/** An address of the system itself: a service that writes here, or a machine without a public name. */
function isOwnAddress(found: string, corpus: Corpus): boolean {
  if (!/^(?:https?:\/\/|[a-z0-9])/i.test(found) || !corpus.text.includes(flat(found))) return false;
  const host = found
    .toLowerCase()
    .replace(/^https?:\/\//, '')
    .replace(/[/:?#].*$/, '');
  return (
    corpus.own.has(host) ||
    (corpus.services.has(host) && !host.includes('.')) ||
    /^[\d.]+$/.test(host) ||
    host === 'localhost'
  );
}

/** A number that no query gave: counts by what they count, durations with their unit, the rest as they stand. */
function wrongNumber(text: string, speakers: readonly string[], corpus: Corpus): boolean {
  let rest = text;
  for (const [whole, number, unit] of text.matchAll(DURATION)) {
    if (!corpus.durations.has(durationMs(number!, unit!))) return true;
    rest = rest.replace(whole, ' '.repeat(whole.length));
  }
  for (const match of rest.matchAll(NUMBER)) {
    const number = plainNumber(match[0]);
    const counted = COUNTED.exec(rest.slice(match.index + match[0].length))?.[0];
    if (!counted) {
      if (!corpus.numbers.has(number)) return true;
      continue;
    }
    const phrase = flat(`${match[0]}${counted}`);
    const said = corpus.statements.some(
      ({ text: line, services }) =>
        line.includes(phrase) &&
        (speakers.length === 0 || speakers.some((speaker) => services.includes(speaker))),
    );
    if (said) continue;
    const of = NAMING.test(text) ? corpus.namedCountsOf : corpus.countsOf;
    const allowed = speakers.length === 0 ? corpus.counts : undefined;
    if (!(allowed?.has(number) ?? speakers.some((speaker) => of(speaker).has(number)))) return true;
  }
  return false;
}

const ECHO_WORDS = 7;

/** Repeats the instructions instead of speaking of the logs: seven words in a row are no chance. */
export function repeats(sentence: string, instructions: string): boolean {
  if (!instructions) return false;
  const words = flat(sentence).split(' ');
  for (let at = 0; at + ECHO_WORDS <= words.length; at += 1)
    if (instructions.includes(words.slice(at, at + ECHO_WORDS).join(' '))) return true;
  return false;
}
