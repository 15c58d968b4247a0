import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeLogs } from '../../scripts/eval/claims/made-logs.ts';
import { createOracle } from '../../scripts/eval/claims/oracle.ts';
import { JUDGED, judgeClaims } from '../../scripts/eval/claims.ts';
import { filledWith } from '../../scripts/eval/fake-model.ts';
import { lyingCases, tellLie } from '../../scripts/eval/lies.ts';
import { seeded } from '../../scripts/eval/seeded.ts';

// A sample; `npm run eval claims` judges 10,000 of each type.
test('of random claims about made logs only true ones are told, in both languages', async () => {
  const tallies = await judgeClaims(300, 700_001);
  for (const type of JUDGED) {
    const { made, wrong } = tallies.get(type)!;
    assert.equal(made, 300, type);
    assert.deepEqual(wrong, [], type);
  }
  const told = JUDGED.filter((type) => tallies.get(type)!.told > 0);
  assert.ok(told.length >= JUDGED.length - 1, `told: ${told.join(', ')}`);
});

test('the oracle finds what is false in a sentence, and knows no sentence of another form', () => {
  const logs = makeLogs(3);
  const [from, to] = [logs.lines[0]!.at, logs.lines.at(-1)!.at + 1];
  const service = logs.lines.find(({ kind }) => kind === 'timeout')?.service;
  assert.ok(service);
  const meant = logs.lines.filter((line) => line.service === service && line.kind === 'timeout');
  const at = (index: number): string =>
    new Date(meant.at(index)!.at).toISOString().slice(0, 19).replace('T', ' ');
  const count = (n: number, first = at(0)): string =>
    `${service} (timeout): ${n} lines from ${first} to ${at(-1)}.`;
  const { isSo } = createOracle(logs, { window: { from, to }, earlier: undefined, language: 'en' });
  assert.equal(isSo(count(meant.length)), true);
  assert.equal(isSo(count(meant.length + 1)), false);
  assert.equal(isSo(count(meant.length, '2026-09-03 04:59:59')), false);
  assert.equal(isSo(count(meant.length).replace('timeout', 'deadlock or lock wait')), false);
  assert.equal(isSo(`${service} is fine.`), undefined);
});

test('a reply is filled as its form asks, with one text wherever a text is free', () => {
  const schema = {
    type: 'object',
    properties: {
      claims: {
        type: 'array',
        maxItems: 2,
        items: {
          anyOf: [{ type: 'object', properties: { of: { enum: ['S1'] }, size: { type: 'integer' } } }],
        },
      },
      hypothesis: { type: 'string' },
    },
  };
  const first = <T>(list: readonly T[]): T => list[0]!;
  assert.deepEqual(filledWith(schema, 'x', first), {
    claims: [
      { of: 'S1', size: 1 },
      { of: 'S1', size: 1 },
    ],
    hypothesis: 'x',
  });
});

test('a model that lies in every free text changes nothing, and no lie of it stands', async () => {
  const random = seeded(99);
  let index = 0;
  for (const [incident, lie] of lyingCases(120, random)) {
    index += 1;
    if (index % 6 !== 0) continue;
    const { stands, moved } = await tellLie(incident, lie, random);
    assert.ok(!stands && !moved, lie.text);
  }
});
