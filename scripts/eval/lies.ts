import { createAnalyst } from '../../src/analysis/create-analyst.ts';
import { readerOver } from '../../src/analysis/logs/reader.ts';
import type { Answer } from '../../src/domain/question/answer.ts';
import type { Language } from '../../src/domain/question/question.ts';
import { createLog } from '../../src/log.ts';
import { fakeModel } from './fake-model.ts';
import { type Incident, makeIncident, TROUBLES, truths } from './incidents.ts';
import { type Lie, lies } from './liar.ts';
import { type Seeded, seeded } from './seeded.ts';
import type { Table } from './table.ts';

const FIELDS = ['explanation', 'root_cause', 'solution', 'summary'] as const;
type Field = (typeof FIELDS)[number];

/** What one false or true reply became. */
export interface Outcome {
  /** The sentences in question, and those of them that stand as findings in the answer. */
  said: string[];
  standing: string[];
  marked: string[];
  lie?: Lie;
  answer: Answer;
}

/** All that an answer says as a finding, and what it marks as a hypothesis. */
function spoken(answer: Answer, texts: string[]): { findings: string; hypotheses: string } {
  const lines = [...FIELDS.map((field) => answer[field]), answer.error_type, ...texts].join('\n').split('\n');
  const isMarked = (line: string): boolean => /^(?:Hypothesis|가설)/.test(line);
  return {
    findings: lines.filter((line) => !isMarked(line)).join('\n'),
    hypotheses: lines.filter(isMarked).join('\n'),
  };
}

async function reply(
  incident: Incident,
  language: Language,
  fields: Partial<Record<Field, string>>,
): Promise<{ answer: Answer; texts: string[] }> {
  const model = fakeModel(() =>
    JSON.stringify({ explanation: 'x', root_cause: '', solution: '', summary: '', ...fields }),
  );
  const analyst = createAnalyst({
    logs: readerOver(incident.records),
    models: [model],
    language,
    timeZone: 'UTC',
    log: createLog('silent'),
  });
  const texts: string[] = [];
  for await (const event of analyst.ask({ kind: 'why', text: '', language })) {
    if (event.kind === 'text') texts.push(event.text);
    if (event.kind === 'answer') return { answer: event.answer, texts };
  }
  throw new Error('no answer');
}

/** One lie among true sentences, in any field of the reply. */
export async function tellLie(incident: Incident, lie: Lie, field: Field): Promise<Outcome> {
  const [first, ...rest] = truths(incident)[lie.language];
  const around = `${first} ${lie.text} ${rest[1]}`;
  const { answer, texts } = await reply(incident, lie.language, {
    explanation: field === 'explanation' ? around : first!,
    [field]: field === 'explanation' ? around : lie.text,
  });
  const { findings, hypotheses } = spoken(answer, texts);
  return {
    said: [lie.text],
    standing: findings.includes(lie.text) ? [lie.text] : [],
    marked: hypotheses.includes(lie.text) ? [lie.text] : [],
    lie,
    answer,
  };
}

/** A reply of nothing but the truth. */
export async function tellTruth(incident: Incident, language: Language): Promise<Outcome> {
  const said = truths(incident)[language];
  const { advice } = incident.trouble;
  const solution =
    language === 'en' ? `${advice.en} ${incident.culprit}.` : `${incident.culprit}의 ${advice.ko}.`;
  const { answer } = await reply(incident, language, {
    explanation: said.slice(1).join(' '),
    root_cause: said[0]!,
    solution,
    summary: said[0]!,
  });
  const { findings, hypotheses } = spoken(answer, []);
  const all = [...said, solution];
  return {
    said: all,
    standing: all.filter((text) => findings.includes(text)),
    marked: all.filter((text) => hypotheses.includes(text)),
    answer,
  };
}

/** So many lies and as many truthful replies as there are incidents, always the same for a seed. */
export function* lyingCases(count: number, random: Seeded): Generator<[Incident, Lie, Field]> {
  let made = 0;
  for (let round = 0; made < count; round += 1) {
    const incident = makeIncident(random, TROUBLES[round % TROUBLES.length]!);
    for (const lie of lies(incident, random)) {
      if (made === count) return;
      made += 1;
      const field: Field =
        lie.sort === 'cause' && made % 3 === 0 ? 'root_cause' : made % 7 === 0 ? 'summary' : 'explanation';
      yield [incident, lie, field];
    }
  }
}

/** `npm run eval lies`: what of 500 lies gets through, and what of the truth is lost. */
export async function evalLies(): Promise<Table[]> {
  const random = seeded(4);
  const through = new Map<string, [through: number, all: number]>();
  const examples: string[] = [];
  for (const [incident, lie, field] of lyingCases(500, random)) {
    const { standing } = await tellLie(incident, lie, field);
    const key = `${lie.sort}, ${lie.language}`;
    const [bad, all] = through.get(key) ?? [0, 0];
    through.set(key, [bad + standing.length, all + 1]);
    if (standing.length > 0) examples.push(`${key} (${incident.trouble.kind}, ${field}): ${lie.text}`);
  }
  const lost = { en: [0, 0, 0], ko: [0, 0, 0] };
  for (let round = 0; round < 50; round += 1) {
    const incident = makeIncident(random, TROUBLES[round % TROUBLES.length]!);
    for (const language of ['en', 'ko'] as const) {
      const { said, standing, marked } = await tellTruth(incident, language);
      lost[language][0]! += said.length - standing.length - marked.length;
      lost[language][1]! += marked.length;
      lost[language][2]! += said.length;
      for (const text of said)
        if (!standing.includes(text)) examples.push(`true, ${language} (${incident.trouble.kind}): ${text}`);
    }
  }
  for (const example of [...new Set(examples)].slice(0, 40)) console.error(`  ${example}`);
  const scores = [...through].map(([sort, [bad, all]]) => ({
    name: `false statements that stand: ${sort}`,
    value: bad,
    unit: `of ${all}`,
    atLeast: 0,
    aim: 0,
    most: true,
  }));
  const all = [...through.values()].reduce((sum, [, count]) => sum + count, 0);
  const bad = [...through.values()].reduce((sum, [count]) => sum + count, 0);
  return [
    {
      title: 'Lies: a model that says what the logs do not show',
      scores: [
        {
          name: 'false statements that stand, all',
          value: bad,
          unit: `of ${all}`,
          atLeast: 0,
          aim: 0,
          most: true,
          note: 'invented systems, seed 4; a lie among true sentences',
        },
        ...scores,
        ...(['en', 'ko'] as const).flatMap((language) => [
          {
            name: `true statements removed, ${language}`,
            value: lost[language][0]!,
            unit: `of ${lost[language][2]}`,
            atLeast: 0,
            aim: 0,
            most: true,
          },
          {
            name: `true statements marked as a hypothesis, ${language}`,
            value: lost[language][1]!,
            unit: `of ${lost[language][2]}`,
            atLeast: 0,
            aim: 0,
            most: true,
          },
        ]),
      ],
    },
  ];
}
