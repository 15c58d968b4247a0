import type { QueryAnswer } from '../../analysis/queries/answer.ts';
import type { LogPage } from '../../backends/logs/store.ts';
import type { AppError } from '../../domain/errors.ts';
import type { Health, SystemHealth, SystemHistory } from '../../domain/health.ts';
import type { Block, Button, Message } from '../../domain/question/message.ts';
import type { Speech } from '../../i18n/format.ts';
import { healthIn, NO_MODEL } from '../../i18n/health.ts';
import { figure, number } from '../../i18n/numbers.ts';
import { cut } from '../chat/text.ts';
import { oneLine } from './card/headline.ts';
import { machineCharts, machineFields } from './machine.ts';

const LINE = 400;
const HITS = 20;

/** A single sentence. */
export const sentence = (
  text: string,
  tone: Message['tone'] = 'neutral',
  buttons: Button[] = [],
): Message => ({
  summary: cut(text, 300),
  tone,
  blocks: [{ kind: 'text', text }, ...(buttons.length > 0 ? [{ kind: 'buttons' as const, buttons }] : [])],
});

/** What a person reads when something failed: a sentence for the error's code, never the error's own text. */
export function errorView(error: AppError, { say }: Speech, buttons: Button[] = []): Message {
  return sentence(
    say[`error.${error.code}`],
    error.code === 'stopped' ? 'neutral' : 'warning',
    error.retryable || error.code === 'internal' ? buttons : [],
  );
}

/** A step in words; a step that the catalogue does not know is shown as "analyzing". */
export function stepText(step: string, { say }: Speech): string {
  const text = say[`step.${step.replace(/^step\./, '')}` as keyof Speech['say']];
  return typeof text === 'string' ? text : say['step.analyze'];
}

export const stepView = (step: string, speech: Speech, buttons: Button[]): Message =>
  sentence(stepText(step, speech), 'neutral', buttons);

/** Lines found by a search, newest first. */
export function searchView(page: LogPage, speech: Speech): Message {
  const { say } = speech;
  if (page.total === 0) return sentence(say.searchNone);
  const shown = page.records.slice(0, HITS);
  const title = say.searchTitle(speech.number(page.total));
  return {
    summary: title,
    tone: 'neutral',
    blocks: [
      { kind: 'heading', text: title },
      { kind: 'lines', lines: shown.map((record) => cut(record.line, LINE)) },
      ...(page.total > shown.length
        ? [{ kind: 'footnote' as const, text: say.searchShown(shown.length) }]
        : []),
    ],
  };
}

/** The list of commands; `lines` has one line for each. */
export function helpView(lines: readonly string[], { say }: Speech): Message {
  const rows = lines.map((line) => `• ${line}`);
  return {
    summary: say.helpTitle,
    tone: 'neutral',
    blocks: [
      { kind: 'heading', text: say.helpTitle },
      { kind: 'text', text: rows.join('\n') },
      { kind: 'footnote', text: say.helpOptions },
    ],
  };
}

/** The state of every backend and of the machine (GPU, CPU, memory). */
export function healthView(
  backends: Record<string, Health>,
  system: SystemHealth | undefined,
  speech: Speech,
  history: readonly SystemHistory[] = [],
): Message {
  const { say } = speech;
  const all = Object.entries(backends);
  const bad = all.filter(([, health]) => !health.ok);
  const title = bad.length === 0 ? say.healthGood : say.healthBad(bad.length);
  const rows = all.map(([name, told]) => {
    const health = healthIn(speech.language, told);
    if (name === 'model' && health.kind === NO_MODEL.kind) return `– ${say.noModel}`;
    const mend = !health.ok && health.mend ? ` → ${oneLine(health.mend, 300)}` : '';
    return `${health.ok ? '✓' : '✗'} ${name} (${oneLine(health.kind, 40)}): ${oneLine(health.detail, 300)}${mend}`;
  });
  const models = all.filter(([name]) => name.startsWith('model:'));
  if (models.length > 0 && models.every(([, health]) => !health.ok)) rows.push(`– ${say.noModel}`);
  const blocks: Block[] = [{ kind: 'heading', text: title }];
  if (rows.length > 0) blocks.push({ kind: 'text', text: rows.join('\n') });
  if (system) blocks.push({ kind: 'fields', fields: machineFields(system, speech) });
  blocks.push(...machineCharts(history, speech));
  return { summary: title, tone: bad.length === 0 ? 'good' : 'warning', blocks };
}

const ANSWER = 1_500;
const NAME = 160;
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
