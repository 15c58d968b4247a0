import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Answer } from '../../../src/domain/question/answer.ts';
import { recordsOfText } from '../../../src/pipeline/offline.ts';
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
  const ko = (await drain(analyst().assess(lines, { ...asked, language: 'ko' }))).answer;
  assert.match(
    ko.summary,
    /^요청 300건, 평균 응답 시간 40 ms, .*orders 200건\. 오류: .*12줄\(HTTP 500 12\)\.$/,
  );
  const why = (await drain(analyst().assess(lines, { language: 'en', useModel: false }))).answer;
  assert.match(
    why.summary,
    /^paste: server errors \(5xx\): GET \/api\/orders 500\. 300 requests; .* Errors: 12 of 300 lines/,
  );
  const [one] = await analyst().assessAll([lines], { ...asked, language: 'en' });
  assert.equal((one as Answer).summary, en.summary);
});
