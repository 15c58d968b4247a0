import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';

const main = fileURLToPath(new URL('../../../src/main.ts', import.meta.url));
const dir = await mkdtemp(join(tmpdir(), 'bongsu-cli-'));
after(() => rm(dir, { recursive: true, force: true }));

const bongsu = (...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> =>
  new Promise((resolve) => {
    execFile(
      process.execPath,
      [main, ...args, '--config', join(dir, 'config.json')],
      { cwd: dir, env: { PATH: process.env.PATH } },
      (error, stdout, stderr) => resolve({ code: error ? Number(error.code) : 0, stdout, stderr }),
    );
  });

test('digest prints what the queries say, collect refuses a bus that nobody else reads', async () => {
  const teams = [{ name: '결제', services: ['pay'], timeZone: 'Asia/Seoul', language: 'ko' }];
  await writeFile(join(dir, 'config.json'), JSON.stringify({ jobs: { digest: { teams } } }));
  const report = await bongsu('digest', 'week', '--json');
  const { team, span, quiet, logs } = JSON.parse(report.stdout);
  assert.deepEqual(
    { team, span, quiet, lines: logs.lines },
    { team: '결제', span: 'week', quiet: true, lines: 0 },
  );
  const unknown = await bongsu('digest', '--team', 'other');
  assert.equal(unknown.code, 2);
  assert.match(unknown.stderr, /no team other in jobs\.digest\.teams; there are: 결제/);
  const collect = await bongsu('collect', '--day', '2026-01-01');
  assert.equal(collect.code, 2);
  assert.match(collect.stderr, /set bus\.kind to "kafka"/);
});
