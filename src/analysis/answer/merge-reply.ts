import type { LogRecord } from '../../domain/log/record.ts';
import type { Answer, EvidenceLine, Statement } from '../../domain/question/answer.ts';
import type { Language } from '../../domain/question/question.ts';
import { say } from '../../i18n/answers.ts';
import { claimWords } from '../../i18n/claims.ts';
import type { Told } from '../verify/told.ts';
import { findingText, type Wording } from './claim-text.ts';
import { statementsText } from './explanation.ts';

/** What is left of a model's reply after the checks. */
export interface Checked {
  told: readonly Told[];
  /** A guess in the model's own words that may be shown as one. */
  hypothesis?: string | undefined;
  /** How many claims did not check, and whether a guess was left out: each counts one. */
  removed: number;
}

/** The draft with what a model chose to say: sentences of code, and at most one guess, apart and marked as one. Nothing else of the draft changes. */
export function mergeReply(draft: Answer, { told, hypothesis, removed }: Checked, wording: Wording): Answer {
  const { language } = wording;
  const more = [...claimStatements(draft, told, wording), ...guess(hypothesis, language)];
  const note = removed > 0 ? [say(language, 'explain.removed', { count: removed })] : [];
  const known = new Set(draft.evidence.map(({ id }) => id));
  const lines = new Map(told.flatMap((one) => one.lines.map((line) => [line.id, line] as const)));
  return {
    ...draft,
    statements: [...draft.statements, ...more],
    explanation: [draft.explanation, statementsText(more), ...note].filter(Boolean).join('\n'),
    evidence: [
      ...draft.evidence,
      ...[...lines.values()].filter(({ id }) => !known.has(id)).map(evidenceLine),
    ],
  };
}

/** The sentences of findings that the draft does not hold already, each once. */
export function claimStatements(
  { statements }: Pick<Answer, 'statements'>,
  told: readonly Told[],
  wording: Wording,
): Statement[] {
  const said = new Set(statements.map(({ text }) => text));
  return told.flatMap(({ finding, lines }): Statement[] => {
    const text = findingText(finding, wording);
    if (said.has(text)) return [];
    said.add(text);
    return [{ text, standing: 'proven', evidence: lines.map(({ id }) => id) }];
  });
}

const guess = (text: string | undefined, language: Language): Statement[] =>
  text ? [{ text: claimWords(language, 'hypothesis', { text }), standing: 'hypothesis', evidence: [] }] : [];

const evidenceLine = (record: LogRecord): EvidenceLine => ({
  id: record.id,
  timestamp: new Date(record.timestamp).toISOString(),
  service: record.service,
  line: record.line,
  count: 1,
});
