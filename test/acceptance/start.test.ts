import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { after, describe, test } from 'node:test';
import { buttonsOf, eventually, Person, type Seen, textOf } from './harness.ts';

const MAIN = resolve(import.meta.dirname, '../../src/main.ts');
const dir = mkdtempSync(join(tmpdir(), 'bongsu-start-'));
const children: ChildProcess[] = [];
after(() => {
  for (const child of children) child.kill('SIGKILL');
  rmSync(dir, { recursive: true, force: true });
});

interface Started {
  child: ChildProcess;
  person: Person;
  out: string[];
}

/** `bongsu start` as a person runs it; resolves when it has printed its address. */
async function start(config: Record<string, unknown>, ...args: string[]): Promise<Started> {
  const file = join(dir, 'config.json');
  writeFileSync(file, JSON.stringify({ models: [], http: { port: 0 }, ...config }));
  const child = spawn(process.execPath, [MAIN, 'start', '--no-open', '--config', file, ...args], {
    cwd: dir,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  children.push(child);
  const out: string[] = [];
  const address = Promise.withResolvers<string>();
  createInterface({ input: child.stdout }).on('line', (line) => {
    out.push(line);
    const match = /http:\/\/\S+/.exec(line);
    if (match) address.resolve(match[0]);
  });
  child.once('exit', (code) => address.reject(new Error(`ended with ${code}: ${out.join('\n')}`)));
  return { child, person: new Person(await address.promise), out };
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
      first.out.some((line) => /Replayed/.test(line)) ? true : undefined,
    );

    first.child.kill('SIGKILL');
    await once(first.child, 'exit');
    const second = await start({});
    const kept = alerts(await second.person.messages());
    assert.equal(kept.length, 1);
    assert.match(textOf(kept[0]!.message), /minji/);
    const before = new Set((await second.person.messages()).map(({ id }) => id));
    await second.person.say('/logs search pool');
    await second.person.sees(/pool/i, { after: before });
    assert.ok(!second.out.some((line) => /Replaying/.test(line)), 'the demonstration is not replayed');

    second.child.kill('SIGTERM');
    const [code] = await once(second.child, 'exit');
    assert.equal(code, 0);
  });
});

describe('a start that cannot work ends with one clear sentence', () => {
  async function refused(config: string | Record<string, unknown>, ...args: string[]) {
    const file = join(dir, 'refused.json');
    writeFileSync(file, typeof config === 'string' ? config : JSON.stringify(config));
    const child = spawn(process.execPath, [MAIN, 'start', '--no-open', '--config', file, ...args], {
      cwd: dir,
    });
    children.push(child);
    let err = '';
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
      err += chunk;
    });
    const [code] = await once(child, 'exit');
    return { code, err };
  }

  test('broken JSON, unknown key and a split role: exit 2, file and field named', async () => {
    const broken = await refused('{ "http": ');
    assert.equal(broken.code, 2);
    assert.match(broken.err, /refused\.json: not valid JSON/);
    const unknown = await refused({ busses: 1 });
    assert.equal(unknown.code, 2);
    assert.match(unknown.err, /refused\.json: .*unknown field busses/);
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
      MAIN,
      join(dir, 'nope.log'),
    );
    assert.equal(code, 2);
    assert.match(err, /nope\.log: no such file or folder/);
    assert.doesNotMatch(err, /stack/);
  });

  test('a second Bongsu on the same data folder: exit 1', async () => {
    const first = await start({ dataDir: 'shared' }, '--logs', MAIN);
    const { code, err } = await refused({ models: [], http: { port: 0 }, dataDir: 'shared' });
    assert.equal(code, 1);
    assert.match(err, /another Bongsu is running on the data folder .*shared/);
    first.child.kill('SIGKILL');
    await once(first.child, 'exit');
    const again = await start({ dataDir: 'shared' }, '--logs', MAIN);
    again.child.kill('SIGKILL');
  });

  test('a data folder that others own: exit 1, one sentence', {
    skip: process.platform === 'win32' ? 'permissions are others there' : false,
  }, async () => {
    mkdirSync(join(dir, 'locked'));
    // A folder in the place of the lock cannot be opened as a file, whoever we are.
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
