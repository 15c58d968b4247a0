import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { bongsu } from '../harness.ts';

test('digest prints what the queries say; an unknown team is refused with the names of the known ones', async (t) => {
  const dir = await mkdtemp(join(tmpdir(), 'bongsu-cli-'));
  t.after(() => rm(dir, { recursive: true, force: true }));
  const config = join(dir, 'config.json');
  const teams = [{ name: '결제', services: ['pay'], timeZone: 'Asia/Seoul', language: 'ko' }];
  await writeFile(config, JSON.stringify({ jobs: { digest: { teams } } }));
  const run = (...args: string[]) =>
    bongsu([...args, '--config', config], { cwd: dir, env: { PATH: process.env.PATH } });
  const report = await run('digest', 'week', '--json');
  const { team, span, quiet, logs } = JSON.parse(report.out);
  assert.deepEqual(
    { team, span, quiet, lines: logs.lines },
    { team: '결제', span: 'week', quiet: true, lines: 0 },
  );
  const unknown = await run('digest', '--team', 'other');
  assert.equal(unknown.code, 2);
  assert.match(unknown.err, /no team other in jobs\.digest\.teams; there are: 결제/);
});
