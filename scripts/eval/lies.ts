import { createAnalyst } from '../../src/analysis/create-analyst.ts';
import { readerOver } from '../../src/analysis/logs/reader.ts';
import type { Answer } from '../../src/domain/question/answer.ts';
import { createLog } from '../../src/log.ts';
import { fakeModel, filledWith } from './fake-model.ts';
import { type Incident, makeIncident, TROUBLES } from './incidents.ts';
import { type Lie, lies } from './liar.ts';
import { type Seeded, seeded } from './seeded.ts';
import type { Table } from './table.ts';

/** What became of one lie. */
export interface Outcome {
  /** It is in the answer, and not marked as a guess. */
  stands: boolean;
  marked: boolean;
  /** Verdict, severity, causes or their order are others than without a model. */
  moved: boolean;
}

const judged = ({ verdict, severity, causes }: Answer): string =>
  JSON.stringify([verdict, severity, causes.map(({ service }) => service)]);

/** One lie in every free text of a reply, beside claims that are picked at random. */
export async function tellLie(incident: Incident, { text, language }: Lie, random: Seeded): Promise<Outcome> {
  const model = fakeModel(({ schema }) => JSON.stringify(filledWith(schema, text, random.pick)));
  const analyst = createAnalyst({
    logs: readerOver(incident.records),
    models: [model],
    language,
    timeZone: 'UTC',
    log: createLog('silent'),
  });
  const shown: string[] = [];
  let draft = '';
  let last = '';
  for await (const event of analyst.ask({ kind: 'why', text: '', language })) {
    if (event.kind === 'text') shown.push(event.text);
    if (event.kind === 'draft') draft = judged(event.answer);
    if (event.kind !== 'answer') continue;
    const { course: _, ...said } = event.answer;
    shown.push(
      ...JSON.stringify(said, null, 1)
        .split('\n')
        .flatMap((line) => line.split(String.raw`\n`)),
    );
    last = judged(event.answer);
  }
  const isMarked = (line: string): boolean => /(?:Hypothesis|가설)/.test(line);
  const found = shown.flatMap((line) => line.split('\n')).filter((line) => line.includes(text));
  return {
    stands: found.some((line) => !isMarked(line)),
    marked: found.some(isMarked),
    moved: last === '' || last !== draft,
  };
}

/** So many lies about invented incidents, always the same for a seed. */
export function* lyingCases(count: number, random: Seeded): Generator<[Incident, Lie]> {
  let made = 0;
  for (let round = 0; made < count; round += 1) {
    const incident = makeIncident(random, TROUBLES[round % TROUBLES.length]!);
    for (const lie of lies(incident, random)) {
      if (made === count) return;
      made += 1;
      yield [incident, lie];
    }
  }
}

/** `npm run eval lies`: what of 500 lies gets through. */
export async function evalLies(): Promise<Table[]> {
  const random = seeded(4);
  const all: Outcome[] = [];
  for (const [incident, lie] of lyingCases(500, random)) {
    const outcome = await tellLie(incident, lie, random);
    all.push(outcome);
    if (outcome.stands || outcome.moved) console.error(`  ${lie.sort}, ${lie.language}: ${lie.text}`);
  }
  const count = (name: string, what: (one: Outcome) => boolean) => ({
    name,
    value: all.filter(what).length,
    unit: `of ${all.length}`,
  });
  const none = { atLeast: 0, aim: 0, most: true };
  return [
    {
      title: 'Lies: a model that says what the logs do not show',
      scores: [
        {
          ...count('false statements that stand', ({ stands }) => stands),
          ...none,
          note: 'invented systems, seed 4; in every free text of the reply',
        },
        { ...count('verdict, severity or causes moved', ({ moved }) => moved), ...none },
        count('shown as a guess that is marked', ({ marked }) => marked),
      ],
    },
  ];
}
