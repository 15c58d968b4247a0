import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { openContext } from '../../src/cli/context.ts';
import { openQuestionLogs } from '../../src/cli/question-logs.ts';
import { poolIncident } from '../fakes/incident-logs.ts';

test('files are asked the same in memory and, where they are too large for it, through a temporary store', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'bongsu-question-'));
  const usual = process.env.TMPDIR;
  process.env.TMPDIR = dir;
  try {
    const file = join(dir, 'shop.log');
    writeFileSync(
      file,
      poolIncident()
        .map(({ line }) => line)
        .join('\n'),
    );
    const context = openContext({}, new AbortController().signal);
    const seen = [];
    for (const lines of [1_000_000, 100]) {
      await using asked = await openQuestionLogs(context, [file], false, {
        lines,
        chars: Number.POSITIVE_INFINITY,
      });
      const extent = await asked.logs.extent();
      const levels = await asked.logs.counts({}, 'level', 10);
      const templates = await asked.logs.counts({}, 'template', 100);
      seen.push({ extent, levels, templates: templates.map(({ key, count }) => [key, count]) });
    }
    assert.ok((seen[0]?.extent?.records ?? 0) > 1_000);
    assert.deepEqual(seen[1], seen[0]);
    assert.deepEqual(readdirSync(dir), ['shop.log'], 'nothing is left');
  } finally {
    if (usual === undefined) delete process.env.TMPDIR;
    else process.env.TMPDIR = usual;
    rmSync(dir, { recursive: true, force: true });
  }
});
