import assert from 'node:assert/strict';
import { test } from 'node:test';
import { emptyAnswer } from '../../../src/analysis/answer/draft.ts';
import { mergeReply, prose } from '../../../src/analysis/answer/merge-reply.ts';
import { replySchema } from '../../../src/analysis/verify/model-reply.ts';
import type { Verified } from '../../../src/analysis/verify/verify.ts';

/** Nothing of a model's words was left. */
const NOTHING: Verified = {
  explanation: [],
  root_cause: '',
  solution: '',
  summary: '',
  error_type: '',
  removed: 0,
};

test('prose above the figures of a summary ends with a whole statement', () => {
  // Lines of a list, without full stops: together they are far too long.
  const said = Array.from({ length: 20 }, (_, index) => `point ${index}: ${'word '.repeat(20).trim()}`);
  const proven = (sentences: string[]) => sentences.map((sentence) => ({ sentence, proven: true }));
  const verified = { ...NOTHING, explanation: proven(said) };
  const { explanation } = mergeReply(
    emptyAnswer('en', 'FIGURES'),
    replySchema.parse({ explanation: 'x' }),
    verified,
    {
      kind: 'summarize',
      language: 'en',
    },
  );
  const [shown, figures] = explanation.split('\n');
  assert.equal(figures, 'FIGURES');
  assert.ok(shown!.startsWith(said[0]!) && shown!.length <= 900);
  assert.ok(said.some((one) => shown!.endsWith(one)));
  assert.equal(prose(proven(said), 'en'), said.join(' '));
  // A guess that fills the room does not push out what is proven.
  const guess = { sentence: 'perhaps '.repeat(70), proven: false };
  const fact = 'word '.repeat(80).trim();
  assert.equal(prose([guess, ...proven([fact, 'Short fact.'])], 'en', 900), `${fact} Short fact.`);
});
