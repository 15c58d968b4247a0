import { readFileSync } from 'node:fs';
import { createAnalyst } from '../../analysis/create-analyst.ts';
import { findBulk } from '../../analysis/logs/log-extent.ts';
import type { LogReader } from '../../analysis/logs/reader.ts';
import { createLedger } from '../../analysis/model/ledger.ts';
import { AppError } from '../../domain/errors.ts';
import type { TimeWindow } from '../../domain/log/record.ts';
import type { Answer } from '../../domain/question/answer.ts';
import { type Language, languageOf, type Question } from '../../domain/question/question.ts';
import { createMetrics } from '../../metrics.ts';
import type { Context } from '../context.ts';
import { answerText, printJson, printLine, printRead, showStep } from '../output.ts';
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
export function analystOver(asked: QuestionLogs, { config, log }: Context): ReturnType<typeof createAnalyst> {
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
