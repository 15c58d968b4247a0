import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fakeModel } from '../../scripts/eval/fake-model.ts';
import { makeIncident, TROUBLES } from '../../scripts/eval/incidents.ts';
import { beats, mergedRows, tried } from '../../scripts/eval/models.ts';
import { seeded } from '../../scripts/eval/seeded.ts';

const made = makeIncident(seeded(5), TROUBLES[0]!);
const incident = { records: made.records, broken: [made.culprit, ...made.callers, made.front] };
const saying = (claims: object[], hypothesis = '') => fakeModel(() => JSON.stringify({ claims, hypothesis }));

test('an answer beats the one without a model by what it adds about what is broken', async () => {
  const trial = await tried(saying([{ type: 'rise', of: 'M1', than: '' }]), incident, 'en');
  assert.deepEqual(
    [trial.usable, trial.made, trial.distinct, trial.checked, trial.fresh, trial.noise],
    [true, 1, 1, 1, 1, 0],
  );
  assert.equal(trial.tokens, 120);
  assert.ok(beats(trial));
  // Said already without a model: nothing is gained.
  const told = await tried(saying([{ type: 'cause', of: 'S1', than: '' }]), incident, 'ko');
  assert.deepEqual([told.checked, told.fresh, beats(told)], [1, 0, false]);
});

test('what is not so, what is repeated and a guess that was left out are counted', async () => {
  const claims = ['rise', 'rise', 'silence'].map((type) => ({ type, of: 'M1', than: '' }));
  const trial = await tried(saying(claims, 'Restart everything now.'), incident, 'en');
  assert.deepEqual([trial.made, trial.distinct, trial.checked, trial.guessed], [3, 2, 1, 'left out']);
  const none = await tried(saying([{ type: 'silence', of: 'S99', than: '' }]), incident, 'en');
  assert.deepEqual([none.usable, none.checked, beats(none)], [false, 0, false]);
  assert.equal(
    (
      await tried(
        fakeModel(() => 'no idea'),
        incident,
        'en',
      )
    ).usable,
    false,
  );
});

test('a new row of a model takes the place of the old one, others stay', () => {
  const kept = '| `a/one` | 1 |\n| `b/two` | 2 |\n';
  assert.equal(
    mergedRows(kept, ['| `b/two` | 3 |', '| `c` | 4 |']),
    '| `a/one` | 1 |\n| `b/two` | 3 |\n| `c` | 4 |\n',
  );
});
