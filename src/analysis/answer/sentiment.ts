import type { LogCount } from '../../backends/logs/store.ts';
import type { Answer } from '../../domain/question/answer.ts';

type Sentiment = Answer['sentiment'];

/** Plain words of both languages that nobody doubts; what is meant between the lines needs a model. */
const GOOD =
  /\b(?:good|great|excellent|perfect|wonderful|awesome|amazing|happy|glad|loved?|loves|satisfied|helpful|thanks?|thank you|recovered|restored|back to normal|(?:passe?s?|passing|works?|working|healthy|up|online|available) again)\b|좋(?:아요|습니다|네요|았)|감사(?:합|해|드)|고마워|고맙|최고(?:예요|입니다|에요|네요)|만족(?:합|해|스럽|했)|훌륭|행복|완벽|복구(?:가|는)? ?(?:완료|됐|되었|되어|했)|정상화|정상(?:으로|적으로)? ?(?:처리|동작|작동)/gi;
const BAD =
  /\b(?:bad(?! (?:request|gateway))|terrible|awful|horribl[ey]|worst|hated?|hates|angry|furious|disappoint(?:ed|ing|ment)|useless|annoy(?:ed|ing)|unacceptable|unhappy|frustrat(?:ed|ing)|disgust(?:ed|ing))\b|화가 ?(?:나|났|납)|화나|짜증|최악|실망|불만|나쁘|나빠|나쁩|싫|끔찍|형편없|엉망|별로(?:예요|입니다|에요|네요)/gi;
/** Before an English word of either kind it turns it round. */
const NOT_BEFORE =
  /\b(?:not|never|no|hardly|cannot|can't|isn't|wasn't|don't|doesn't|didn't|without)\b[^.,;:!?]{0,16}$/i;
/** In Korean it follows: `복구하지 못했습니다`, `좋지 않아요`. */
const TURNED_ROUND =
  /(?:복구|정상화|정상)(?:가|는|이|을|를|으로)? ?(?:되지|하지|처리되지|동작하지|작동하지|불가|실패|못|안 ?[되됐])|좋지 ?(?:않|못)|만족(?:하지|스럽지) ?(?:않|못)|(?:not|never|cannot|could not|unable to|failed to) (?:be )?(?:recover|restore)/gi;

/** So many of the lines must speak so; a word in one of many says nothing of all. */
const SHARE = 0.1;

/**
 * The state the lines show by plain words alone: negative where something fails, otherwise neutral unless lines speak of a
 * recovery or use words of praise or anger.
 * @param templates what is said, with how often
 * @param records how many lines there are
 */
export function sentimentOf(
  status: Answer['anomaly_status'],
  templates: readonly Pick<LogCount, 'label' | 'count'>[],
  records: number,
): Sentiment {
  if (status !== 'normal') return 'negative';
  const said = { good: 0, bad: 0 };
  for (const { label, count } of templates) {
    const tone = toneOf(label);
    if (tone > 0) said.good += count;
    if (tone < 0) said.bad += count;
  }
  const most = Math.max(said.good, said.bad);
  if (most === 0 || most < SHARE * records || said.good === said.bad) return 'neutral';
  return said.good > said.bad ? 'positive' : 'negative';
}

/** Above 0: more good words than bad ones; below 0 the other way. */
function toneOf(text: string): number {
  const rest = text.replace(TURNED_ROUND, ' ');
  const bad = (text.match(TURNED_ROUND) ?? []).length;
  const plain = (pattern: RegExp): number =>
    [...rest.matchAll(pattern)].reduce(
      (sum, match) => sum + (NOT_BEFORE.test(rest.slice(0, match.index)) ? -1 : 1),
      0,
    );
  // Not bad is not good yet; not good is bad.
  return plain(GOOD) - Math.max(0, plain(BAD)) - bad;
}
