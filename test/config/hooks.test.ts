import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { parseConfig } from '../../src/config/config.ts';
import { hookVariable, namesSet } from '../../src/config/environment.ts';
import { parseMapping } from '../../src/config/mapping.ts';
import { AppError } from '../../src/domain/errors.ts';

const SECRET = 'a-secret-of-enough-length';

/** The message of a configuration that is refused. */
function refusal(hooks: object, env: Record<string, string> = {}): string {
  try {
    parseConfig({ hooks }, env);
  } catch (error) {
    assert.ok(error instanceof AppError && error.code === 'config_invalid');
    assert.ok(!error.message.includes(SECRET));
    return error.message;
  }
  return assert.fail('not refused');
}

test('secrets of hooks come from their variables; known senders need no entry', () => {
  const env = {
    BONGSU_HOOK_SECRET_ALERTMANAGER: SECRET,
    BONGSU_HOOK_SECRET_PROD_EU2: `${SECRET}2`,
    BONGSU_HOOK_SECRET_NOBODY: SECRET,
    BONGSU_HOOK_SECRET_GRAFANA: '',
  };
  const { senders } = parseConfig(
    { hooks: { senders: { 'prod-eu2': { form: 'alertmanager' } } } },
    env,
  ).hooks;
  assert.deepEqual(senders, {
    'prod-eu2': { form: 'alertmanager', secret: `${SECRET}2` },
    alertmanager: { secret: SECRET },
  });
  assert.equal(hookVariable('prod-eu2'), 'BONGSU_HOOK_SECRET_PROD_EU2');
  // The variables that are set are told by name.
  assert.deepEqual(namesSet({ ...env, BONGSU_HOOK_SECRET_: 'x', OTHER: 'x' } as typeof env), [
    'BONGSU_HOOK_SECRET_ALERTMANAGER',
    'BONGSU_HOOK_SECRET_NOBODY',
    'BONGSU_HOOK_SECRET_PROD_EU2',
  ]);
  assert.deepEqual(parseConfig({}).hooks.senders, {});
});

test('a secret in the file is refused with its variable; one that is too short, too', () => {
  assert.match(
    refusal({ senders: { 'prod-eu': { form: 'grafana', secret: SECRET } } }),
    /hooks\.senders\.prod-eu\.secret: secrets are read from the environment only; set BONGSU_HOOK_SECRET_PROD_EU$/,
  );
  assert.match(
    refusal({}, { BONGSU_HOOK_SECRET_SENTRY: 'short' }),
    /^BONGSU_HOOK_SECRET_SENTRY in the environment \(hooks\.senders\.sentry\.secret\)/,
  );
});

test('a name that stands in no address, a hook that nobody can read, another form under a known name', () => {
  assert.match(refusal({ senders: { 'Prod EU': { form: 'grafana' } } }), /hooks\.senders\.Prod EU: the name/);
  assert.match(refusal({ senders: { prod: {} } }), /hooks\.senders\.prod: needs a form/);
  assert.match(refusal({ senders: { grafana: { form: 'sentry' } } }), /hooks\.senders\.grafana\.form/);
  assert.match(
    refusal({ senders: { grafana: { labels: [] } } }),
    /hooks\.senders\.grafana: unknown field labels/,
  );
  for (const wrong of [7, [], { senders: 7 }, { senders: { grafana: 7 } }])
    assert.match(refusal(wrong as object, { BONGSU_HOOK_SECRET_GRAFANA: SECRET }), /hooks/);
});

test('a mapping that is no JSONata is named with the place of the fault; a hook has one or the other', () => {
  assert.match(
    refusal({ senders: { zabbix: { mapping: '{"title": problem ..[ }' } } }),
    /hooks\.senders\.zabbix\.mapping: is no JSONata expression: .*\(character \d+\)$/,
  );
  assert.match(
    refusal({ senders: { zabbix: { mapping: 'problem', form: 'grafana' } } }),
    /hooks\.senders\.zabbix: has a form or a mapping, not both/,
  );
  assert.match(refusal({ senders: { sentry: { mapping: 'problem' } } }), /hooks\.senders\.sentry\.mapping/);
  assert.equal(
    parseConfig({ hooks: { senders: { zabbix: { mapping: 'problem' } } } }).hooks.senders.zabbix?.mapping,
    'problem',
  );
});

test('the configurations that docs/hooks.md shows can be read, and its mapping reads its payload', async () => {
  const page = readFileSync(join(import.meta.dirname, '../../docs/hooks.md'), 'utf8');
  const configs = [...page.matchAll(/^```json\n([\s\S]*?)^```/gm)].map(([, text]) => JSON.parse(text!));
  assert.equal(configs.length, 2);
  const [, own] = configs.map((raw) => parseConfig(raw).hooks.senders);
  const [, payload] = /-d '(.*)'/.exec(page) ?? [];
  const made = await parseMapping(own?.zabbix?.mapping ?? '')(JSON.parse(payload!));
  assert.deepEqual(
    { ...(made as object) },
    {
      title: 'Disk of db is full',
      status: 'firing',
      key: '77',
      at: 1_795_251_000,
      service: 'db',
      severity: 'high',
    },
  );
});
