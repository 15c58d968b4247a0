import assert from 'node:assert/strict';
import { test } from 'node:test';
import { emptyAnswer } from '../../../src/analysis/answer/draft.ts';
import { wordingOf } from '../../../src/analysis/answer/explanation.ts';
import { mergeReply } from '../../../src/analysis/answer/merge-reply.ts';
import type { ServiceSubject } from '../../../src/analysis/verify/subjects.ts';
import type { Told } from '../../../src/analysis/verify/told.ts';
import { NOON, record } from '../../fakes/incident-logs.ts';

const mailer: ServiceSubject = { id: 'S1', sort: 'service', service: 'mailer', names: ['mailer'] };
const line = record(NOON, 'mailer', 'error', 'no space left');
const told: Told[] = [
  { finding: { type: 'count', of: mailer, count: 3, first: NOON, last: NOON + 2_000 }, lines: [line] },
  { finding: { type: 'absence', of: mailer, all: 7 }, lines: [] },
];
const wording = (language: 'en' | 'ko') =>
  wordingOf({ causes: [], ruledOut: [], verdict: 'inconclusive' }, { language, timeZone: 'UTC' });

test('what was chosen follows the draft in code’s words, each once, with its lines as evidence', () => {
  const draft = {
    ...emptyAnswer('en', 'mailer: no error among 7 lines.'),
    statements: [{ text: 'mailer: no error among 7 lines.', standing: 'proven' as const, evidence: [] }],
  };
  const { statements, explanation, evidence, root_cause, solution } = mergeReply(
    draft,
    { told: [...told, ...told], removed: 0 },
    wording('en'),
  );
  const counted = 'mailer (all errors): 3 lines from 2026-03-01 12:00:00 to 2026-03-01 12:00:02.';
  assert.deepEqual(
    statements.map(({ text }) => text),
    ['mailer: no error among 7 lines.', counted],
  );
  assert.deepEqual(statements[1], { text: counted, standing: 'proven', evidence: [line.id] });
  assert.equal(explanation, `mailer: no error among 7 lines.\n${counted}`);
  assert.deepEqual(
    evidence.map(({ id }) => id),
    [line.id],
  );
  assert.deepEqual([root_cause, solution], [draft.root_cause, draft.solution]);
});

test('a guess is marked, comes last, and what was left out is counted', () => {
  for (const [language, mark, note] of [
    ['en', "Hypothesis (the model's guess, not checked): mailer may be full.", /checked against the logs: 2/],
    ['ko', '가설(모델의 추측, 확인 안 됨): mailer may be full.', /2건을 뺐어요/],
  ] as const) {
    const { statements, explanation } = mergeReply(
      emptyAnswer(language, 'DRAFT'),
      { told: [], hypothesis: 'mailer may be full.', removed: 2 },
      wording(language),
    );
    assert.deepEqual(statements.at(-1), { text: mark, standing: 'hypothesis', evidence: [] });
    const lines = explanation.split('\n');
    assert.deepEqual(lines.slice(0, 2), ['DRAFT', mark]);
    assert.match(lines[2]!, note);
  }
});
