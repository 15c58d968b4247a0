import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { test } from 'node:test';

const BIN = resolve(import.meta.dirname, '../../bin/bongsu.mjs');

/** A Node of this machine that is too old to run TypeScript; people often call `bongsu` with one. */
function olderNode(): string | undefined {
  const folders = (process.env.PATH ?? '').split(delimiter);
  for (const folder of [...folders, '/usr/bin', '/usr/local/bin']) {
    const node = join(folder, 'node');
    if (!existsSync(node)) continue;
    const version = execFileSync(node, ['--version'], { encoding: 'utf8' });
    if (Number(/\d+/.exec(version)?.[0]) < 24) return node;
  }
  return undefined;
}

const node = process.platform === 'win32' ? undefined : olderNode();

test('the bongsu command on an older Node: a SIGTERM reaches what runs behind it', {
  skip: node ? false : 'no Node below 24 on this machine',
}, async (t) => {
  const dir = mkdtempSync(join(tmpdir(), 'bongsu-bin-'));
  t.after(() => rmSync(dir, { recursive: true, force: true }));
  const config = join(dir, 'config.json');
  writeFileSync(config, JSON.stringify({ models: [], http: { port: 0 } }));
  const child = spawn(node!, [BIN, 'start', '--no-open', '--config', config, '--logs', config], {
    cwd: dir,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  t.after(() => child.kill('SIGKILL'));
  let address: string | undefined;
  for await (const line of createInterface({ input: child.stdout })) {
    address = /http:\/\/[\w.:]+/.exec(line)?.[0];
    if (address) break;
  }
  assert.ok(address);
  assert.equal((await fetch(`${address}/health`)).status, 200);
  child.kill('SIGTERM');
  const [code] = await once(child, 'exit');
  assert.equal(code, 0);
  await assert.rejects(fetch(`${address}/health`), 'nothing answers any more');
});
