import { readFileSync } from 'node:fs';
import { createAnalyst } from '../../analysis/create-analyst.ts';
import { findBulk } from '../../analysis/logs/log-extent.ts';
import type { LogReader } from '../../analysis/logs/reader.ts';
import { createLedger } from '../../analysis/model/ledger.ts';
import { answerPlainly, type QueryAnswer } from '../../analysis/queries/answer.ts';
import { timeIn } from '../../bot/commands/parse/when-window.ts';
import { AppError } from '../../domain/errors.ts';
import type { TimeWindow } from '../../domain/log/record.ts';
import type { Answer } from '../../domain/question/answer.ts';
import { type Language, languageOf, type Question } from '../../domain/question/question.ts';
import { figure, number } from '../../i18n/numbers.ts';
import { createMetrics } from '../../metrics.ts';
import type { Context } from '../context.ts';
import { answerText, field, logLine, printJson, printLine, printRead, showStep } from '../output.ts';
import {
  openQuestionLogs,
  type QuestionLogs,
  type QuestionScope,
  type ReadFound,
  windowOf,
} from '../question-logs.ts';

export interface AskArguments extends QuestionScope {
  language?: Language;
  budget?: number;
  model?: boolean;
  /** Ask the model even when an answer to the same question is kept. */
  fresh?: boolean;
  catalogue?: string;
}

/** `why` and `summarize` on the command line: the same analyst as in chat, over the store or over files. Resolves with the exit code. */
export async function ask(
  context: Context,
  kind: Question['kind'],
  text: string,
  options: AskArguments,
): Promise<number> {
  const language = options.language ?? languageOf(text, context.config.language);
  const answer = await answerTo(context, kind, text, { ...options, language }, (read) =>
    printRead(context, read, language),
  );
  if (context.json) await printJson(answer);
  else await printLine(answerText(answer, language));
  return 0;
}

/**
 * The answer that `ask` prints.
 * @param onRead told of files that were read, before the answer is made
 */
export async function answerTo(
  context: Context,
  kind: Question['kind'],
  text: string,
  options: AskArguments & { language: Language },
  onRead?: (read: ReadFound) => Promise<void>,
): Promise<Answer> {
  const { signal } = context;
  await using asked = await openQuestionLogs(context, options.logs, options.model !== false);
  if (asked.read) await onRead?.(await asked.read());
  const analyst = analystOver(asked, context);
  const question: Question = {
    kind,
    text,
    language: options.language,
    window:
      windowOf(options) ?? (kind === 'summarize' && options.logs ? await wholeOf(asked.logs) : undefined),
    services: options.service,
  };
  return await lastAnswer(
    analyst.ask(question, {
      signal,
      useModel: options.model !== false,
      asker: { id: 'cli', name: 'command line' },
      fresh: options.fresh ?? false,
      budgetTokens: options.budget,
      catalogue: options.catalogue ? readCatalogue(options.catalogue) : undefined,
    }),
  );
}

/** The analyst over the logs that were opened. */
function analystOver(asked: QuestionLogs, { config, log }: Context): ReturnType<typeof createAnalyst> {
  return createAnalyst({
    logs: asked.logs,
    models: asked.models,
    ...(asked.state ? { state: asked.state } : {}),
    language: config.language,
    timeZone: config.timeZone,
    metrics: createMetrics(),
    answers: config.answers,
    ...(asked.state
      ? {
          ledger: createLedger({
            state: asked.state,
            budget: config.answers.budget,
            timeZone: config.timeZone,
          }),
        }
      : {}),
    log,
  });
}

/** The time span of a whole file: a summary of a file is about all of it, not only about the part with failures. */
async function wholeOf(logs: LogReader): Promise<TimeWindow | undefined> {
  const bulk = await findBulk(logs, Date.now());
  return bulk && { from: bulk.extent.from, to: bulk.extent.to };
}

async function lastAnswer(events: ReturnType<ReturnType<typeof createAnalyst>['ask']>): Promise<Answer> {
  for await (const event of events) {
    showStep(event.kind === 'step' ? event.step : '');
    if (event.kind === 'answer') return event.answer;
  }
  throw new AppError('internal', 'the analyst ended without an answer');
}

function readCatalogue(file: string): string[] {
  let parsed: unknown;
  try {
    parsed = JSON.parse(readFileSync(file, 'utf8'));
  } catch (cause) {
    throw new AppError('usage', `${file}: not a readable JSON file`, { cause });
  }
  // A list of names, or an object with a list for each system.
  const names = (Array.isArray(parsed) ? parsed : Object.values(parsed ?? {}).flat()).filter(
    (name): name is string => typeof name === 'string',
  );
  if (names.length === 0) throw new AppError('usage', `${file}: holds no service names`);
  return names;
}

/** `ask`: a plain question, answered by a query; one for the causes or the summary goes there. Resolves with the exit code. */
export async function question(context: Context, text: string, options: AskArguments): Promise<number> {
  const language = options.language ?? languageOf(text, context.config.language);
  const answer = await plainAnswer(context, text, { ...options, language });
  if ('hand' in answer) {
    const found = await answerTo(context, answer.hand, text, { ...options, language });
    if (context.json) await printJson(fromAnswer(text, answer.hand, found));
    else await printLine(answerText(found, language));
    return 0;
  }
  if (context.json) await printJson(answer);
  else await printLine(queryText(answer));
  return 0;
}

async function plainAnswer(
  context: Context,
  text: string,
  options: AskArguments & { language: Language },
): Promise<Awaited<ReturnType<typeof answerPlainly>>> {
  const { config, signal } = context;
  await using asked = await openQuestionLogs(context, options.logs, options.model !== false);
  const window = windowOf(options);
  const analyst = analystOver(asked, context);
  const asker = { id: 'cli', name: 'command line' };
  return await answerPlainly(
    {
      text,
      language: options.language,
      ...(window ? { window } : {}),
      ...(options.service ? { services: options.service } : {}),
    },
    {
      logs: asked.logs,
      timeZone: config.timeZone,
      timeIn,
      signal,
      ...(analyst.chooseQuery
        ? { choose: (words, names) => analyst.chooseQuery!(words, names, { asker, signal }) }
        : {}),
    },
  );
}

/** The answer of the analysis in the form of every other answer to a question. */
function fromAnswer(question: string, kind: 'why' | 'summarize', answer: Answer): object {
  const lines = answer.evidence
    .slice(0, 5)
    .map(({ id, timestamp, service, line }) => ({ id, timestamp, service, line }));
  return {
    question,
    query: { kind },
    answer: answer.root_cause || answer.summary || answer.explanation,
    lines,
    detail: answer,
  };
}

/** An answer as plain text for a terminal. */
export function queryText({ answer, rows = [], lines, unit, hint }: QueryAnswer): string {
  const out = [field(answer)];
  const shown = unit === 'time' ? [] : rows;
  if (shown.length > 1) {
    const width = Math.min(60, Math.max(...shown.map(({ name }) => field(name).length)));
    out.push('');
    for (const { name, value, note } of shown) {
      const amount = Number.isInteger(value) ? number(value) : figure(value);
      out.push(
        `  ${field(name).padEnd(width)}  ${amount}${unit === 'ms' ? ' ms' : ''}${note ? `  (${field(note)})` : ''}`,
      );
    }
  }
  if (lines.length > 0)
    out.push(
      '',
      ...lines.map(
        ({ timestamp, service, line }) => `  ${timestamp} ${field(service)}  ${logLine(line, '    ')}`,
      ),
    );
  if (hint) out.push('', field(hint));
  return out.join('\n');
}
