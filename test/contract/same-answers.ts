import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { createAnalyst } from '../../src/analysis/create-analyst.ts';
import { answerPlainly } from '../../src/analysis/queries/answer.ts';
import { openSqliteLogs } from '../../src/backends/logs/sqlite.ts';
import type { LogStore } from '../../src/backends/logs/store.ts';
import { timeIn } from '../../src/bot/commands/parse/when-window.ts';
import { parseConfig } from '../../src/config/config.ts';
import { recordedIncident } from '../../src/demo/recorded-incident.ts';
import type { SourceLine } from '../../src/domain/log/source-line.ts';
import type { Answer } from '../../src/domain/question/answer.ts';
import type { Language } from '../../src/domain/question/question.ts';
import { analyzeHandler } from '../../src/jobs/analyze.ts';
import { makeDigest } from '../../src/jobs/digest.ts';
import { createLog } from '../../src/log.ts';
import { recordsOfLines } from '../../src/pipeline/offline.ts';
import { memoryState } from '../fakes/state.ts';

const log = createLog('silent');
const END = Date.UTC(2026, 9, 6, 9);
const config = parseConfig({ models: [] });

/** A document of the index, with the id that it is to have. */
export interface IndexedDocument {
  id: string;
  source: Record<string, unknown>;
}

/** The lines of the recorded incident, each in the file of its service. */
const lines = (): SourceLine[] =>
  [...recordedIncident({ endsAt: END })].map((line) => ({
    text: line.text,
    source: `/var/log/${line.source}`,
    position: line.position,
  }));

/** The same lines as Filebeat sends them. */
async function documents(): Promise<IndexedDocument[]> {
  const all = lines();
  const records = await recordsOfLines([structuredClone(all)], 'UTC');
  return all.map(({ text, source }, n) => ({
    id: `line-${n}`,
    source: {
      '@timestamp': new Date(records[n]!.timestamp).toISOString(),
      message: text,
      agent: { type: 'filebeat', version: '8.19.0' },
      ecs: { version: '8.0.0' },
      input: { type: 'filestream' },
      log: { offset: n, file: { path: source } },
    },
  }));
}

/** What is said of a store by everything that answers from it, without ids and without how long it took. */
async function answersOf(logs: LogStore): Promise<Record<string, unknown>> {
  const state = memoryState();
  const analyst = createAnalyst({
    ...{ logs, models: [], state, language: 'en' as const, timeZone: 'UTC', answers: config.answers, log },
    now: () => END,
  });
  const asked = async (kind: 'why' | 'summarize', language: Language): Promise<Answer | undefined> => {
    for await (const event of analyst.ask({ kind, text: '', language }, { useModel: false }))
      if (event.kind === 'answer') return event.answer;
    return undefined;
  };
  const { from, to } = (await logs.extent())!;
  const signal = new AbortController().signal;
  const digest = await makeDigest(
    {
      logs,
      state,
      queue: { list: async () => [], counts: async () => ({ waiting: 0 }) as never },
      teams: [],
      timeZone: 'UTC',
      backendsHealth: async () => ({}),
      now: () => END,
    },
    { name: 'all' } as never,
    { span: 'day', day: '2026-10-06' },
    'UTC',
  );
  const analysis = await analyzeHandler({ logs, state, analyst })(
    { window: { from, to }, language: 'en', text: '' },
    { id: 'job', attempt: 1, attempts: 1, signal, progress: async () => {} },
  );
  const questions = [
    'which service has the most errors?',
    '에러는 언제 시작됐어?',
    'how many 503 were there?',
  ];
  const answers: unknown[] = [];
  for (const text of questions)
    answers.push(
      await answerPlainly({ text, language: 'en' }, { logs, timeZone: 'UTC', timeIn, signal, now: END }),
    );
  return plain({
    extent: await logs.extent(),
    why: await asked('why', 'en'),
    whyInKorean: await asked('why', 'ko'),
    summary: await asked('summarize', 'en'),
    summaryInKorean: await asked('summarize', 'ko'),
    found: await logs.search({ text: 'inventory', levels: ['error'] }, { limit: 30 }),
    digest,
    analysis,
    answers,
  });
}

/** Ids tell where a line was read, and templates of two miners have ids of their own. */
const IDS = new Set(['id', 'key', 'ids', 'duration_ms', 'madeAt', 'attributes']);
const plain = (value: object): Record<string, unknown> =>
  JSON.parse(
    JSON.stringify(value, (name, inner) => {
      if (IDS.has(name)) return undefined;
      const isIds = name === 'evidence' && Array.isArray(inner) && typeof inner[0] === 'string';
      return isIds ? inner.length : inner;
    }),
  ) as Record<string, unknown>;

/**
 * Every answer from an index of others is the one that our own store gives of the same lines.
 * @param open gives a store over an index that holds these documents; the suite disposes it
 */
export function sameAnswers(name: string, open: (documents: IndexedDocument[]) => Promise<LogStore>): void {
  test(`${name}: why, summarize, search, digest, analyze and questions answer as over our own store`, async () => {
    const dir = await mkdtemp(join(tmpdir(), 'bongsu-same-'));
    try {
      await using own = await openSqliteLogs({ file: join(dir, 'own.sqlite') }, log);
      await own.write(await recordsOfLines([lines()], 'UTC'));
      await using theirs = await open(await documents());
      const [expected, found] = [await answersOf(own), await answersOf(theirs)];
      for (const [what, answer] of Object.entries(expected)) assert.deepEqual(found[what], answer, what);
      assert.match(JSON.stringify(expected.why), /inventory/);
    } finally {
      await rm(dir, { recursive: true, force: true });
    }
  });
}
