import { once } from 'node:events';
import type { Answer } from '../domain/answer.ts';
import type { Language } from '../domain/question.ts';

/** Writes one line to stdout, waiting when the reader is slow, so that memory stays flat. */
export async function printLine(text: string): Promise<void> {
  if (!process.stdout.write(`${text}\n`)) await once(process.stdout, 'drain');
}

export const printJson = (value: unknown): Promise<void> => printLine(JSON.stringify(value));

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what has to go
const CONTROL = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g;

/** Log text for a terminal: no escape sequence may reach it. */
export const forTerminal = (text: string): string => text.replace(CONTROL, '\ufffd');

const WORDS = {
  en: {
    verdict: 'Verdict',
    causes: 'Causes',
    evidence: 'Evidence',
    ruledOut: 'Ruled out',
    solution: 'What to do',
    none: 'no model',
    cached: 'from the cache',
  },
  ko: {
    verdict: '판정',
    causes: '원인',
    evidence: '근거',
    ruledOut: '제외한 원인',
    solution: '조치',
    none: '모델 없음',
    cached: '캐시된 답변',
  },
} as const;

const VERDICTS = {
  en: { confirmed: 'confirmed', likely: 'likely', inconclusive: 'inconclusive' },
  ko: { confirmed: '확인됨', likely: '유력함', inconclusive: '판단 보류' },
} as const;

/** An answer as plain text for a terminal. */
export function answerText(answer: Answer, language: Language): string {
  const words = WORDS[language];
  const percent = (value: number) => `${Math.round(value * 100)} %`;
  const out = [answer.root_cause || answer.summary, '', answer.explanation, ''];
  out.push(`${words.verdict}: ${VERDICTS[language][answer.verdict]} (${percent(answer.confidence)})`);
  if (answer.causes.length > 0) out.push('', `${words.causes}:`);
  answer.causes.slice(0, 5).forEach((cause, index) => {
    out.push(`  ${index + 1}. ${cause.service}: ${cause.cause} (${percent(cause.confidence)})`);
    for (const { line } of cause.evidence.slice(0, 3)) out.push(`       ${line}`);
  });
  if (answer.evidence.length > 0) out.push('', `${words.evidence}:`);
  for (const { line, count } of answer.evidence.slice(0, 10))
    out.push(`  ${count > 1 ? `${count}× ` : ''}${line}`);
  if (answer.ruled_out.length > 0)
    out.push('', `${words.ruledOut}:`, ...answer.ruled_out.map((item) => `  - ${item}`));
  if (answer.solution) out.push('', `${words.solution}: ${answer.solution}`);
  const model = answer.model === 'none' ? words.none : answer.model;
  const tokens = answer.tokens.prompt + answer.tokens.completion;
  out.push(
    '',
    `${model} · ${tokens} tokens · $${answer.usd.toFixed(4)} · ${(answer.duration_ms / 1000).toFixed(1)} s${answer.cached ? ` · ${words.cached}` : ''}`,
  );
  return forTerminal(out.join('\n'));
}
