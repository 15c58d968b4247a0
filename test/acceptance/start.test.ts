import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { buttonsOf, eventually, Person, type Seen, textOf } from './harness.ts';
import { type BongsuProcess, spawnBongsu, startBongsu } from './process.ts';

const dir = mkdtempSync(join(tmpdir(), 'bongsu-start-'));
/** A file whose lines can be read. */
const LOG = import.meta.filename;
const started: BongsuProcess[] = [];
after(async () => {
  for (const bongsu of started) await bongsu.end('SIGKILL');
  rmSync(dir, { recursive: true, force: true });
});

/** A Bongsu without a model, and a person at its page. */
async function start(config: object, ...args: string[]): Promise<BongsuProcess & { person: Person }> {
  const bongsu = await startBongsu(dir, { models: [], ...config }, ['--no-open', ...args]);
  started.push(bongsu);
  return { ...bongsu, person: new Person(bongsu.address) };
}

/** Alerts are the channel's messages that carry incident buttons. */
const alerts = (messages: Seen[]) =>
  messages.filter((seen) => buttonsOf(seen.message).some((action) => action.name === 'resolve'));

describe('npm start', () => {
  test('shows one critical thread for the cause of the demonstration and keeps it over kill -9', async () => {
    const first = await start({});
    const { person } = first;

    const alert = await eventually(
      'a critical alert',
      async () => alerts(await person.messages())[0],
      15_000,
    );
    assert.equal(alert.message.tone, 'critical');
    await eventually('the replay has ended and all four services are folded in', async () => {
      const [now] = alerts(await person.messages());
      const text = textOf(now!.message);
      return ['order', 'payment', 'cart', 'gateway'].every((service) => text.includes(service))
        ? now
        : undefined;
    });
    const thread = alert.id;
    const chart = await eventually('the chart in the thread', async () =>
      (await person.messages(thread)).find((seen) => seen.charts.length > 0),
    );
    assert.match(chart.charts[0]!, /^<svg/);

    // Questions, in both languages.
    await person.say('/logs why');
    const why = await person.sees(/(Confirmed|Likely): inventory/);
    assert.match(textOf(why.message), /inventory/);
    await person.say('/logs 요약', undefined, 'ko');
    await person.sees(/요청/);
    await person.say('/logs search pool');
    await person.sees(/pool/i, { after: new Set([alert.id, why.id]) });
    await person.say('/logs health');
    await person.sees(/sqlite/i);
    await person.say('/logs help');
    await person.sees(/\/logs summarize/);

    await person.press({ name: 'acknowledge', subject: buttonsOf(alert.message)[0]!.subject }, thread);
    await eventually('the parent shows who has it', async () => {
      const [now] = alerts(await person.messages());
      return /minji/.test(textOf(now!.message)) ? now : undefined;
    });
    await eventually('the demonstration is remembered as shown', async () =>
      first.lines.some((line) => /Replayed/.test(line)) ? true : undefined,
    );

    await first.end('SIGKILL');
    const second = await start({});
    const kept = alerts(await second.person.messages());
    assert.equal(kept.length, 1);
    assert.match(textOf(kept[0]!.message), /minji/);
    const before = new Set((await second.person.messages()).map(({ id }) => id));
    await second.person.say('/logs search pool');
    await second.person.sees(/pool/i, { after: before });
    assert.ok(!second.lines.some((line) => /Replaying/.test(line)), 'the demonstration is not replayed');

    assert.equal(await second.end('SIGTERM'), 0);
  });
});

describe('a start that cannot work ends with one clear sentence', () => {
  async function refused(config: string | object, ...args: string[]) {
    const { errors, ended } = spawnBongsu(dir, config, ['--no-open', ...args]);
    return { code: await ended, err: errors.join('\n') };
  }

  test('broken JSON, unknown key and a split role: exit 2, file and field named', async () => {
    const broken = await refused('{ "http": ');
    assert.equal(broken.code, 2);
    assert.match(broken.err, /config\.json: not valid JSON/);
    const unknown = await refused({ busses: 1 });
    assert.equal(unknown.code, 2);
    assert.match(unknown.err, /config\.json: .*unknown field busses/);
    const split = await refused({}, '--role', 'bot');
    assert.equal(split.code, 2);
    assert.match(split.err, /bus\.kind: "memory" cannot be shared/);
  });

  test('a taken port: exit 1', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as { port: number };
    const { code, err } = await refused({ models: [], http: { port } });
    server.close();
    assert.equal(code, 1);
    assert.match(err, new RegExp(`${port}`));
    assert.equal(err.trim().split('\n').length, 1, err);
  });

  test('a data folder that cannot be made: exit 1', async () => {
    writeFileSync(join(dir, 'a-file'), '');
    const { code, err } = await refused({ models: [], http: { port: 0 }, dataDir: 'a-file/data' });
    assert.equal(code, 1);
    assert.match(err, /cannot write the data folder .*a-file\/data/);
  });

  test('a file that is not there: exit 2 before anything runs, though another one could be read', async () => {
    const { code, err } = await refused(
      { models: [], http: { port: 0 }, dataDir: 'unread' },
      '--logs',
      LOG,
      join(dir, 'nope.log'),
    );
    assert.equal(code, 2);
    assert.match(err, /nope\.log: no such file or folder/);
    assert.doesNotMatch(err, /stack/);
  });

  test('a second Bongsu on the same data folder: exit 1', async () => {
    const first = await start({ dataDir: 'shared' }, '--logs', LOG);
    const { code, err } = await refused({ models: [], http: { port: 0 }, dataDir: 'shared' });
    assert.equal(code, 1);
    assert.match(err, /another Bongsu is running on the data folder .*shared/);
    await first.end('SIGKILL');
    const again = await start({ dataDir: 'shared' }, '--logs', LOG);
    await again.end('SIGKILL');
  });

  test('a data folder that others own: exit 1, one sentence', {
    skip: process.platform === 'win32' ? 'permissions are others there' : false,
  }, async () => {
    mkdirSync(join(dir, 'locked'));
    // A folder with the name of the lock cannot be opened as a file, not even by root.
    mkdirSync(join(dir, 'locked', 'running.lock'));
    const { code, err } = await refused({ models: [], http: { port: 0 }, dataDir: 'locked' });
    assert.equal(code, 1);
    assert.match(err, /cannot write the data folder .*locked; change dataDir/);
    assert.equal(err.trim().split('\n').length, 1, err);
  });

  test('a data folder below one that takes no children: exit 1 instead of a hang', {
    skip: process.platform === 'linux' ? false : 'needs /proc',
  }, async () => {
    const { code, err } = await refused({ models: [], http: { port: 0 }, dataDir: '/proc/nope' });
    assert.equal(code, 1);
    assert.match(err, /cannot write the data folder \/proc\/nope/);
  });
});
