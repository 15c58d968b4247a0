import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chooseShots } from '../../../src/backends/model/ollama-tuner.ts';
import type { Example } from '../../../src/domain/job/job.ts';
import { holds } from '../../../src/jobs/fine-tune/tuned.ts';

const example = (id: string, input: string, output: string): Example => ({
  id,
  task: 'anomaly',
  input,
  output,
  at: 0,
});

test('examples for a prompt: every answer has its turn, and no text is chosen twice over', () => {
  const same = Array.from({ length: 20 }, (_, at) => example(`s${at}`, 'disk is full again', 'critical'));
  const all = [
    ...same,
    example('other', 'certificate has expired', 'critical'),
    example('calm', 'job began', 'normal'),
  ];
  const chosen = chooseShots(all, 3);
  assert.deepEqual(new Set(chosen.map(({ output }) => output)), new Set(['critical', 'normal']));
  assert.ok(chosen.some(({ id }) => id === 'other'));
  assert.deepEqual(chooseShots([...all].reverse(), 3), chosen);
  assert.equal(chooseShots(all, 100).length, all.length);
});

test('a summary of a trained model holds only where its numbers and names are in the text', () => {
  const text = 'ERROR disk /var/log is 98% full on db-2';
  assert.ok(holds('The disk of db-2 is 98 % full.', text));
  assert.ok(holds('디스크가 가득 찼습니다.', text));
  for (const said of ['The disk of db-3 is full.', '97 % full', 'see http://evil.example/x', 'ask @channel'])
    assert.equal(holds(said, text), false, said);
});
