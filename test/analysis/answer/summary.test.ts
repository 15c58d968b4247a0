import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readerOver } from '../../../src/analysis/logs/reader.ts';
import { recordedIncident } from '../../../src/demo/recorded-incident.ts';
import type { Answer } from '../../../src/domain/question/answer.ts';
import { recordsOfLines, recordsOfText } from '../../../src/pipeline/offline.ts';
import { analyst, drain } from '../harness.ts';

const access = Array.from({ length: 300 }, (_, i) => {
  const clock = `10:0${Math.floor(i / 60)}:${String(i % 60).padStart(2, '0')}`;
  const path = i % 3 === 0 ? '/api/cart' : '/api/orders';
  const status = i % 25 === 0 ? 500 : 200;
  return `10.0.0.1 - - [27/Nov/2026:${clock} +0000] "GET ${path} HTTP/1.1" ${status} 512 "-" "curl/8" 0.040`;
}).join('\n');

test('a summary of pasted requests tells their number, time, busiest endpoint and errors by kind', async () => {
  const lines = await recordsOfText(access, 'UTC');
  const asked = { kind: 'summarize', useModel: false } as const;
  const en = (await drain(analyst().assess(lines, { ...asked, language: 'en' }))).answer;
  assert.equal(
    en.summary,
    '300 requests; mean response time 40 ms; busiest endpoint GET /api/orders with 200. Errors: 12 of 300 lines (HTTP 500 12).',
  );
  assert.deepEqual(en.counts, {
    lines: 300,
    requests: 300,
    errors_5xx: 12,
    busiest: { endpoint: 'GET /api/orders', count: 200 },
    mean_ms: 40,
  });
  const ko = (await drain(analyst().assess(lines, { ...asked, language: 'ko' }))).answer;
  assert.match(
    ko.summary,
    /^요청 300건, 평균 응답 시간 40 ms, .*orders 200건\. 오류: .*12줄\(HTTP 500 12\)\.$/,
  );
  const why = (await drain(analyst().assess(lines, { language: 'en', useModel: false }))).answer;
  assert.equal(why.counts, undefined);
  assert.match(
    why.summary,
    /^paste: server errors \(5xx\): “GET \/api\/orders 500”\. 300 requests; .* Errors: 12 of 300 lines/,
  );
  const [one] = await analyst().assessAll([lines], { ...asked, language: 'en' });
  assert.equal((one as Answer).summary, en.summary);
});

test('the figures of the demonstration are those that a person counts in its lines', async () => {
  const endsAt = Date.UTC(2026, 10, 27, 10);
  const lines = [...recordedIncident({ seed: 7, endsAt })];
  // Each request has one line in the access log; what other services and the gateway's error log say of it is no other one.
  const access = lines.flatMap(({ text }) => {
    const found = /"([A-Z]+ [^ ?]+)\S* HTTP\/1\.1" (\d{3}) \d+ .* ([\d.]+)$/.exec(text);
    return found ? [{ endpoint: found[1]!, status: Number(found[2]), ms: Number(found[3]) * 1_000 }] : [];
  });
  const orders = access.filter(({ endpoint }) => endpoint === 'POST /api/orders').length;
  const searches = access.filter(({ endpoint }) => endpoint === 'GET /api/search').length;
  assert.ok(searches > orders);
  const records = await recordsOfLines([lines], 'UTC');
  const whole = { from: endsAt - 60 * 60_000, to: endsAt + 1 };
  const { answer } = await drain(
    analyst({ logs: readerOver(records) }).ask(
      { kind: 'summarize', text: '', language: 'en', window: whole },
      { useModel: false },
    ),
  );
  const mean = access.reduce((sum, { ms }) => sum + ms, 0) / access.length;
  assert.deepEqual(answer.counts, {
    lines: lines.length,
    requests: access.length,
    errors_5xx: access.filter(({ status }) => status >= 500).length,
    busiest: { endpoint: 'GET /api/search', count: searches },
    mean_ms: Number(mean.toFixed(2)),
  });
  assert.equal(
    answer.course?.buckets.reduce((sum, { total }) => sum + total, 0),
    lines.length,
  );
});
