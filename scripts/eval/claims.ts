// Generated claims: what the checks let through is judged, sentence by sentence, by a plain oracle over the lines.
import { findingText, type Wording } from '../../src/analysis/answer/claim-text.ts';
import { gatherEvidence } from '../../src/analysis/evidence/evidence.ts';
import { readerOver } from '../../src/analysis/logs/reader.ts';
import { findWindow } from '../../src/analysis/logs/window.ts';
import { rankCauses } from '../../src/analysis/ranking/rank.ts';
import { checkClaim } from '../../src/analysis/verify/check.ts';
import type { Claim, ClaimType } from '../../src/analysis/verify/claim.ts';
import type { Scene } from '../../src/analysis/verify/occurrences.ts';
import { subjectsOf } from '../../src/analysis/verify/subjects.ts';
import type { Language } from '../../src/domain/question/question.ts';
import { recordsOfLines } from '../../src/pipeline/offline.ts';
import { type MadeLogs, makeLogs, streamsOf } from './claims/made-logs.ts';
import { createOracle } from './claims/oracle.ts';
import { seeded } from './seeded.ts';
import type { Table } from './table.ts';

/** Types whose sentence is about lines; `cause` and `ruled_out` say what the ranking says, `change` quotes a line. */
export const JUDGED = [
  'effect',
  'order',
  'since',
  'count',
  'share',
  'comparison',
  'absence',
  'rise',
  'recovery',
  'steady',
  'silence',
] as const satisfies ClaimType[];
const PAIRS: ReadonlySet<ClaimType> = new Set(['effect', 'order', 'comparison']);
const LANGUAGES: Language[] = ['en', 'ko'];
/** Claims of a type about one log, at most; logs are made until there are so many of each. */
const PER_LOG = 25;
const EACH = 10_000;
const MOST_LOGS = 4_000;

/** Of one type: how many claims were made, let through, and false in a language. */
export interface Tally {
  made: number;
  told: number;
  wrong: string[];
}

async function sceneOf(logs: MadeLogs): Promise<Scene | undefined> {
  const reader = readerOver(await recordsOfLines(streamsOf(logs), 'UTC'));
  const span = await findWindow(reader, {});
  if (!span) return undefined;
  const evidence = await gatherEvidence(reader, span);
  const ranking = rankCauses(evidence);
  return { logs: reader, evidence, ranking, subjects: subjectsOf(evidence, ranking) };
}

/** Claims of one type about anything in the evidence, true or not. */
function claimsOf(type: ClaimType, ids: readonly string[], pick: <T>(list: readonly T[]) => T): Claim[] {
  const all = ids.flatMap((of) =>
    PAIRS.has(type) ? ids.map((than) => ({ type, of, than })) : [{ type, of, than: '' }],
  );
  return all.length <= PER_LOG ? all : Array.from({ length: PER_LOG }, () => pick(all));
}

/** Makes one log, checks claims about it, and judges the sentences of those that check. */
export async function judgeLog(seed: number, tallies: Map<ClaimType, Tally>, most: number): Promise<void> {
  const made = makeLogs(seed);
  const scene = await sceneOf(made);
  if (!scene) return;
  const random = seeded(seed);
  const { span, earlier } = scene.evidence;
  const oracles = LANGUAGES.map((language) => ({
    wording: {
      language,
      timeZone: 'UTC',
      cause: String,
      ruledOut: ({ service }) => service,
    } satisfies Wording,
    oracle: createOracle(made, { window: span.window, earlier: earlier?.window, language }),
  }));
  for (const type of JUDGED) {
    const tally = tallies.get(type) ?? { made: 0, told: 0, wrong: [] };
    tallies.set(type, tally);
    for (const claim of claimsOf(type, [...scene.subjects.keys()], random.pick)) {
      if (tally.made >= most) break;
      tally.made += 1;
      const told = await checkClaim(scene, claim);
      if (!told) continue;
      tally.told += 1;
      for (const { wording, oracle } of oracles) {
        const sentence = findingText(told.finding, wording);
        if (oracle.isSo(sentence) !== true) tally.wrong.push(`seed ${seed}: ${sentence}`);
      }
    }
  }
}

/** So many claims of each type, over as many logs as that takes. */
export async function judgeClaims(
  each: number,
  seed: number,
  logs = MOST_LOGS,
): Promise<Map<ClaimType, Tally>> {
  const tallies = new Map<ClaimType, Tally>();
  for (let made = 0; made < logs; made += 1) {
    await judgeLog(seed + made, tallies, each);
    if (JUDGED.every((type) => (tallies.get(type)?.made ?? 0) >= each)) break;
  }
  return tallies;
}

/** The figures of all types. */
export async function evalClaims(_data: string, seed = 1): Promise<Table[]> {
  const tallies = await judgeClaims(EACH, seed);
  for (const [type, { wrong }] of tallies)
    for (const one of wrong.slice(0, 5)) console.error(`${type}: ${one}`);
  return [
    {
      title: `Claims: random ones about made logs, judged by an oracle over the lines, in Korean and English (seed ${seed})`,
      scores: [...tallies].map(([type, { made, told, wrong }]) => ({
        name: `${type}: false sentences`,
        value: wrong.length,
        atLeast: 0,
        aim: 0,
        most: true,
        note: `of ${made} claims, ${told} let through`,
      })),
    },
  ];
}
