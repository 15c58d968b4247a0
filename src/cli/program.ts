import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { type AppError, type ErrorCode, toAppError } from '../domain/errors.ts';
import { FINE_TUNE_TASKS } from '../domain/job/job.ts';
import { LANGUAGES, MAX_QUESTION, parseDuration } from '../domain/question/question.ts';
import { visible } from '../domain/text/visible.ts';
import { redact } from '../log.ts';
import { VERSION } from '../version.ts';
import { type CommonOptions, type Context, openContext } from './context.ts';
import { field, printError, printText } from './output.ts';

/** Commands load when they are called, so that `--help` and `templates` start quickly. */
const load = {
  start: () => import('./commands/start.ts'),
  health: () => import('./commands/health.ts'),
  doctor: () => import('./commands/doctor.ts'),
  ingest: () => import('./commands/ingest.ts'),
  templates: () => import('./commands/templates.ts'),
  detect: () => import('./commands/detect.ts'),
  ask: () => import('./commands/ask.ts'),
  search: () => import('./commands/search.ts'),
  pack: () => import('./commands/pack.ts'),
  replay: () => import('./commands/replay.ts'),
  digest: () => import('./commands/digest.ts'),
  collect: () => import('./commands/collect.ts'),
  fineTune: () => import('./commands/fine-tune.ts'),
  route: () => import('./commands/route.ts'),
  audit: () => import('./commands/audit.ts'),
};

const DONE = 0;
const FAILED = 1;
const USAGE = 2;

/** What the person can mend by another command line or another file. */
const WRONG_INPUT: ReadonlySet<ErrorCode> = new Set(['usage', 'config_invalid', 'not_found']);

const count = (text: string): number => {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 0)
    throw new InvalidArgumentError('must be a whole number, 0 or more');
  return value;
};
const port = (text: string): number => {
  const value = count(text);
  if (value > 65_535) throw new InvalidArgumentError('must be a port, 0 to 65535');
  return value;
};
const duration = (text: string): number => {
  const value = parseDuration(text);
  if (value === undefined)
    throw new InvalidArgumentError('must be a duration such as 30m, 2h, 1d (1 s to 90 days)');
  return value;
};
const period = (text: string): 'yesterday' | 'week' => {
  if (text !== 'yesterday' && text !== 'week') throw new InvalidArgumentError('must be yesterday or week');
  return text;
};
const question = (text: string): string => {
  if (text.length > MAX_QUESTION) throw new InvalidArgumentError(`is longer than ${MAX_QUESTION} characters`);
  return text;
};

/**
 * Runs one command line. Never throws.
 * @returns the exit code: 0 done, 1 failed, 2 wrong usage or wrong configuration
 */
export async function runCli(argv: string[], signal: AbortSignal): Promise<number> {
  let code = DONE;
  // Lines of a message are our own, unless a word of the command line holds a line end and may be part of it.
  const shown = argv.some((word) => /[\r\n]/.test(word)) ? field : visible;
  const program = commandTable(async (options, run, quiet) => {
    code = await run(openContext(options, signal, quiet));
  });
  quoteSafely(program, shown);
  try {
    await program.parseAsync(argv, { from: 'user' });
    return code;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? DONE : USAGE;
    const failure = toAppError(error);
    if (failure.code === 'stopped') return FAILED;
    const said = redact(sentence(failure));
    // Each wrong field of a configuration is told on a line of its own.
    for (const line of failure.code === 'config_invalid' ? shown(said).split('\n') : [said]) printError(line);
    return WRONG_INPUT.has(failure.code) ? USAGE : FAILED;
  }
}

/** Each row of `detect` points to a line or a session; what is said of a bucket has neither. */
const DETECT_LOOKS_AT = `
It judges single lines, sessions, numbers, and what no longer comes. What is counted per bucket of a service (failing
starts, error bursts, new errors, changed rates) is found by \`bongsu ingest\` and by the running pipeline.`;

/** One clear sentence; a defect of ours says where, for the report. */
function sentence(error: AppError): string {
  if (error.code !== 'internal') return `bongsu: ${error.message}`;
  const at = error.cause instanceof Error ? error.cause.stack?.split('\n')[1]?.trim() : undefined;
  return `bongsu: unexpected failure: ${error.message}${at ? ` (${at})` : ''}`;
}

type Runner = (
  options: CommonOptions,
  run: (context: Context) => Promise<number>,
  quiet?: boolean,
) => Promise<void>;

/** Commander's own words quote what was typed: a terminal obeys none of it. */
function quoteSafely(program: Command, shown: (text: string) => string): void {
  for (const command of [program, ...program.commands])
    command.configureOutput({
      writeOut: (text) => void printText(text),
      writeErr: (text) => printError(text.trimEnd(), visible),
      outputError: (text, write) => write(shown(text.trimEnd())),
    });
}

/**
 * Every command with its arguments and options.
 * @param run carries out the chosen one
 */
export function commandTable(run: Runner): Command {
  const program = new Command('bongsu')
    .description('Turns anomalous logs into one living alert thread and answers questions about logs.')
    .version(VERSION)
    .exitOverride()
    .showHelpAfterError('(add --help for the forms that are allowed)');
  const command = (usage: string, description: string): Command =>
    program
      .command(usage)
      .description(description)
      .option(
        '--config <file>',
        'configuration file (default: BONGSU_CONFIG, else config.json in the folder of Bongsu)',
      )
      .option('--json', 'machine-readable output')
      .exitOverride();

  command('start', 'run the roles: pipeline, bot, worker, and the console page')
    .addOption(
      new Option('--role <role>', 'which role').choices(['all', 'bot', 'pipeline', 'worker']).default('all'),
    )
    .option('--logs <path...>', 'read these files or folders (.gz and .csv too, - for stdin)')
    .option('--demo', 'replay the recorded incident, also when it was shown before')
    .option('--port <port>', 'port of the console page and the HTTP interface', port)
    .option('--no-open', 'do not open the page in a browser')
    .action((options) =>
      run(
        options,
        async (context) => {
          const http = {
            ...context.config.http,
            ...(options.port === undefined ? {} : { port: options.port }),
          };
          return (await load.start()).start({ ...context, config: { ...context.config, http } }, options);
        },
        false,
      ),
    );

  command(
    'ingest <path...>',
    'read logs into the store; prints lines, templates, anomalies and lines/s',
  ).action((paths, options) => run(options, async (context) => (await load.ingest()).ingest(context, paths)));

  command('templates <file>', 'JSON lines: the template of every line at the moment it is read')
    .option('--content', 'the lines are message bodies without headers')
    .option('--final <file2>', 'also write the templates as they stand after the last line')
    .action((file, options) =>
      run(options, async (context) => (await load.templates()).templates(context, file, options)),
    );

  command('detect <file...>', 'JSON lines: anomalies with the line at which they were found')
    .option('--warmup <lines>', 'lines to learn from before anything is scored', count)
    .option(
      '--key <name>',
      'the key of a session: an attribute, a key in the text, or the beginning of a word',
    )
    .option('--all', 'low scores too')
    .addHelpText('after', DETECT_LOOKS_AT)
    .action((files, options) =>
      run(options, async (context) => (await load.detect()).detect(context, files, options)),
    );

  const asking = (usage: string, description: string): Command =>
    command(usage, description)
      .option('--logs <path...>', 'ask these files instead of the store (also .json of {stream: lines})')
      .option('--since <duration>', 'how far back from now, e.g. 30m, 2h, 1d', duration)
      .option('--service <name...>', 'only these services')
      .addOption(new Option('--language <code>', 'language of the answer').choices(LANGUAGES));

  asking('why', 'what went wrong, with the lines that prove it')
    .argument('[question]', 'in your own words', question)
    .option('--budget <tokens>', 'size of the evidence a model is given', count)
    .option('--no-model', 'evidence and ranked causes only')
    .option('--fresh', 'ask the model though an answer to the same is kept')
    .option('--catalogue <file>', 'JSON file with the names of the services')
    .action((text, options) =>
      run(options, async (context) => (await load.ask()).ask(context, 'why', text ?? '', options)),
    );

  asking('summarize', 'what the logs say in numbers: requests, times, errors, templates')
    .option('--no-model', 'numbers only, without a model’s prose')
    .option('--fresh', 'ask the model though an answer to the same is kept')
    .action((options) =>
      run(options, async (context) => (await load.ask()).ask(context, 'summarize', '', options)),
    );

  asking('search', 'the newest lines that hold all the words, in the order of their times')
    .argument('<words...>', 'words, or "a phrase"')
    .option('--limit <lines>', 'at most this many', count, 20)
    .action((words, options) =>
      run(options, async (context) => (await load.search()).search(context, words.join(' '), options)),
    );

  command('pack <file>', 'the lines of a log that matter most, within a budget of tokens')
    .requiredOption('--budget <tokens>', 'tokens (characters / 4) at most', count)
    .action((file, options) =>
      run(options, async (context) => (await load.pack()).pack(context, file, options)),
    );

  command('digest', 'what a team reads of yesterday or of the last week')
    .argument('[period]', 'yesterday or week', period, 'yesterday')
    .option('--team <name>', 'a team of jobs.digest.teams (default: the first)')
    .addOption(new Option('--language <code>', 'language of the digest').choices(LANGUAGES))
    .action((when, options) =>
      run(options, async (context) => (await load.digest()).digest(context, when, options)),
    );

  command('collect', 'send a day of the log store to Kafka, as the nightly collection does')
    .option('--day <date>', 'which day, e.g. 2026-03-29 (default: yesterday)')
    .action((options) => run(options, async (context) => (await load.collect()).collect(context, options)));

  command('fine-tune', 'train on what people judged, and let what is better serve')
    .addOption(new Option('--task <task>', 'only this task').choices(FINE_TUNE_TASKS))
    .option('--status', 'only show what serves and the last trainings')
    .addOption(
      new Option('--roll-back <target>', 'let serve what served before').choices([
        'alerts',
        ...FINE_TUNE_TASKS,
      ]),
    )
    .action((options) => run(options, async (context) => (await load.fineTune()).fineTune(context, options)));

  command(
    'replay',
    'send the recorded incident through the running system (over the Kafka topic of logs, else over its HTTP interface)',
  ).action((options) => run(options, async (context) => (await load.replay()).replay(context)));

  command('route', 'which rule of the configuration sends an anomaly where, and why')
    .requiredOption('--explain <file>', 'anomalies as they are on the bus, a JSON object a line, - for stdin')
    .action((options) =>
      run(options, async (context) => (await load.route()).route(context, options.explain)),
    );

  command('audit', 'who did what, as JSON lines, oldest first')
    .option('--since <duration>', 'how far back from now, e.g. 2h, 1d', duration)
    .option('--incident <id>', 'only this incident')
    .action((options) => run(options, async (context) => (await load.audit()).audit(context, options)));

  command('health', 'how the running Bongsu and its backends are').action((options) =>
    run(options, async (context) => (await load.health()).health(context)),
  );

  command('doctor', 'check every configured backend and say what to mend').action((options) =>
    run(options, async (context) => (await load.doctor()).doctor(context)),
  );

  return program;
}
