import open from 'open';
import { type App, createApp } from '../../app.ts';
import { ROLES, type Role } from '../../config/config.ts';
import { replayIncident } from '../../demo/replay.ts';
import { AppError } from '../../domain/errors.ts';
import type { Language } from '../../domain/question/question.ts';
import { CATALOGUES } from '../../i18n/catalogues.ts';
import { speech } from '../../i18n/format.ts';
import { reportLines } from '../../i18n/read-report.ts';
import { redactCredentials } from '../../masking/redact.ts';
import type { Pipeline } from '../../pipeline/run.ts';
import { findFiles } from '../../pipeline/sources/files/files.ts';
import type { Context } from '../context.ts';
import { field, printError, printLine } from '../output.ts';
import { progressBar } from '../progress.ts';
import { openReading } from '../read-paths.ts';

export interface StartOptions {
  role: Role | 'all';
  /** The person's own logs; then there is no demonstration. */
  logs?: string[];
  /** Replay the demonstration, also when it was shown before. */
  demo?: boolean;
  /** Used in place of the configured port. */
  port?: number;
  /** Open the page in a browser. */
  open: boolean;
}

/** The same demonstration on every machine. */
const DEMO_SEED = 20_26;

/** Runs the roles until the signal aborts. Resolves with the exit code. */
export async function start(given: Context, options: StartOptions): Promise<number> {
  const { http } = given.config;
  const config = { ...given.config, http: { ...http, port: options.port ?? http.port } };
  const context: Context = { ...given, config };
  const roles: readonly Role[] = options.role === 'all' ? ROLES : [options.role];
  if (options.logs && !roles.includes('pipeline'))
    throw new AppError('usage', '--logs needs the role pipeline or all');
  // A wrong path ends the command before anything runs.
  if (options.logs) await findFiles(options.logs);
  await using app = await createApp(config, roles, context.log);
  await app.start();
  context.log.info({ ...context.sources, dataDir: config.dataDir }, 'configuration');
  await printLine(`Bongsu is at ${app.address}`);
  if (options.open && process.stdout.isTTY && roles.includes('bot'))
    // Bongsu also runs without a browser: the address is printed.
    await open(app.address).catch(() => undefined);

  const feeding = feed(app, context, options).catch((error) => {
    if (context.signal.aborted) return;
    context.log.error({ err: error }, 'reading stopped');
    printError(error instanceof AppError ? error.message : 'reading stopped, see the log');
  });
  await aborted(context.signal);
  await feeding;
  await printLine('Stopping …');
  return 0;
}

async function feed(app: App, context: Context, options: StartOptions): Promise<void> {
  const { pipeline } = app;
  if (!pipeline) return;
  if (options.logs) await readLogs(app, pipeline, context, options.logs);
  else if (options.demo || (await wantsDemo(app, context)))
    await replayDemo(app, context, options.demo ?? false);
}

/** Reads the person's own files, and says in the terminal and on the page what was in them. */
async function readLogs(app: App, pipeline: Pipeline, context: Context, paths: string[]): Promise<void> {
  const { config, signal } = context;
  const { language, timeZone } = config;
  const bar = progressBar('Reading');
  app.reading = { done: 0, total: 0 };
  const reading = openReading(paths, {
    timeZone,
    onProgress: (done, total) => {
      bar.update(done, total);
      app.reading = { done, total };
    },
  });
  const totals = await pipeline.run(reading.lines, { signal }).finally(() => {
    bar.stop();
    app.reading = undefined;
  });
  const findings = await app.findings(totals, signal);
  const report = reading.report(totals);
  const sentences = (spoken: Language, clean = (text: string): string => text): string[] =>
    reportLines(report, findings ?? [], speech(spoken, timeZone), (text) => clean(redactCredentials(text)));
  const { lines, templates, anomalies, refused } = totals;
  app.reading = { done: 1, total: 1, report: sentences };
  const said = sentences(language, field);
  if (!findings) said[1] = CATALOGUES[language].reading.published(anomalies);
  for (const line of said) await printLine(line);
  await printLine(`${lines} lines, ${templates} templates, ${anomalies} anomalies.`);
  if (refused)
    await printLine(`The log store refused ${refused} of them; see logs.refused in the data folder.`);
}

/** True on a first start with embedded backends and no source of logs: the demonstration shows what Bongsu does. */
async function wantsDemo(app: App, { config }: Context): Promise<boolean> {
  if (config.bus.kind !== 'memory' || config.chats.length > 0) return false;
  if (app.collectors && app.collectors.listeners.length > 0) return false;
  const demo = await app.backends.state.get('demo', 'demo');
  if (demo) return !demo.value.done;
  return (await app.backends.logs.extent()) === undefined;
}

async function replayDemo(app: App, context: Context, again: boolean): Promise<void> {
  const { state } = app.backends;
  const known = await state.get('demo', 'demo');
  // A demonstration that was cut short keeps its end time, so that its lines and anomalies keep their ids.
  const endsAt = known && !known.value.done && !again ? known.value.endsAt : Date.now();
  const remember = (done: boolean) =>
    state.commit({ put: [{ kind: 'demo', id: 'demo', value: { endsAt, done } }] });
  await remember(false);
  await printLine('Replaying a recorded incident of a small shop (six services, 20 minutes) …');
  const bar = progressBar('Replaying', 'lines');
  await replayIncident(app.pipeline!, {
    seed: DEMO_SEED,
    endsAt,
    signal: context.signal,
    onProgress: (done, total) => bar.update(done, total),
  }).finally(() => bar.stop());
  if (context.signal.aborted) return;
  await remember(true);
  await printLine('Replayed.');
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}
