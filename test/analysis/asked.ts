import { createAnalyst } from '../../src/analysis/create-analyst.ts';
import { readerOver } from '../../src/analysis/evidence/reader.ts';
import type { LogRecord } from '../../src/domain/log/record.ts';
import type { Answer } from '../../src/domain/question/answer.ts';
import type { Language, Question } from '../../src/domain/question/question.ts';
import { createLog } from '../../src/log.ts';
import { recordsOfText } from '../../src/pipeline/offline.ts';

export const analyst = (records: LogRecord[]) =>
  createAnalyst({
    logs: readerOver(records),
    models: [],
    language: 'en',
    timeZone: 'UTC',
    log: createLog('silent'),
  });

/** The answer to why over records, without a model. */
export async function why(records: LogRecord[], over: Partial<Question> = {}): Promise<Answer> {
  const question: Question = { kind: 'why', text: '', language: 'en', ...over };
  for await (const event of analyst(records).ask(question, { useModel: false }))
    if (event.kind === 'answer') return event.answer;
  throw new Error('no answer');
}
/** The answer to a pasted text, without a model. */
export async function pasted(text: string, language: Language = 'en'): Promise<Answer> {
  const records = await recordsOfText(text, 'UTC');
  for await (const event of analyst([]).assess(records, { language, useModel: false }))
    if (event.kind === 'answer') return event.answer;
  throw new Error('no answer');
}
