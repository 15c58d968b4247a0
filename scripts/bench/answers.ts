import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createAnalyst } from '../../src/analysis/create-analyst.ts';
import { readerOver } from '../../src/analysis/logs/reader.ts';
import type { Model } from '../../src/backends/model/model.ts';
import { queued } from '../../src/backends/model/request-lanes.ts';
import { checkedState } from '../../src/backends/state/checked.ts';
import { openSqliteState } from '../../src/backends/state/sqlite.ts';
import type { LogRecord } from '../../src/domain/log/record.ts';
import { createLog } from '../../src/log.ts';
import { poolIncident, record } from '../../test/fakes/incident-logs.ts';
import type { Figure } from './figure.ts';

/** As a hosted model behaves: half a second to the first word, then sixty tokens a second. */
const FIRST_WORD_MS = 500;
const TOKENS_PER_SECOND = 60;
const REPLY_TOKENS = 60;
/** The shipped default for hosted models. */
const AT_ONCE = 8;
const QUESTIONS = 8;
const ASKED = 4;
const TEXTS = 32;

/** A made-up model that takes its time like a real one; what it says is always the same. */
function slowModel(): Model & { calls: number } {
  const model: Model & { calls: number } = {
    id: 'slow',
    name: 'fake/slow',
    external: false,
    contextTokens: 64_000,
    price: { prompt: 0, completion: 0 },
    tools: false,
    calls: 0,
    async *ask({ prompt, schemaName, signal }) {
      model.calls += 1;
      const count = schemaName === 'answers' ? (prompt.match(/<<<DATA-/g)?.length ?? 1) : 1;
      const reply = { claims: [{ type: 'count', of: 'S1', than: '' }] };
      const said =
        schemaName === 'answers'
          ? { answers: Array.from({ length: count }, (_, i) => ({ text: i + 1, ...reply })) }
          : reply;
      await sleep(FIRST_WORD_MS, undefined, { signal });
      await sleep((count * REPLY_TOKENS * 1_000) / TOKENS_PER_SECOND, undefined, { signal });
      yield { kind: 'text', text: JSON.stringify(said) };
      yield { kind: 'end', tokens: { prompt: 1_000, completion: count * REPLY_TOKENS } };
    },
    async health() {
      return { ok: true, kind: 'fake', detail: 'in this process' };
    },
    async [Symbol.asyncDispose]() {},
  };
  return model;
}

const timed = async (work: () => Promise<unknown>): Promise<number> => {
  const start = performance.now();
  await work();
  return performance.now() - start;
};
const mean = (values: number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

/** What caching, asking together and batching save, on a made-up model with the delays of a hosted one. */
export async function benchAnswers(): Promise<Figure[]> {
  const dir = await mkdtemp(join(tmpdir(), 'bongsu-bench-answers-'));
  const log = createLog('silent');
  try {
    await using state = checkedState(await openSqliteState({ file: join(dir, 'state.db') }, log), log);
    const logs = readerOver(poolIncident());
    const slow = slowModel();
    const models = [queued(slow, { concurrency: AT_ONCE })];
    const shared = { logs, models, language: 'en' as const, timeZone: 'UTC', log };
    const plain = createAnalyst(shared);
    const analyst = createAnalyst({ ...shared, state });
    const ask = (of: typeof analyst, text: string) => async () => {
      for await (const event of of.ask({ kind: 'why', text, language: 'en' }))
        if (event.kind === 'answer') return;
    };
    const cold = await timed(ask(analyst, 'what broke?'));
    const cached = await timed(ask(analyst, 'what broke?'));
    const before = slow.calls;
    const together = await timed(() =>
      Promise.all(Array.from({ length: 10 }, () => timed(ask(analyst, 'and why so late?')))),
    );
    const calls = slow.calls - before;

    // A team asks the same things again within minutes: the plain way asks the model each time.
    const day = async (of: typeof analyst): Promise<number> => {
      const times: number[] = [];
      for (let round = 0; round < ASKED; round += 1)
        times.push(
          ...(await Promise.all(
            Array.from({ length: QUESTIONS }, (_, i) => timed(ask(of, `question ${i} of the team`))),
          )),
        );
      return mean(times);
    };
    const plainMean = await day(plain);
    const ownMean = await day(analyst);

    const texts: LogRecord[][] = Array.from({ length: TEXTS }, (_, i) => [
      record(
        1_772_366_400_000 + i,
        `svc-${i}`,
        'error',
        `svc-${i} out of memory: cannot allocate ${i + 1} pages`,
      ),
    ]);
    const oneByOne = await timed(async () => {
      for (const text of texts)
        for await (const event of plain.assess(text, { language: 'en' })) if (event.kind === 'answer') break;
    });
    const callsBefore = slow.calls;
    const batched = await timed(() => plain.assessAll(texts, { language: 'en', lane: 'batch' }));
    const batches = slow.calls - callsBefore;
    return [
      {
        name: 'answer on a made-up model (0.5 s to the first word, 60 tokens/s), cold',
        value: cold,
        unit: 'ms',
      },
      { name: 'the same, cached', value: cached, unit: 'ms', ratio: cached / cold, against: 'cold' },
      {
        name: `ten people ask the same at once: ${calls} model call${calls === 1 ? '' : 's'}`,
        value: together,
        unit: 'ms',
        ratio: together / cold,
        against: 'one cold',
      },
      {
        name: `mean latency, ${QUESTIONS} questions asked ${ASKED} times, ${AT_ONCE} calls at once`,
        value: ownMean,
        unit: 'ms',
        ratio: ownMean / plainMean,
        against: 'asking the model each time',
      },
      {
        name: `POST /analyze, ${TEXTS} texts together in ${batches} model calls`,
        value: (TEXTS * 1_000) / batched,
        unit: 'texts/s',
        ratio: oneByOne / batched,
        against: 'one call after the other',
      },
    ];
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}
