import type { QueryAnswer } from '../../analysis/queries/answer.ts';
import type { Block, Message } from '../../domain/question/message.ts';
import type { Speech } from '../../i18n/format.ts';
import { figure, number } from '../../i18n/numbers.ts';
import { cut } from '../chat/text.ts';
import { oneLine } from './incident.ts';

const ANSWER = 1_500;
const NAME = 160;
const LINE = 400;
const ROWS = 20;

/** The rows of an answer, one a line; none where the sentence says them all. */
function rowsText({ rows = [], unit }: QueryAnswer): string {
  if (rows.length < 2 || unit === 'time') return '';
  return rows
    .slice(0, ROWS)
    .map(({ name, value, note }) => {
      const amount = `${Number.isInteger(value) ? number(value) : figure(value)}${unit === 'ms' ? ' ms' : ''}`;
      return `• ${oneLine(name, NAME)}: ${amount}${note ? ` (${oneLine(note, 60)})` : ''}`;
    })
    .join('\n');
}

/** The answer to a plain question: the sentence, a ranking where there is one, the lines that show it, what to ask next. */
export function queryView(answer: QueryAnswer, speech: Speech): Message {
  const text = oneLine(answer.answer, ANSWER);
  const rows = rowsText(answer);
  const blocks: Block[] = [{ kind: 'text', text: rows ? `${text}\n${rows}` : text }];
  if (answer.lines.length > 0)
    blocks.push({
      kind: 'lines',
      lines: answer.lines.map(
        ({ timestamp, service, line }) =>
          `${speech.clock(Date.parse(timestamp))} ${oneLine(service, 60)} ${cut(line, LINE)}`,
      ),
    });
  if (answer.hint) blocks.push({ kind: 'footnote', text: answer.hint });
  return { summary: cut(text, 300), tone: 'neutral', blocks };
}
