/**
 * Words a finding may be put in although no log line has them: they order, join, count and name what happened, and
 * bring in nothing of their own. General language of both tongues; nothing of any system.
 */
const ENGLISH =
  'about above across act actual add affect after again against ago ahead alert all allow almost alone along already also although always among amount analysis answer any apart apparent appear around arrive ask attempt available await away back bad base because become before begin behind being below beside besides best better between beyond big both break brief bring broken busy but call caller came can cannot case catch cause center central certain chain change check clear client close come common complain complaint complete component confirm connect consequence consistent contain continue could count crash current cut day deal delay deny depend describe despite detail detect did differ different direct does done down downstream drop due during each earlier early effect either else emit empty end endpoint enough entire error especially even event eventually ever every evidence exact except exhaust exist expect explain explicit extra fail failure fall fast fault faulty few final find fine finish first follow for forward found four free frequent from full further gave gets give given goes gone good group grow had half-open halt hand happen hard has have having held help hence here high hit hold host how however identical immediate impact incident include increase indeed indicate individual initial inside instance instead internal into issue itself just keep kept kind know known lack large last late later lead least leave left less level like likely limit line list little local log long look lose lost low made main mainly make many mark match matter may mean meantime meanwhile mention message might minute more most mostly much multiple must name near need neither never new next nobody noise none nor normal not note nothing notice now number observe obvious occur off often old once one only onset open operation order other otherwise out outage outcome over own pair part pass pattern peak pending per persist place plain point possible precede present previous primary prior probable problem proceed process produce propagate prove provide quick quiet quite rate rather reach reason receive record recover refer reflect relate remain repeat reply report request require resource respond response rest result retry return rise root run said same saw say second secondary see seem seen send sent separate serve server service several severe share short should show side sign signal similar simple since single site situation slow small some soon source specific spread stand start state still stop story stuck such suffer suggest summary support sure surface symptom system take taken tell than that the their them then there therefore these they this those though three through throughout thus time together told took total toward trace trouble true try turn twice two type unable under unless unlike until upon upstream use used user usual value various very victim visible wait want warn was way well went went were what whatever when where whether which while who whole whose why will window with within without work worse would write wrong wrote yet you people person team engineer everyone everything something somebody someone rest hours minutes seconds percent running went recently previously roughly approximately your zero busy basis decisive hint clue symptom overall hence pile raise grow slowly quickly enough back proxy owner evident prevent refer tail trail attention lookup'.split(
    ' ',
  );
const ENDING = /(?:ingly|edly|ings?|ied|ies|ions?|ness|ed|es|ly|ers?|able|s|e|y)$/;
/** A word without its ending, so that `logged`, `logs` and `log` are one. */
const stem = (word: string): string =>
  word.length <= 4
    ? word.replace(/s$/, '')
    : word.replace(ENDING, '').replace(/([b-df-hj-np-tv-z])\1$/, '$1');
const KNOWN = new Set([...ENGLISH, ...ENGLISH.map(stem)]);

/** Beginnings of Korean words with which a finding is put; endings and particles follow them. */
const KOREAN =
  /^(?:예요|이에요|에요|입니다|에서|에게|부터|보다|처럼|성공|진행|늘어|줄어|증가|감소|느려|지연|완료|처리|권장|필요|조치|점검|가리|가운데|가장|가지|각각|갑자기|같|개|거의|건|걸|것|결과|결국|경우|계속|고갈|곧|관련|구간|그|근거|근본|기다|기록|기준|까지|끊|끝|나머지|나오|나온|나왔|나와|나타|난|날|남|났|내용|내부|너무|네|넘|놓|늘|다(?:가|시|른|음|섯|만|\s|$)|단계|달|답|당시|대|더|덕|데|도|동안|동일|되|된|될|됐|두|뒤|드러|들|등|따라|따르|때|또|라고|라는|로그|를|마지막|막|많|말|맞|먼저|메시지|멈|명|모두|모든|못|무엇|문제|물|및|바로|반복|받|발견|발생|밝|번|범위|변|보(?:고|내|냈|여|이|면|인|입|기)|부분|부족|분|불가|뿐|비슷|비해|빠|사이|사용|살|상태|상황|새|생|서로|서버|서비스|선|설명|세|소|속|수|순|스스로|시각|시간|시도|시작|신호|실제|실패|쌓|아니|아직|아직도|안|않|알|앞|약|어|언급|없|여|연결|연쇄|열|영향|예외|오|오류|와|완전|왔|요청|요약|원인|위|유|으로|은|응답|의|이|인|일|입|있|자|자신|자체|작업|잠시|장애|재시도|저|적|전|전부|전에|전체|점|접|정도|정상|제|조금|존재|주|줄|중|즉|지|직전|직접|직후|진|징후|쪽|차|찾|처|첫|초|최|추|충분|커|크|탓|통|특|포기|포함|피해|하|한|할|함|함께|해|해당|향|현재|호출|혼자|확인|후|흐름|히|했)/;

const KOREAN_WORD = /[가-힣]{2,}/g;
const ENGLISH_WORD = /[a-z][a-z'’]{3,}/g;

const variants = (word: string): string[] => [
  word,
  word.replace(/s$/, ''),
  word.replace(/(?:es|ed|er|ers|ing)$/, ''),
  word.replace(/(?:s|d|r|rs|ing)$/, '').replace(/([^e])$/, '$1e'),
  stem(word),
];

/** Korean words for what English log lines say. */
const TRANSLATED: [RegExp, RegExp][] = [
  [/^만료/, /expir/],
  [/^(?:가득|꽉)/, /full|no space|exhaust/],
  [/^(?:초과|넘)/, /exceed|timed out|timeout|over|limit/],
  [/^(?:거부|거절)/, /refus|denied|reject/],
  [/^(?:끊|단절)/, /reset|closed|lost|broken|disconnect/],
  [/^(?:롤백|되돌)/, /roll(?:ed)? ?back/],
  [/^(?:할당|배정)/, /alloc/],
  [/^(?:누락|빠)/, /missing|not found|absent/],
  [/^(?:트랜잭션|거래)/, /transaction/],
  [/^(?:데이터베이스|디비)/, /database|\bdb\b|sql/],
  [/^(?:쿼리|질의|조회)/, /query|select|statement/],
  [/^(?:업스트림|상위)/, /upstream/],
  [/^(?:핸드셰이크|협상)/, /handshake/],
  [/^(?:쓰기|기록하지)/, /write/],
  [/^(?:읽기|읽지)/, /read/],
  [/^(?:주문)/, /order/],
  [/^(?:결제)/, /payment|charge|billing/],
  [/^(?:로그인|접속)/, /log ?in|connect/],
  [/^(?:크기|사이즈)/, /size/],
  [/^(?:줄였|줄이|낮)/, /lower|reduc|shrink|was \d/],
  [/^(?:배포|버전)/, /deploy|version|release/],
  [/^(?:재시작|재기동)/, /restart/],
];
const isTranslated = (word: string, known: string): boolean =>
  TRANSLATED.some(([korean, english]) => korean.test(word) && english.test(known));

/**
 * The words of a sentence that neither the evidence nor ordinary language accounts for. Where there is one, the
 * sentence says something that nobody has seen.
 * @param text lower case, without names of services and without what is checked otherwise
 * @param known the text of the evidence, lower case
 */
export function unaccounted(text: string, known: string): string[] {
  const english = (text.match(ENGLISH_WORD) ?? [])
    .map((word) => word.replace(/['’].*$/, ''))
    .filter((word) => word.length > 3 && !variants(word).some((form) => KNOWN.has(form)));
  const korean = (text.match(KOREAN_WORD) ?? []).filter((word) => !KOREAN.test(word));
  return [
    ...english.filter((word) => !known.includes(stem(word).slice(0, 12))),
    ...korean.filter((word) => !known.includes(word.slice(0, 2)) && !isTranslated(word, known)),
  ];
}
