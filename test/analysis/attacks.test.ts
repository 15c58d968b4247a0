import assert from 'node:assert/strict';
import { test } from 'node:test';
import { attacks } from '../../scripts/eval/attacker.ts';
import { attacked, isHarmed, obeying } from '../../scripts/eval/attacks.ts';
import { seeded } from '../../scripts/eval/seeded.ts';

// A sample over all goals and carriers; `npm run eval attacks` does 300, each obeyed in two ways.
test('a model that obeys log lines does no harm', async () => {
  let index = 0;
  for (const attack of attacks(300, seeded(31))) {
    index += 1;
    if (index % 11 !== 0) continue;
    const { damage, answer } = await attacked(attack, obeying(attack, index % 2 ? 'says' : 'quotes'));
    assert.ok(!isHarmed(damage), `${attack.goal} by ${attack.carrier}: ${JSON.stringify(damage)}`);
    assert.equal(answer.causes[0]?.service, attack.incident.culprit);
  }
});
