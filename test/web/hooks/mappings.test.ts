import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AppError } from '../../../src/domain/errors.ts';
import { Mappings } from '../../../src/web/hooks/mappings.ts';
import { hookServer, SECRET } from './harness.ts';

const MAPPING = `{
  "service": host.service,
  "title": problem,
  "status": state = "PROBLEM" ? "firing" : "resolved",
  "severity": level,
  "key": $string(id),
  "at": clock,
  "url": link,
  "labels": tags
}`;
const payload = (fields: object = {}) => ({
  id: 77,
  problem: 'Disk of db is full',
  state: 'PROBLEM',
  level: 'high',
  clock: 1_795_251_000,
  host: { service: 'db' },
  link: 'https://monitor.example/77',
  tags: { region: 'eu' },
  ...fields,
});

/** What a mapping makes of a payload: alerts by title, or what is wrong by its path. */
async function read(expression: string, value: unknown): Promise<string[]> {
  await using mappings = new Mappings({ own: expression });
  const all = await mappings.read('own', JSON.stringify(value));
  return all.flatMap((one) =>
    'alert' in one ? [`${one.alert.status} ${one.alert.name}`] : one.wrong.map(({ path }) => path),
  );
}

/** The message of the mapping's failure. */
async function failure(mappings: Mappings, hook: string): Promise<string> {
  try {
    await mappings.read(hook, JSON.stringify({ text: `${'a'.repeat(40)}!` }));
  } catch (error) {
    assert.ok(error instanceof AppError && error.code === 'malformed', String(error));
    return error.message;
  }
  return assert.fail('it did not fail');
}

test('a mapping makes an alert, a list of them, or nothing', async () => {
  assert.deepEqual(await read(MAPPING, payload()), ['firing Disk of db is full']);
  assert.deepEqual(await read(`items.${MAPPING}`, { items: [payload(), payload({ state: 'OK' })] }), [
    'firing Disk of db is full',
    'resolved Disk of db is full',
  ]);
  assert.deepEqual(await read('items[state = "PROBLEM"]', { items: [] }), []);
});

test('what a mapping leaves out is named by its path', async () => {
  assert.deepEqual(await read(MAPPING, payload({ problem: undefined, clock: 'soon' })), [
    'mapping.title',
    'mapping.at',
  ]);
  assert.deepEqual(await read('[1, {"title": "x"}]', {}), [
    'mapping.0',
    'mapping.1.status',
    'mapping.1.key',
    'mapping.1.at',
  ]);
});

test('recursion, lists and expressions without end are ended, and the next payload is read', async () => {
  await using mappings = new Mappings({
    deep: '($f := function($n) { $f($n + 1) + 1 }; $f(0))',
    long: '[1..10000000]',
    wide: '($f := function($n) { $f($n & $n) }; $f("xxxxxxxxxxxxxxxx"))',
    backtracking: '$match(text, /^(a+)+$/)',
    endless: '($f := function() { $f() }; $f())',
    wrong: '$unknown(1)',
    own: MAPPING,
  });
  // The thread takes a moment: this one keeps going meanwhile.
  let turns = 0;
  const timer = setInterval(() => {
    turns += 1;
  }, 10);
  for (const hook of ['deep', 'long', 'wide', 'backtracking', 'endless', 'wrong'])
    assert.match(await failure(mappings, hook), /^The mapping (failed|took)/, hook);
  clearInterval(timer);
  assert.ok(turns > 5, String(turns));
  assert.equal((await mappings.read('own', JSON.stringify(payload()))).length, 1);
});

test('after the stop nothing is read, and stopping again does nothing', async () => {
  const mappings = new Mappings({ own: MAPPING });
  await mappings.read('own', JSON.stringify(payload()));
  await mappings[Symbol.asyncDispose]();
  await mappings[Symbol.asyncDispose]();
  await assert.rejects(mappings.read('own', '{}'), { code: 'rate_limited' });
});

test('a hook of a mapping takes alerts with its secret; a payload that it fails on is refused', async () => {
  const hooks = { senders: { zabbix: { mapping: MAPPING, title: 'Zabbix' } } };
  await using server = await hookServer({ hooks, env: { BONGSU_HOOK_SECRET_ZABBIX: SECRET } });
  const bearer = { authorization: `Bearer ${SECRET}` };
  assert.equal((await server.post('zabbix', payload())).status, 401);
  assert.equal((await server.post('zabbix', payload(), bearer)).status, 202);
  assert.deepEqual(
    server.published.map(({ service, severity, alert }) => [service, severity, alert?.source, alert?.url]),
    [['db', 4, 'Zabbix', 'https://monitor.example/77']],
  );
  const refused = await server.post('zabbix', payload({ state: 'OK', problem: 7 }), bearer);
  assert.equal(refused.status, 400);
  const said = (await refused.json()) as { errors: { path: string }[] };
  assert.equal(said.errors[0]?.path, 'mapping.title');
  assert.match(server.web.hooks.health()['hook zabbix']!.detail, /1 alerts taken, refused 2/);
});
