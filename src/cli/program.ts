import { Command, CommanderError, Option } from 'commander';
import { type AppError, type ErrorCode, toAppError } from '../domain/errors.ts';
import { FINE_TUNE_TASKS } from '../domain/job/job.ts';
import { LANGUAGES } from '../domain/question/question.ts';
import { visible } from '../domain/text/visible.ts';
import { redact } from '../log.ts';
import { VERSION } from '../version.ts';
import { count, duration, period, port, question } from './arguments.ts';
import { type CommonOptions, type Context, openContext } from './context.ts';
import { limitHeapGrowth } from './heap.ts';
import { field, printError, printText } from './output.ts';

/** One command: how it is called, what it takes besides `--config` and `--json`, and what runs it. */
interface Row {
  usage: string;
  description: string;
  takes?: (command: Command) => Command;
  /**
   * Resolves with the exit code. `given` is what was typed: the arguments, then the options. The file of a command is
   * loaded only when the command runs, so that `--help` is quick.
   */
  run: (context: Context, ...given: never[]) => Promise<number>;
  /** Logs what it does. All other commands report by their output and log only errors. */
  logs?: boolean;
}

const choice = (flags: string, description: string, choices: readonly string[]): Option =>
  new Option(flags, description).choices(choices);

/** The options of every command that asks about logs. */
const asking = (command: Command): Command =>
  command
    .option('--logs <path...>', 'ask these files instead of the store (also .json of {stream: lines})')
    .option('--since <duration>', 'how far back from now, e.g. 30m, 2h, 1d', duration)
    .option('--service <name...>', 'only these services')
    .addOption(choice('--language <code>', 'language of the answer', LANGUAGES));

/** Why `detect` finds less than the pipeline: each of its rows points to a line or a session, and a bucket has neither. */
const DETECT_LOOKS_AT = `
It judges single lines, sessions, numbers, and what no longer comes. What is counted per bucket of a service (failing
starts, error bursts, new errors, changed rates) is found by \`bongsu ingest\` and by the running pipeline.`;

const TABLE: readonly Row[] = [
  {
    usage: 'start',
    description: 'run the roles: pipeline, bot, worker, and the console page',
    takes: (command) =>
      command
        .addOption(choice('--role <role>', 'which role', ['all', 'bot', 'pipeline', 'worker']).default('all'))
        .option('--logs <path...>', 'read these files or folders (.gz and .csv too, - for stdin)')
        .option('--demo', 'replay the recorded incident, also when it was shown before')
        .option('--port <port>', 'port of the console page and the HTTP interface', port)
        .option('--no-open', 'do not open the page in a browser'),
    run: async (context, options) => (await import('./commands/start.ts')).start(context, options),
    logs: true,
  },
  {
    usage: 'ingest <path...>',
    description: 'read logs into the store and say what is wrong in them',
    run: async (context, paths) => (await import('./commands/ingest.ts')).ingest(context, paths),
  },
  {
    usage: 'incidents',
    description: 'what is wrong: the open incidents, the worst first',
    takes: (command) => command.option('--all', 'also those that are resolved, muted or kept quiet'),
    run: async (context, options) =>
      (await import('./commands/alerts/incidents.ts')).incidents(context, options),
  },
  {
    usage: 'templates <file>',
    description: 'JSON lines: the template of every line at the moment it is read',
    takes: (command) =>
      command
        .option('--content', 'the lines are message bodies without headers')
        .option('--final <file2>', 'also write the templates as they stand after the last line'),
    run: async (context, file, options) =>
      (await import('./commands/templates.ts')).templates(context, file, options),
  },
  {
    usage: 'detect <file...>',
    description: 'JSON lines: anomalies with the line at which they were found',
    takes: (command) =>
      command
        .option('--warmup <lines>', 'lines to learn from before anything is scored', count)
        .option(
          '--key <name>',
          'the key of a session: an attribute, a key in the text, or the beginning of a word',
        )
        .option('--all', 'low scores too')
        .addHelpText('after', DETECT_LOOKS_AT),
    run: async (context, files, options) =>
      (await import('./commands/detect.ts')).detect(context, files, options),
  },
  {
    usage: 'why',
    description: 'what went wrong, with the lines that prove it',
    takes: (command) =>
      asking(command)
        .argument('[question]', 'in your own words', question)
        .option('--budget <tokens>', 'size of the evidence a model is given', count)
        .option('--no-model', 'evidence and ranked causes only')
        .option('--fresh', 'ask the model though an answer to the same is kept')
        .option('--catalogue <file>', 'JSON file with the names of the services'),
    run: async (context, text, options) =>
      (await import('./commands/ask.ts')).ask(context, 'why', text ?? '', options),
  },
  {
    usage: 'ask',
    description:
      'a plain question about the logs: which, when, how many, since when, compared with yesterday',
    takes: (command) =>
      asking(command)
        .argument('<question>', 'in your own words', question)
        .option('--no-model', 'never let a model choose the query'),
    run: async (context, text, options) =>
      (await import('./commands/question.ts')).question(context, text, options),
  },
  {
    usage: 'summarize',
    description: 'what the logs say in numbers: requests, times, errors, templates',
    takes: (command) =>
      asking(command)
        .option('--no-model', 'numbers only, without a model’s prose')
        .option('--fresh', 'ask the model though an answer to the same is kept'),
    run: async (context, options) =>
      (await import('./commands/ask.ts')).ask(context, 'summarize', '', options),
  },
  {
    usage: 'search',
    description: 'the newest lines that hold all the words, in the order of their times',
    takes: (command) =>
      asking(command)
        .argument('<words...>', 'words, or "a phrase"')
        .option('--limit <lines>', 'at most this many', count, 20),
    run: async (context, words, options) =>
      (await import('./commands/search.ts')).search(context, words, options),
  },
  {
    usage: 'pack <file>',
    description: 'the lines of a log that matter most, within a budget of tokens',
    takes: (command) => command.requiredOption('--budget <tokens>', 'tokens (characters / 4) at most', count),
    run: async (context, file, options) => (await import('./commands/pack.ts')).pack(context, file, options),
  },
  {
    usage: 'digest',
    description: 'what a team reads of yesterday or of the last week',
    takes: (command) =>
      command
        .argument('[period]', 'yesterday or week', period, 'yesterday')
        .option('--team <name>', 'a team of jobs.digest.teams (default: the first)')
        .addOption(choice('--language <code>', 'language of the digest', LANGUAGES)),
    run: async (context, when, options) =>
      (await import('./commands/digest.ts')).digest(context, when, options),
  },
  {
    usage: 'collect',
    description: 'send a day of the log store to Kafka, as the nightly collection does',
    takes: (command) => command.option('--day <date>', 'which day, e.g. 2026-03-29 (default: yesterday)'),
    run: async (context, options) => (await import('./commands/collect.ts')).collect(context, options),
  },
  {
    usage: 'fine-tune',
    description: 'train on what people judged, and let what is better serve',
    takes: (command) =>
      command
        .addOption(choice('--task <task>', 'only this task', FINE_TUNE_TASKS))
        .option('--status', 'only show what serves and the last trainings')
        .addOption(
          choice('--roll-back <target>', 'let serve what served before', ['alerts', ...FINE_TUNE_TASKS]),
        ),
    run: async (context, options) => (await import('./commands/fine-tune.ts')).fineTune(context, options),
  },
  {
    usage: 'replay',
    description:
      'send the recorded incident through the running system (over the Kafka topic of logs, else over its HTTP interface)',
    run: async (context) => (await import('./commands/replay.ts')).replay(context),
  },
  {
    usage: 'route',
    description: 'which rule of the configuration sends an anomaly where, and why',
    takes: (command) =>
      command.requiredOption(
        '--explain <file>',
        'anomalies as they are on the bus, a JSON object a line, - for stdin',
      ),
    run: async (context, options) => (await import('./commands/alerts/route.ts')).route(context, options),
  },
  {
    usage: 'audit',
    description: 'who did what, as JSON lines, oldest first',
    takes: (command) =>
      command
        .option('--since <duration>', 'how far back from now, e.g. 2h, 1d', duration)
        .option('--incident <id>', 'only this incident'),
    run: async (context, options) => (await import('./commands/alerts/audit.ts')).audit(context, options),
  },
  {
    usage: 'health',
    description: 'how the running Bongsu and its backends are',
    run: async (context) => (await import('./commands/health.ts')).health(context),
  },
  {
    usage: 'doctor',
    description: 'check every configured backend and say what to mend',
    run: async (context) => (await import('./commands/doctor.ts')).doctor(context),
  },
];

type Runner = (
  options: CommonOptions,
  run: (context: Context) => Promise<number>,
  quiet: boolean,
) => Promise<void>;

/**
 * The table as commander reads it.
 * @param run runs the command that was typed
 */
export function commandTable(run: Runner): Command {
  const program = new Command('bongsu')
    .description('Turns anomalous logs into one living alert thread and answers questions about logs.')
    .version(VERSION)
    .exitOverride()
    .showHelpAfterError('(add --help for the forms that are allowed)');
  for (const row of TABLE) {
    const command = program
      .command(row.usage)
      .description(row.description)
      .option(
        '--config <file>',
        'configuration file (default: BONGSU_CONFIG, else config.json in the folder of Bongsu)',
      )
      .option('--json', 'machine-readable output')
      .exitOverride();
    (row.takes?.(command) ?? command).action((...typed) => {
      // The last value is the command itself; commander adds it.
      const given = typed.slice(0, -1) as never[];
      return run(given.at(-1) ?? {}, (context) => row.run(context, ...given), !row.logs);
    });
  }
  return program;
}

const DONE = 0;
const FAILED = 1;
const USAGE = 2;

/** Errors that the person can mend with another command line or another file. */
const WRONG_INPUT: ReadonlySet<ErrorCode> = new Set(['usage', 'config_invalid', 'not_found']);

/**
 * Runs one command line. Never throws.
 * @returns the exit code: 0 done, 1 failed, 2 wrong usage or wrong configuration
 */
export async function runCli(argv: string[], signal: AbortSignal): Promise<number> {
  limitHeapGrowth();
  let code = DONE;
  // Line ends in a message are ours, unless a typed word holds one: then they may come from that word.
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
    // Each wrong field of a configuration has a line of its own.
    for (const line of failure.code === 'config_invalid' ? shown(said).split('\n') : [said]) printError(line);
    return WRONG_INPUT.has(failure.code) ? USAGE : FAILED;
  }
}

/** One clear sentence; for a defect of ours also the place in the code, for the report. */
function sentence(error: AppError): string {
  if (error.code !== 'internal') return `bongsu: ${error.message}`;
  const at = error.cause instanceof Error ? error.cause.stack?.split('\n')[1]?.trim() : undefined;
  return `bongsu: unexpected failure: ${error.message}${at ? ` (${at})` : ''}`;
}

/** Commander's messages quote what was typed: control sequences in it are made visible, so no terminal obeys them. */
function quoteSafely(program: Command, shown: (text: string) => string): void {
  for (const command of [program, ...program.commands])
    command.configureOutput({
      writeOut: (text) => void printText(text),
      writeErr: (text) => printError(text.trimEnd(), visible),
      outputError: (text, write) => write(shown(text.trimEnd())),
    });
}
