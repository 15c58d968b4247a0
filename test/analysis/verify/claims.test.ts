import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeIncident, TROUBLES } from '../../../scripts/eval/incidents.ts';
import { lyingCases, tellLie, tellTruth } from '../../../scripts/eval/lies.ts';
import { seeded } from '../../../scripts/eval/seeded.ts';

// A sample; `npm run eval lies` tells 500 of them.
test('lies of every sort, in both languages, do not stand', async () => {
  let index = 0;
  for (const [incident, lie, field] of lyingCases(230, seeded(11))) {
    index += 1;
    // Every fourth or so, moving through the sorts as the systems change.
    if (index % 5 !== Math.floor(index / 46)) continue;
    const { standing, answer } = await tellLie(incident, lie, field);
    assert.deepEqual(standing, [], `${lie.sort}: ${lie.text}`);
    assert.equal(answer.causes[0]?.service, incident.culprit);
    assert.equal(answer.verdict, 'confirmed');
  }
});

test('the truth loses nothing', async () => {
  const random = seeded(12);
  for (const trouble of TROUBLES) {
    const incident = makeIncident(random, trouble);
    for (const language of ['en', 'ko'] as const) {
      const { said, standing, marked } = await tellTruth(incident, language);
      assert.deepEqual([standing, marked], [said, []]);
    }
  }
});
