import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createAnalyst } from '../../../src/analysis/create-analyst.ts';
import { readerOver } from '../../../src/analysis/logs/reader.ts';
import { createLog } from '../../../src/log.ts';
import { NOON, record } from '../../fakes/incident-logs.ts';

test('a summary tells lines and errors per hour, in words and as data', async () => {
  const records = Array.from({ length: 240 }, (_, i) =>
    record(NOON + i * 60_000, 'web', i % 60 < 2 && i >= 60 ? 'error' : 'info', `page ${i} served`),
  );
  const logs = readerOver(records);
  const analyst = createAnalyst({
    logs,
    models: [],
    language: 'en',
    timeZone: 'Asia/Seoul',
    log: createLog('silent'),
  });
  const window = { from: NOON - 20 * 3_600_000, to: NOON + 20 * 3_600_000 };
  for (const [language, told] of [
    ['en', 'Lines per 1 hour: 21:00 60, 22:00 60 (2 errors), 23:00 60 (2 errors), 00:00 60 (2 errors).'],
    ['ko', '1시간별 로그 수: 21:00 60, 22:00 60 (오류 2), 23:00 60 (오류 2), 00:00 60 (오류 2).'],
  ] as const)
    for await (const event of analyst.ask({ kind: 'summarize', text: '', language, window })) {
      if (event.kind !== 'answer') continue;
      const lines = event.answer.explanation.split('\n');
      assert.ok(
        lines.some((line) => line === told),
        event.answer.explanation,
      );
      assert.equal(event.answer.course?.buckets.length, 4);
      assert.equal(event.answer.course?.bucket_ms, 3_600_000);
    }
});
