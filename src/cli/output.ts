import { once } from 'node:events';
import type { Answer } from '../domain/question/answer.ts';
import type { Language } from '../domain/question/question.ts';
import { visible, visibleField, visibleJson } from '../domain/text/visible.ts';
import { CATALOGUES } from '../i18n/catalogues.ts';
import { exactSeconds } from '../i18n/durations.ts';
import { percent, usd } from '../i18n/numbers.ts';

/*
 * All that a command writes goes through here, to a terminal or not: what comes out of a pipe is often shown on one. Whatever
 * a text holds, a terminal obeys none of it. Newlines of the text itself stay; where log text, a name or a value stands in
 * it, `field` or `logLine` have made them visible before.
 */

/** A name, a value or a text from outside inside a line of output: it begins no new line, and holds no column of its own. */
export const field = visibleField;

/** Writes text to stdout as it is shown, waiting when the reader is slow, so that memory stays flat. */
export async function printText(text: string): Promise<void> {
  if (!process.stdout.write(visible(text))) await once(process.stdout, 'drain');
}

export const printLine = (text: string): Promise<void> => printText(`${text}\n`);

/** A value as one line of JSON in which nothing stands that a terminal obeys. */
export const jsonLine = (value: unknown): string => `${visibleJson(JSON.stringify(value))}\n`;
export async function printJson(value: unknown): Promise<void> {
  if (!process.stdout.write(jsonLine(value))) await once(process.stdout, 'drain');
}

/**
 * Writes to stderr, one line.
 * @param shown `visible` where the text has lines of its own
 */
export const printError = (text: string, shown: typeof visible = field): void => {
  process.stderr.write(`${shown(text)}\n`);
};

/** What is being done now, on the last line of a terminal; nothing elsewhere. Without text the line is cleared. */
export function showStep(text = ''): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\u001b[K${text === '' ? '' : `${field(text)} …`}`);
}

/** A log line in output, of which each further line (of a stack trace) is marked as part of it. */
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
