import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { after, describe, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { checkedState } from '../../src/backends/state/checked.ts';
import { takeLease } from '../../src/backends/state/lease.ts';
import { openSqliteState } from '../../src/backends/state/sqlite.ts';
import { recordedIncident } from '../../src/demo/recorded-incident.ts';
import { createLog } from '../../src/log.ts';
import { startFakeDiscord } from '../fakes/discord.ts';
import { startFakeSlack } from '../fakes/slack.ts';
import { startWeb } from '../web/harness.ts';
import { runApp } from './harness.ts';

const MAIN = resolve(import.meta.dirname, '../../src/main.ts');
const log = createLog('silent');
const dir = mkdtempSync(join(tmpdir(), 'bongsu-cli-'));
after(() => rmSync(dir, { recursive: true, force: true }));
const config = join(dir, 'config.json');
writeFileSync(config, JSON.stringify({ models: [] }));

/** Runs one command line as a person does. */
const bongsu = (...args: string[]) => bongsuWith({}, ...args);
async function bongsuWith(
  env: Record<string, string>,
  ...args: string[]
): Promise<{ code: number; out: string; err: string }> {
  const child = spawn(process.execPath, [MAIN, ...args], {
    cwd: dir,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let out = '';
  let err = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    out += chunk;
  });
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    err += chunk;
  });
  const [code] = await once(child, 'close');
  return { code, out, err };
}

const shop = (): string[] => {
  const file = join(dir, 'shop.log');
  const lines = [...recordedIncident({ seed: 7, endsAt: Date.UTC(2026, 10, 21, 3) })];
  writeFileSync(file, `${lines.map(({ text }) => text).join('\n')}\n`);
  return lines.map(({ text }) => text);
};
const lines = shop();

/** The same incident as cluster tools export it: one stream per service. */
function streams(): string {
  const file = join(dir, 'streams.json.gz');
  const byService: Record<string, string[]> = {};
  for (const { text, hint } of recordedIncident({ seed: 7, endsAt: Date.UTC(2026, 10, 21, 3) })) {
    byService[hint?.service ?? 'shop'] ??= [];
    byService[hint?.service ?? 'shop']!.push(text);
  }
  writeFileSync(file, gzipSync(JSON.stringify(byService)));
  return file;
}

describe('command line', () => {
  test('--help names every command; a wrong one is wrong usage', async () => {
    const help = await bongsu('--help');
    assert.equal(help.code, 0);
    for (const name of [
      'start',
      'ingest',
      'incidents',
      'templates',
      'detect',
      'why',
      'pack',
      'summarize',
      'search',
      'replay',
      'health',
      'doctor',
    ])
      assert.match(help.out, new RegExp(`^  ${name}\\b`, 'm'));
    // What it does not look at is said where people look.
    assert.match(
      (await bongsu('detect', '--help')).out,
      /error\s+bursts, new errors, changed rates\) is found by `bongsu ingest`/,
    );
    assert.equal((await bongsu('frobnicate')).code, 2);
    assert.equal((await bongsu('why', 'x'.repeat(5_000))).code, 2);
    assert.equal((await bongsu('search', 'a', '--since', 'soon')).code, 2);
    assert.equal((await bongsu('why', '--logs', join(dir, 'none.log'))).code, 2);
  });

  test('ingest reads into the store, twice gives the same, search finds', async () => {
    const first = await bongsu('ingest', join(dir, 'shop.log'), '--json', '--config', config);
    assert.equal(first.code, 0, first.err);
    const result = JSON.parse(first.out);
    assert.equal(result.lines, lines.length);
    assert.ok(result.anomalies > 0 && result.templates > 10);
    await bongsu('ingest', join(dir, 'shop.log'), '--config', config);
    const word = 'SQLSTATE';
    const found = await bongsu('search', word, '--json', '--limit', '5', '--config', config);
    const page = JSON.parse(found.out);
    assert.equal(page.total, lines.filter((line) => line.toLowerCase().includes(word.toLowerCase())).length);
    for (const record of page.records) assert.ok(lines.includes(record.line), record.line);
  });

  test('why --logs names the cause with verbatim lines, from text and from streams', async () => {
    for (const path of [streams()]) {
      const { code, out, err } = await bongsu(
        'why',
        '무엇이 문제인가요',
        '--logs',
        path,
        '--no-model',
        '--json',
        '--config',
        config,
      );
      assert.equal(code, 0, err);
      const answer = JSON.parse(out);
      assert.equal(answer.causes[0].service, 'inventory');
      assert.equal(answer.model, 'none');
      assert.match(answer.explanation, /[가-힣]/);
      for (const cause of answer.causes)
        for (const { line } of cause.evidence) assert.ok(lines.includes(line), `quoted verbatim: ${line}`);
    }
  });

  test('pack never exceeds its budget and keeps the error', async () => {
    for (const budget of [50, 500, 2_000]) {
      const { code, out } = await bongsu('pack', join(dir, 'shop.log'), '--budget', String(budget));
      assert.equal(code, 0);
      assert.ok(out.length / 4 <= budget, `${out.length / 4} tokens of ${budget}`);
      if (budget >= 500) assert.match(out, /pool|SQLSTATE/i);
    }
  });

  test('templates and detect write one JSON line per line, the same every time', async () => {
    const run = () => bongsu('templates', join(dir, 'shop.log'), '--final', join(dir, 'final.jsonl'));
    const [a, b] = [await run(), await run()];
    assert.equal(a.code, 0, a.err);
    assert.ok(a.out === b.out, 'two runs give the same bytes');
    const rows = a.out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    assert.equal(rows.length, lines.length);
    assert.deepEqual(Object.keys(rows[0]), ['LineId', 'id', 'template']);
    const nowhere = await bongsu(
      'templates',
      join(dir, 'shop.log'),
      '--final',
      join(dir, 'none', 'final.jsonl'),
    );
    assert.equal(nowhere.code, 2);
    assert.equal(nowhere.out, '', 'nothing is read for a file that cannot be written');
    assert.match(nowhere.err, /--final: .*final\.jsonl/);
    const itself = await bongsu('templates', join(dir, 'shop.log'), '--final', join(dir, 'shop.log'));
    assert.match(itself.err, /is the file that is read/);
    const nothing = await bongsu('templates', join(dir, 'none.log'), '--final', join(dir, 'final.jsonl'));
    assert.notEqual(nothing.code, 0);
    assert.ok(statSync(join(dir, 'final.jsonl')).size > 0, 'what was written before is kept');
    assert.ok(new Set(rows.map(({ id }) => id)).size < lines.length / 20);
    const found = await bongsu('detect', join(dir, 'shop.log'), '--warmup', '2000');
    const alerts = found.out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    assert.ok(alerts.length > 0);
    for (const alert of alerts)
      assert.ok(alert.LineId > 2_000 && typeof alert.score === 'number' && alert.anomaly === true);
    const keyless = await bongsu('detect', join(dir, 'shop.log'), '--warmup', '2000', '--key', 'no_such_key');
    assert.equal(keyless.code, 2);
    assert.match(keyless.err, /none of \d+ lines has the key "no_such_key"/);
  });

  test('ingest: a service that fails from its first line on is an anomaly, once; one that then works is none', async () => {
    const at = (second: number): string => new Date(Date.UTC(2026, 10, 21, 3) + second * 1_000).toISOString();
    const anomalies = async (name: string, texts: string[]): Promise<number> => {
      writeFileSync(join(dir, name), `${texts.join('\n')}\n`);
      writeFileSync(
        join(dir, `${name}.json`),
        JSON.stringify({ models: [], dataDir: join(dir, `data-${name}`) }),
      );
      const run = await bongsu('ingest', join(dir, name), '--json', '--config', join(dir, `${name}.json`));
      assert.equal(run.code, 0, run.err);
      return JSON.parse(run.out).anomalies;
    };
    const failing = Array.from({ length: 40 }, (_, i) => `${at(i)} ERROR cannot read settings, try ${i}`);
    assert.equal(await anomalies('failing.log', failing), 1);
    const working = Array.from({ length: 40 }, (_, i) => `${at(i + 1)} INFO served order ${i}`);
    assert.equal(await anomalies('working.log', [failing[0]!, ...working]), 0);
  });

  test('health without the token of a server that wants one says what is well, and what would show more', async () => {
    await using server = await startWeb({}, { BONGSU_TOKEN: 'a-token-of-enough-length' });
    const file = join(dir, 'running.json');
    writeFileSync(file, JSON.stringify({ http: { port: Number(new URL(server.address).port) } }));
    const without = await bongsu('health', '--config', file);
    assert.equal(without.code, 0, without.err);
    assert.match(without.out, /^ok {3}logs +sqlite\n.*BONGSU_TOKEN.*\n$/);
    const env = { BONGSU_TOKEN: 'a-token-of-enough-length' };
    assert.match(
      (await bongsuWith(env, 'health', '--config', file)).out,
      /^ok {3}logs +sqlite +12 records\n$/,
    );
  });

  test('fine-tune: nothing to go back to, and a training that runs already, are failures and not wrong usage', async () => {
    const back = await bongsu('fine-tune', '--roll-back', 'alerts', '--config', config);
    assert.equal(back.code, 1);
    assert.match(back.err, /there is nothing to go back to/);
    const state = checkedState(await openSqliteState({ file: join(dir, 'data', 'state.sqlite') }, log), log);
    const lease = await takeLease({ state, name: 'fine-tune', termMs: 30_000, now: Date.now, log });
    const since = Date.UTC(2026, 10, 27, 2);
    await state.commit({ put: [{ kind: 'training', id: 'tuning/running', value: { since } }] });
    const second = await bongsu('fine-tune', '--config', config);
    assert.equal(second.code, 1);
    assert.match(second.err, /a training is running since 2026-11-27T02:00:00/);
    await lease![Symbol.asyncDispose]();
    await state[Symbol.asyncDispose]();
    assert.equal((await bongsu('fine-tune', '--task', 'summary', '--config', config)).code, 0);
    const audit = await bongsu('audit', '--config', config);
    const entries = audit.out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    // Of the rollback nothing was done.
    assert.deepEqual(
      entries.map(({ what, about, from }) => [what, about, from]),
      [
        ['tune', 'now', { chat: 'cli' }],
        ['tune', 'now summary', { chat: 'cli' }],
      ],
    );
    assert.deepEqual(entries[0].who, { id: 'cli', name: 'command line' });
  });

  test('replay goes through the running process where the bus is in memory', async () => {
    const file = join(dir, 'replay.json');
    writeFileSync(file, JSON.stringify({ models: [], http: { port: 9 } }));
    const alone = await bongsu('replay', '--config', file);
    assert.equal(alone.code, 1);
    assert.match(alone.err, /no Bongsu answers at .*npm start/);
    await using running = await runApp();
    const { port } = new URL(running.app.address);
    writeFileSync(file, JSON.stringify({ models: [], http: { port: Number(port) } }));
    const sent = await bongsu('replay', '--config', file, '--json');
    assert.equal(sent.code, 0, sent.err);
    const { lines } = JSON.parse(sent.out) as { lines: number };
    assert.ok(lines > 1_000);
    assert.equal((await running.app.backends.logs.extent())?.records, lines);
  });

  test('doctor checks every backend; a dead one is named with what to mend', async () => {
    const healthy = await bongsu('doctor', '--config', config);
    assert.equal(healthy.code, 0, healthy.out + healthy.err);
    assert.match(healthy.out, /ok {3}logs/);
    const dead = join(dir, 'dead.json');
    writeFileSync(
      dead,
      JSON.stringify({
        models: [],
        bus: { kind: 'kafka', brokers: ['127.0.0.1:1'] },
        logs: { kind: 'elasticsearch', url: 'http://127.0.0.1:1' },
        chats: [{ kind: 'slack', channel: 'C1' }],
      }),
    );
    const broken = await bongsuWith(
      { REDIS_URL: 'redis://:hunter2@127.0.0.1:1' },
      'doctor',
      '--config',
      dead,
    );
    assert.equal(broken.code, 1);
    for (const name of ['bus', 'logs', 'state', 'queue', 'slack'])
      assert.match(broken.out, new RegExp(`FAIL ${name}`));
    assert.match(broken.out, /mend: /);
    assert.match(broken.out, /SLACK_BOT_TOKEN/);
    assert.doesNotMatch(broken.out + broken.err, /hunter2/);
  });

  test('doctor asks Slack and Discord themselves', async () => {
    const slack = await startFakeSlack();
    const discord = await startFakeDiscord();
    try {
      const file = join(dir, 'chats.json');
      const chats = [
        { kind: 'slack', channel: slack.channel },
        { kind: 'discord', channel: discord.channel },
      ];
      writeFileSync(file, JSON.stringify({ models: [], chats }));
      const env = {
        SLACK_API_URL: slack.apiUrl,
        SLACK_BOT_TOKEN: slack.botToken,
        SLACK_APP_TOKEN: slack.appToken,
        DISCORD_API_URL: discord.apiUrl,
        DISCORD_TOKEN: discord.token,
      };
      const good = await bongsuWith(env, 'doctor', '--config', file);
      assert.equal(good.code, 0, good.out + good.err);
      assert.match(good.out, /ok {3}slack .*Socket Mode[\s\S]*ok {3}discord/);
      const said = [...slack.calls.map(({ method }) => method)];
      assert.ok(said.includes('apps.connections.open') && !said.includes('chat.postMessage'), said.join());

      // Tokens that are set and wrong.
      slack.fail('auth.test', { error: 'invalid_auth' });
      const bad = await bongsuWith({ ...env, DISCORD_TOKEN: 'wrong' }, 'doctor', '--config', file);
      assert.equal(bad.code, 1);
      assert.match(bad.out, /FAIL slack .*invalid_auth\n.*mend: .*SLACK_BOT_TOKEN/);
      assert.match(bad.out, /FAIL discord[^\n]*\n.*mend: .*DISCORD_TOKEN/);
    } finally {
      await slack.stop();
      await discord.stop();
    }
  });
});
