import { answerPlainly, type QueryAnswer } from '../../analysis/queries/answer.ts';
import { timeIn } from '../../bot/commands/parse/when-window.ts';
import type { Answer } from '../../domain/question/answer.ts';
import { type Language, languageOf } from '../../domain/question/question.ts';
import { figure, number } from '../../i18n/numbers.ts';
import type { Context } from '../context.ts';
import { answerText, field, logLine, printJson, printLine } from '../output.ts';
import { openQuestionLogs, windowOf } from '../question-logs.ts';
import { type AskArguments, analystOver, answerTo } from './ask.ts';

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
