import { createReadStream, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text as readAll } from 'node:stream/consumers';
import { createAnalyst } from '../analysis/answer.ts';
import { packText } from '../analysis/pack.ts';
import { pipelineOver } from '../app.ts';
import { type Backends, openBackends } from '../backends/open.ts';
import type { Config } from '../config.ts';
import type { Answer } from '../domain/answer.ts';
import { AppError } from '../domain/errors.ts';
import { type Language, languageOf, type Question } from '../domain/question.ts';
import type { TimeWindow } from '../domain/record.ts';
import { createMetrics } from '../metrics.ts';
import { readFiles } from '../pipeline/sources/files.ts';
import type { Context } from './context.ts';
import { answerText, forTerminal, printJson, printLine } from './output.ts';
import { progressBar } from './progress.ts';
import { isStreams, readStreams } from './streams.ts';

interface Where {
  logs?: string[];
  /** Milliseconds back from now. */
  since?: number;
  service?: string[];
}

export interface AskOptions extends Where {
  language?: Language;
  budget?: number;
  model?: boolean;
  catalogue?: string;
}

/** `why` and `summarize` on the command line: the same analyst as in chat, over the store or over files. */
export async function ask(
  context: Context,
  kind: Question['kind'],
  text: string,
  options: AskOptions,
): Promise<number> {
  const { config, log, signal } = context;
  await using place = await openPlace(context, options);
  const metrics = createMetrics();
  const analyst = createAnalyst({
    logs: place.backends.logs,
    models: options.model === false ? [] : place.backends.models,
    state: place.backends.state,
    language: config.language,
    timeZone: config.timeZone,
    metrics,
    log,
  });
  const question: Question = {
    kind,
    text,
    language: options.language ?? languageOf(text, config.language),
    window: windowOf(options),
    services: options.service,
  };
  const answer = await lastAnswer(
    analyst.ask(question, {
      signal,
      useModel: options.model !== false,
      budgetTokens: options.budget,
      catalogue: options.catalogue ? readCatalogue(options.catalogue) : undefined,
    }),
  );
  if (context.json) await printJson(answer);
  else await printLine(answerText(answer, question.language));
  return 0;
}

async function lastAnswer(events: ReturnType<ReturnType<typeof createAnalyst>['ask']>): Promise<Answer> {
  for await (const event of events) {
    if (event.kind === 'answer') return event.answer;
    if (event.kind === 'step' && process.stderr.isTTY) process.stderr.write(`\r\u001b[K${event.step} …`);
    if (event.kind !== 'step' && process.stderr.isTTY) process.stderr.write('\r\u001b[K');
  }
  throw new AppError('internal', 'the analyst ended without an answer');
}

/** `search`: the newest lines that match. */
export async function search(
  context: Context,
  text: string,
  options: Where & { limit: number },
): Promise<number> {
  await using place = await openPlace(context, options);
  const page = await place.backends.logs.search(
    { ...windowOf(options), services: options.service, text },
    { limit: Math.min(options.limit, 1_000), signal: context.signal },
  );
  if (context.json) await printJson(page);
  else {
    for (const record of page.records.toReversed())
      await printLine(
        forTerminal(`${new Date(record.timestamp).toISOString()} ${record.service} ${record.line}`),
      );
    await printLine(page.total === 0 ? 'nothing found' : `${page.records.length} of ${page.total}`);
  }
  return 0;
}

/** `pack`: never over budget, tokens being characters / 4. */
export async function pack(context: Context, file: string, options: { budget: number }): Promise<number> {
  const stream = file === '-' ? process.stdin : createReadStream(file);
  const source = await (file.endsWith('.gz')
    ? readAll(stream.pipe((await import('node:zlib')).createGunzip()))
    : readAll(stream)
  ).catch((cause: NodeJS.ErrnoException) => {
    throw new AppError(
      cause.code === 'ENOENT' ? 'usage' : 'malformed',
      `${file}: ${cause.code === 'ENOENT' ? 'no such file' : 'cannot be read'}`,
      { cause },
    );
  });
  const packed = packText(source, options.budget);
  if (context.json)
    await printJson({ budget: options.budget, tokens: Math.ceil(packed.length / 4), pack: packed });
  else process.stdout.write(packed);
  return 0;
}

const windowOf = ({ since }: Where): TimeWindow | undefined => {
  const now = Date.now();
  return since === undefined ? undefined : { from: now - since, to: now + 1 };
};

function readCatalogue(file: string): string[] {
  let parsed: unknown;
  try {
    parsed = JSON.parse(readFileSync(file, 'utf8'));
  } catch (cause) {
    throw new AppError('usage', `${file}: not a readable JSON file`, { cause });
  }
  // A list of names, or an object of such lists (one per system).
  const names = (Array.isArray(parsed) ? parsed : Object.values(parsed ?? {}).flat()).filter(
    (name): name is string => typeof name === 'string',
  );
  if (names.length === 0) throw new AppError('usage', `${file}: holds no service names`);
  return names;
}

interface Place extends AsyncDisposable {
  backends: Backends;
}

/** The configured store, or a temporary one filled with the given files. */
async function openPlace(context: Context, { logs }: Where): Promise<Place> {
  const { config, log, signal } = context;
  if (!logs) {
    const backends = await openBackends(config, log);
    return { backends, [Symbol.asyncDispose]: () => backends[Symbol.asyncDispose]() };
  }
  const dataDir = mkdtempSync(join(tmpdir(), 'bongsu-'));
  const embedded: Config = {
    ...config,
    dataDir,
    bus: { kind: 'memory' },
    logs: { kind: 'sqlite' },
    state: { kind: 'sqlite' },
    queue: { kind: 'embedded' },
  };
  const backends = await openBackends(embedded, log);
  const place: Place = {
    backends,
    async [Symbol.asyncDispose]() {
      await backends[Symbol.asyncDispose]();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
  try {
    const pipeline = pipelineOver(backends, config, createMetrics(), log);
    const bar = progressBar('Reading');
    const files = logs.filter((path) => !isStreams(path));
    if (files.length > 0)
      await pipeline
        .run(readFiles(files, { onProgress: (done, total) => bar.update(done, total) }), { signal })
        .finally(() => bar.stop());
    for (const path of logs.filter(isStreams))
      await pipeline.run(readStreams(path, config.timeZone), { signal });
    return place;
  } catch (error) {
    await place[Symbol.asyncDispose]();
    throw error;
  }
}
