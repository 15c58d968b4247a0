import { once } from 'node:events';
import type { Config } from '../config/config.ts';
import type { Incident } from '../domain/alert/incident.ts';
import type { ReadReport } from '../domain/log/read-report.ts';
import type { Answer } from '../domain/question/answer.ts';
import type { Block } from '../domain/question/message.ts';
import type { Language } from '../domain/question/question.ts';
import { visible, visibleField, visibleJson } from '../domain/text/visible.ts';
import { CATALOGUES } from '../i18n/catalogues.ts';
import { exactSeconds } from '../i18n/durations.ts';
import { speech } from '../i18n/format.ts';
import { percent, usd } from '../i18n/numbers.ts';
import { reportLines } from '../i18n/read-report.ts';

/*
 * Everything that a command writes goes through this file, also into a pipe, because its output is often shown on a
 * terminal. Control sequences are made visible, so no terminal obeys them. Newlines stay; pass log text, names and values
 * through `field` or `logLine` before they become part of a text, so that theirs do not.
 */

/** Prepares a name, a value or a text from outside for a line of output: newlines and tabs in it are made visible, too. */
export const field = visibleField;

/** Writes text to stdout with control sequences made visible. Waits while the reader is slow, so that memory does not grow. */
export async function printText(text: string): Promise<void> {
  if (!process.stdout.write(visible(text))) await once(process.stdout, 'drain');
}

export const printLine = (text: string): Promise<void> => printText(`${text}\n`);

/** A value as one line of JSON. What a terminal would obey is escaped. */
export const jsonLine = (value: unknown): string => `${visibleJson(JSON.stringify(value))}\n`;
export async function printJson(value: unknown): Promise<void> {
  if (!process.stdout.write(jsonLine(value))) await once(process.stdout, 'drain');
}

/**
 * Writes one line to stderr.
 * @param shown `visible` when the text has lines of its own
 */
export const printError = (text: string, shown: typeof visible = field): void => {
  process.stderr.write(`${shown(text)}\n`);
};

/** What files gave, before what is said about them; on stderr where stdout is for JSON. */
export async function printRead(
  { config, json }: { config: Pick<Config, 'timeZone'>; json: boolean },
  { report, findings }: { report: ReadReport; findings: readonly Incident[] },
  language: Language,
): Promise<void> {
  for (const line of reportLines(report, findings, speech(language, config.timeZone), field))
    if (json) printError(line, visible);
    else await printLine(line);
  if (!json) await printLine('');
}

/** Shows the step at work on the last line of a terminal; writes nothing elsewhere. Without text it clears the line. */
export function showStep(text = ''): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\u001b[K${text === '' ? '' : `${field(text)} …`}`);
}

/** One line of a list of checks. */
export const healthRow = (
  mark: 'ok' | 'note' | 'FAIL',
  name: string,
  { kind, detail = '' }: { kind: string; detail?: string },
): string => `${mark.padEnd(4)} ${field(name).padEnd(16)} ${field(kind).padEnd(14)} ${field(detail)}`;

/** A log line for output. Its further lines (a stack trace) get a mark that shows they are part of it. */
export const logLine = (text: string, indent: string): string =>
  text.split(/\r?\n/).map(field).join(`\n${indent}│ `);

/** An answer as plain text for a terminal. */
export function answerText(answer: Answer, language: Language): string {
  const words = CATALOGUES[language].terminal;
  const out = [field(answer.root_cause || answer.summary), '', answer.explanation, ''];
  out.push(`${words.verdict}: ${words[`verdict.${answer.verdict}`]} (${percent(answer.confidence)})`);
  if (answer.causes.length > 0) out.push('', `${words.causes}:`);
  answer.causes.slice(0, 5).forEach((cause, index) => {
    out.push(`  ${index + 1}. ${field(cause.service)}: ${field(cause.cause)} (${percent(cause.confidence)})`);
    for (const { line } of cause.evidence.slice(0, 3)) out.push(`       ${logLine(line, '       ')}`);
  });
  if (answer.evidence.length > 0) out.push('', `${words.evidence}:`);
  for (const { line, count } of answer.evidence.slice(0, 10))
    out.push(`  ${count > 1 ? `${count}× ` : ''}${logLine(line, '  ')}`);
  if (answer.ruled_out.length > 0)
    out.push('', `${words.ruledOut}:`, ...answer.ruled_out.map((item) => `  - ${field(item)}`));
  if (answer.solution) out.push('', `${words.solution}: ${answer.solution}`);
  const model = answer.model === 'none' ? words.noModel : field(answer.model);
  const tokens = answer.tokens.prompt + answer.tokens.completion;
  out.push(
    '',
    `${model} · ${tokens} tokens · ${usd(answer.usd, 4)} · ${exactSeconds(answer.duration_ms / 1_000)}${answer.cached ? ` · ${words.cached}` : ''}`,
  );
  return out.join('\n');
}

/** The words of a chat message for a terminal; without its buttons and charts. */
export function blocksText(blocks: readonly Block[]): string {
  const texts = blocks.flatMap((block) =>
    block.kind === 'heading' || block.kind === 'text' || block.kind === 'footnote'
      ? [block.text]
      : block.kind === 'lines'
        ? [block.lines.map((line) => `  ${logLine(line, '  ')}`).join('\n')]
        : [],
  );
  return texts.join('\n\n');
}
