import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { bongsu } from '../harness.ts';

test('collect refuses a bus that nobody else reads', async (t) => {
  const dir = await mkdtemp(join(tmpdir(), 'bongsu-cli-'));
  t.after(() => rm(dir, { recursive: true, force: true }));
  const config = join(dir, 'config.json');
  await writeFile(config, '{}');
  const collect = await bongsu(['collect', '--day', '2026-01-01', '--config', config], {
    cwd: dir,
    env: { PATH: process.env.PATH },
  });
  assert.equal(collect.code, 2);
  assert.match(collect.err, /set bus\.kind to "kafka"/);
});
