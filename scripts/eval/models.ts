import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createAnalyst } from '../../src/analysis/create-analyst.ts';
import { gatherEvidence } from '../../src/analysis/evidence/evidence.ts';
import { readerOver } from '../../src/analysis/logs/reader.ts';
import { findWindow } from '../../src/analysis/logs/window.ts';
import { createClaimChecker } from '../../src/analysis/model/checked-reply.ts';
import { readObject } from '../../src/analysis/model/reply.ts';
import { rankCauses } from '../../src/analysis/ranking/rank.ts';
import { replySchema } from '../../src/analysis/verify/claim.ts';
import type { Scene } from '../../src/analysis/verify/occurrences.ts';
import { subjectsOf } from '../../src/analysis/verify/subjects.ts';
import { derivedModel, type Model } from '../../src/backends/model/model.ts';
import { isError, type LogRecord } from '../../src/domain/log/record.ts';
import type { Answer, Statement } from '../../src/domain/question/answer.ts';
import type { Language } from '../../src/domain/question/question.ts';
import { createLog } from '../../src/log.ts';
import { played } from './generated/ask.ts';
import { RESOURCES } from './generated/resources.ts';
import { makeIncident, TROUBLES } from './incidents.ts';
import { type Candidate, candidates } from './model-servers.ts';
import { type Seeded, seeded } from './seeded.ts';
import type { Table } from './table.ts';

/** Logs of an invented system, and the names of what is broken in it. */
export interface Case {
  records: LogRecord[];
  broken: string[];
}

/** What one model made of one question. */
export interface Trial {
  language: Language;
  usable: boolean;
  /** Claims of the reply, different ones, and those of them that are so. */
  made: number;
  distinct: number;
  checked: number;
  /** Statements that the answer without a model does not hold. */
  fresh: number;
  /** Those that name nothing of what is broken. */
  noise: number;
  /** A name or a figure that the answer without a model lacks. */
  names: boolean;
  guessed: 'shown' | 'left out' | 'none';
  tokens: number;
  seconds: number;
}

/** An answer is better than the one without a model if it says more about what is broken, and nothing else. */
export const beats = ({ fresh, noise }: Trial): boolean => fresh > noise && noise === 0;

const LANGUAGES: readonly Language[] = ['en', 'ko'];
const SEED = 90;

/** Asks every model that can be reached about invented incidents in both languages. */
export async function evalModels(_: string, seed = SEED, small = false): Promise<Table[]> {
  const { found, absent } = await candidates(small);
  for (const why of absent) console.error(`models: ${why}`);
  const tables: Table[] = [];
  const rows: string[] = [];
  for (const candidate of found) {
    await using _server = candidate.server;
    const random = seeded(seed);
    const trials: Trial[] = [];
    for (let index = 0; index < candidate.incidents; index += 1) {
      const one = await caseOf(index, random);
      for (const language of LANGUAGES) trials.push(await tried(candidate.model, one, language));
    }
    tables.push(tableOf(candidate, trials));
    rows.push(rowOf(candidate, trials));
  }
  if (found.length === 0) console.error('models: no model was asked, docs/models.md stays as it is');
  else writeRows(rows);
  return tables;
}

/** Every second one is of another family, whose systems have more services and more kinds of failures. */
async function caseOf(index: number, random: Seeded): Promise<Case> {
  if (index % 2 === 1) {
    const { records, culprit } = await played(RESOURCES[index % RESOURCES.length]!, random.int(1, 900));
    const failing = records.filter(({ level }) => isError(level)).map(({ service }) => service);
    return { records, broken: [...new Set([...failing, ...(culprit ? [culprit] : [])])] };
  }
  const { records, culprit, callers, front } = makeIncident(random, TROUBLES[(index / 2) % TROUBLES.length]!);
  return { records, broken: [culprit, ...callers, front, 'POST /basket'] };
}

/** What claims of a question about all these records are checked against. */
async function sceneOf({ records }: Case): Promise<Scene> {
  const logs = readerOver(records);
  const { signal } = new AbortController();
  const span = await findWindow(logs, { whole: false }, Date.now());
  const evidence = await gatherEvidence(logs, span!, { catalogue: [], signal });
  const ranking = rankCauses(evidence);
  return { logs, evidence, ranking, subjects: subjectsOf(evidence, ranking), signal };
}

/** One question to one model. */
export async function tried(model: Model, one: Case, language: Language): Promise<Trial> {
  let raw = '';
  const listened = derivedModel(model, {
    async *ask(request) {
      raw = '';
      for await (const event of model.ask(request)) {
        if (event.kind === 'text') raw += event.text;
        yield event;
      }
    },
  });
  const analyst = createAnalyst({
    logs: readerOver(one.records),
    models: [listened],
    language,
    timeZone: 'UTC',
    log: createLog('silent'),
    answers: { tasks: {}, cacheMs: 0, mask: { addresses: false, names: false }, hypothesis: 'always' },
  });
  let draft: Answer | undefined;
  let answer: Answer | undefined;
  const started = performance.now();
  for await (const event of analyst.ask({ kind: 'why', text: '', language })) {
    if (event.kind === 'draft') draft = event.answer;
    if (event.kind === 'answer') answer = event.answer;
  }
  const seconds = (performance.now() - started) / 1_000;
  if (process.env.BONGSU_EVAL_RAW) console.error(raw);
  const reply = read(raw);
  const claims = reply?.claims ?? [];
  const checker = createClaimChecker({ scene: await sceneOf(one) });
  await checker.add(claims);
  const before = new Set(draft!.statements.map(({ text }) => text));
  const fresh = answer!.statements.filter(({ text, standing }) => standing === 'proven' && !before.has(text));
  const guess = answer!.statements.some(
    ({ text, standing }) => standing === 'hypothesis' && !before.has(text),
  );
  return {
    language,
    usable: answer!.model !== 'none',
    made: claims.length,
    distinct: new Set(claims.map((claim) => JSON.stringify(claim))).size,
    checked: checker.told.length,
    fresh: fresh.length,
    noise: fresh.filter((statement) => !isAbout(statement, one)).length,
    names: fresh.some(({ text }) => newWords(text, draft!).length > 0),
    guessed: guess ? 'shown' : reply?.hypothesis.trim() ? 'left out' : 'none',
    tokens: answer!.tokens.prompt + answer!.tokens.completion,
    seconds,
  };
}

function read(raw: string): ReturnType<typeof replySchema.parse> | undefined {
  try {
    return readObject(raw, replySchema);
  } catch {
    return undefined;
  }
}

/** Whether a statement names something that is broken. */
const isAbout = ({ text }: Statement, { broken }: Case): boolean =>
  broken.some((name) => text.includes(name));

const newWords = (text: string, { explanation }: Answer): string[] =>
  (text.match(/[\p{L}\p{N}][\p{L}\p{N}:.-]*/gu) ?? []).filter(
    (word) => /\p{N}|-/u.test(word) && !explanation.includes(word),
  );

const sum = (trials: readonly Trial[], of: (trial: Trial) => number): number =>
  trials.reduce((total, trial) => total + of(trial), 0);
const share = (trials: readonly Trial[], is: (trial: Trial) => boolean): number =>
  sum(trials, (trial) => Number(is(trial))) / Math.max(1, trials.length);

function tableOf({ name, model }: Candidate, trials: readonly Trial[]): Table {
  const made = sum(trials, ({ made: count }) => count);
  const questions = `${trials.length} questions, seed of invented incidents`;
  return {
    title: `Claims of ${name}`,
    scores: [
      { name: 'replies usable', value: share(trials, ({ usable }) => usable), note: questions },
      ...LANGUAGES.map((language) => ({
        name: `replies usable, ${language}`,
        value: share(
          trials.filter((trial) => trial.language === language),
          ({ usable }) => usable,
        ),
      })),
      { name: 'claims an answer', value: made / trials.length },
      { name: 'of them repeated', value: (made - sum(trials, (one) => one.distinct)) / Math.max(1, made) },
      {
        name: 'different claims that checked',
        value:
          sum(trials, (one) => one.checked) /
          Math.max(
            1,
            sum(trials, (one) => one.distinct),
          ),
        note: `of ${sum(trials, (one) => one.distinct)}`,
      },
      {
        name: 'statements beside those without a model, an answer',
        value: sum(trials, (one) => one.fresh) / trials.length,
      },
      {
        name: 'of them about nothing that is broken, an answer',
        value: sum(trials, (one) => one.noise) / trials.length,
      },
      {
        name: 'answers with a name or figure that the one without a model lacks',
        value: share(trials, (one) => one.names),
      },
      { name: 'answers that beat the one without a model', value: share(trials, beats) },
      { name: 'guesses shown', value: share(trials, ({ guessed }) => guessed === 'shown') },
      { name: 'guesses left out', value: share(trials, ({ guessed }) => guessed === 'left out') },
      { name: 'tokens a question', value: Math.round(sum(trials, (one) => one.tokens) / trials.length) },
      {
        name: 'seconds a question',
        value: sum(trials, (one) => one.seconds) / trials.length,
        note: `context ${model.contextTokens}`,
      },
    ],
  };
}

const percent = (value: number): string => `${Math.round(value * 100)} %`;

function rowOf({ name, size, memory }: Candidate, trials: readonly Trial[]): string {
  const of = (language: Language): string =>
    percent(
      share(
        trials.filter((trial) => trial.language === language),
        ({ usable }) => usable,
      ),
    );
  const checked =
    sum(trials, (one) => one.checked) /
    Math.max(
      1,
      sum(trials, (one) => one.distinct),
    );
  const tokens = Math.round(sum(trials, (one) => one.tokens) / trials.length);
  const seconds = Math.round(sum(trials, (one) => one.seconds) / trials.length);
  const cells = [
    name,
    size,
    memory,
    of('ko'),
    of('en'),
    percent(checked),
    percent(share(trials, beats)),
    tokens,
    seconds,
  ];
  return `| ${cells.join(' | ')} |`;
}

const PAGES = ['models.md', 'models.ko.md'];
const MARKS = /(<!-- measured: npm run eval models -->\n(?:\|.*\n){2})((?:\|.*\n)*)(?=<!-- \/measured -->)/;
const FIRST_CELL = /^\| (`[^`]+`)/;

/** Puts the rows into the pages; a row of the same model is replaced, others stay. */
function writeRows(rows: readonly string[]): void {
  for (const page of PAGES) {
    const file = join(import.meta.dirname, '../../docs', page);
    const text = readFileSync(file, 'utf8');
    writeFileSync(
      file,
      text.replace(MARKS, (_, head: string, kept: string) => head + mergedRows(kept, rows)),
    );
  }
}

/** Rows by model, in their order: a new one takes the place of an older one of the same model. */
export function mergedRows(kept: string, rows: readonly string[]): string {
  const byModel = new Map<string, string>();
  for (const row of [...kept.split('\n').filter(Boolean), ...rows])
    byModel.set(FIRST_CELL.exec(row)?.[1] ?? row, row);
  return [...byModel.values()].map((row) => `${row}\n`).join('');
}
