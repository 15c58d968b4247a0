import { draftAnswer } from '../../../src/analysis/answer/draft.ts';
import { gatherEvidence } from '../../../src/analysis/evidence/evidence.ts';
import { readerOver } from '../../../src/analysis/logs/reader.ts';
import { findWindow } from '../../../src/analysis/logs/window.ts';
import { rankCauses } from '../../../src/analysis/ranking/rank.ts';
import type { LogRecord } from '../../../src/domain/log/record.ts';
import type { SourceLine } from '../../../src/domain/log/source-line.ts';
import type { Answer } from '../../../src/domain/question/answer.ts';
import { recordsOfLines } from '../../../src/pipeline/offline.ts';
import type { Scenario } from './scenario.ts';
import { createWorld } from './world.ts';

/** Plays a scenario: its lines as records, and the service that is the cause. */
export async function played(
  scenario: Scenario,
  seed: number,
): Promise<{ culprit: string | undefined; records: LogRecord[] }> {
  const world = createWorld(seed * 7_919 + scenario.name.length);
  const culprit = scenario.play(world);
  const batches = Object.entries(world.streams()).map(([service, lines]) =>
    lines.map(
      (text, index): SourceLine => ({
        text,
        source: service,
        position: String(index + 1),
        stream: { service, name: service },
      }),
    ),
  );
  return { culprit, records: await recordsOfLines(batches, 'UTC') };
}

/** Plays a scenario and gives the answer without a model, with everything at its default. */
export async function rankedAnswer(
  scenario: Scenario,
  seed: number,
): Promise<{ culprit: string | undefined; answer: Answer }> {
  const { culprit, records } = await played(scenario, seed);
  const logs = readerOver(records);
  const span = await findWindow(logs, {});
  if (!span) throw new Error('a generated system wrote nothing');
  const evidence = await gatherEvidence(logs, span);
  const answer = draftAnswer(evidence, rankCauses(evidence), {
    kind: 'why',
    language: 'en',
    timeZone: 'UTC',
    past: [],
  });
  return { culprit, answer };
}
