/** Words for how severe an alert is, with the severity from 1 to 5 that each means; from 4 on it is critical. */
const SEVERITIES: readonly [severity: number, words: string][] = [
  [5, 'critical crit fatal emergency emerg panic disaster page p0 p1 sev0 sev1 s1 highest blocker'],
  [4, 'error err high major urgent p2 sev2 s2'],
  [3, 'warning warn medium average moderate p3 sev3 s3'],
  [2, 'minor low notice p4 sev4 s4'],
  [1, 'info information informational debug none lowest p5 sev5 s5'],
];
const BY_WORD = new Map(
  SEVERITIES.flatMap(([severity, words]) =>
    words.split(' ').map((word): [string, number] => [word, severity]),
  ),
);
/** Somebody set the alert up to be told: without a word that says otherwise it is critical. */
const UNSAID = 4;

/** The severity (1 to 5) that a sender's word means. */
export function severityOf(word: string | undefined): number {
  if (word === undefined) return UNSAID;
  const plain = word.slice(0, 40).trim().toLowerCase();
  return BY_WORD.get(plain) ?? BY_WORD.get(plain.replace(/[^a-z0-9]/g, '')) ?? UNSAID;
}

const OVER = new Set(
  'resolved resolve ok okay closed close recovered recovery cleared clear normal inactive fixed'.split(' '),
);
const ON = new Set(
  'firing fire fired alerting alert triggered trigger open opened active created raised problem critical warning'.split(
    ' ',
  ),
);

/** Whether a word for a state says that the alert is over. */
export const isOverWord = (word: string): boolean => OVER.has(word.slice(0, 40).trim().toLowerCase());

/** Whether a word is one for the state of an alert. */
export const isStateWord = (word: string): boolean =>
  isOverWord(word) || ON.has(word.slice(0, 40).toLowerCase());
