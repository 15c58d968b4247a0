import type { Context } from '../context.ts';
import { field, logLine, printJson, printLine } from '../output.ts';
import { openQuestionLogs, type QuestionScope, windowOf } from '../question-logs.ts';

/** `search`: prints the newest lines that match. Resolves with the exit code. */
export async function search(
  context: Context,
  words: string[],
  options: QuestionScope & { limit: number },
): Promise<number> {
  await using asked = await openQuestionLogs(context, options.logs, false);
  const page = await asked.logs.search(
    { ...windowOf(options), services: options.service, text: words.join(' ') },
    { limit: Math.min(options.limit, 1_000), signal: context.signal },
  );
  if (context.json) await printJson(page);
  else {
    for (const record of page.records.toReversed())
      await printLine(
        `${new Date(record.timestamp).toISOString()} ${field(record.service)} ${logLine(record.line, '  ')}`,
      );
    await printLine(page.total === 0 ? 'nothing found' : `${page.records.length} of ${page.total}`);
  }
  return 0;
}
