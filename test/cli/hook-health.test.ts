import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hookHealth } from '../../src/cli/hook-health.ts';
import { parseConfig } from '../../src/config/config.ts';
import { namesSet } from '../../src/config/environment.ts';

const SECRET = 'a-secret-of-enough-length';

/** What is said of each hook, as `name ok detail mend`. */
function told(hooks: object, env: Record<string, string>): Record<string, string> {
  const found = hookHealth(parseConfig({ hooks }, env), namesSet(env));
  assert.ok(!JSON.stringify(found).includes(SECRET));
  return Object.fromEntries(
    Object.entries(found).map(([name, { ok, detail, mend }]) => [name, [ok, detail, mend].join(' | ')]),
  );
}

test('hooks that are used are told; a missing secret and a variable of no hook are faults', () => {
  assert.deepEqual(told({}, {}), {});
  assert.deepEqual(told({ senders: { own: { form: 'grafana' } } }, { BONGSU_HOOK_SECRET_SENTRY: SECRET }), {
    'hook own': 'true | POST /hooks/own, without a secret, for programs of this machine | ',
    'hook sentry': 'true | POST /hooks/sentry, with a secret | ',
  });
  const env = { BONGSU_TOKEN: 'a-token-of-enough-length', BONGSU_HOOK_SECRET_OWM: SECRET };
  const faults = told({ senders: { own: { form: 'grafana' } } }, env);
  assert.match(faults['hook own'] ?? '', /^false \| has no secret.*BONGSU_HOOK_SECRET_OWN/);
  assert.match(faults.BONGSU_HOOK_SECRET_OWM ?? '', /^false \| is set, and no hook has this name/);
});
