import assert from 'node:assert/strict';
import { test } from 'node:test';
import { reportFiles, reportHtml, STYLE_HASH } from '../../src/bot/views/report.ts';
import type { AnalysisReport } from '../../src/domain/job/job.ts';
import { speech } from '../../src/i18n/format.ts';
import type { WebDeps } from '../../src/web/web.ts';
import { answerOf } from './fixtures.ts';
import { startWeb } from './harness.ts';

const HOSTILE = `</pre><script>alert('x')</script> & "q" \u001b[31m`;
const report: AnalysisReport = {
  answer: { ...answerOf(HOSTILE), root_cause: HOSTILE },
  records: 1_234_567,
  templates: 2,
  window: { from: 0, to: 3_600_000 },
  series: [{ at: 0, total: 5, errors: 1 }],
  top: [{ id: 't', pattern: HOSTILE, count: 5, errors: 1, first: 0, last: 1, peak: { at: 0, count: 5 } }],
};
const findReport: WebDeps['findReport'] = async (id, language) =>
  id === 'job-1'
    ? { html: reportHtml(report, speech(language, 'UTC')), styleHash: STYLE_HASH, json: report }
    : undefined;

test('a report as a page without scripts, in both languages, with all log text escaped', async () => {
  await using server = await startWeb({ findReport });
  const response = await fetch(`${server.address}/reports/job-1?language=ko`);
  assert.equal(response.status, 200);
  const page = await response.text();
  assert.match(page, /<html lang="ko">[\s\S]*분석 보고서[\s\S]*로그 1,234,567줄/);
  assert.doesNotMatch(page, /<script/);
  assert.ok(!page.includes('\u001b'));
  assert.match(page, /&lt;script&gt;/);
  assert.match(
    response.headers.get('content-security-policy') ?? '',
    /default-src 'none'; style-src 'sha256-/,
  );
  // The chart is inside the page, so that people can send the page to others.
  const picture = /src="data:image\/svg\+xml;base64,([\w+/=]+)"/.exec(page)?.[1] ?? '';
  assert.match(Buffer.from(picture, 'base64').toString(), /^<svg[\s\S]*<path/);
  const english = await fetch(`${server.address}/reports/job-1.html`);
  assert.match(await english.text(), /Analysis report/);
});

test('as JSON, as a file, and not there', async () => {
  await using server = await startWeb({ findReport }, { BONGSU_TOKEN: 'a-token-of-this-server' });
  const get = (path: string, authorization = 'Bearer a-token-of-this-server') =>
    fetch(server.address + path, { headers: { authorization } });
  const json = await get('/reports/job-1.json?download');
  assert.deepEqual(await json.json(), report);
  assert.equal(json.headers.get('content-disposition'), 'attachment; filename="bongsu-job-1.json"');
  assert.equal((await get('/reports/other')).status, 404);
  assert.equal((await get('/reports/a%2fb')).status, 400);
  assert.equal((await get('/reports/job-1?language=xx')).status, 400);
  assert.equal((await get('/reports/job-1', 'Bearer wrong')).status, 401);
});

test('as files for a chat', () => {
  const [page, json] = reportFiles('job-1', report, speech('ko', 'UTC'));
  assert.deepEqual(
    [page, json].map((file) => [file!.name, file!.title, file!.type]),
    [
      ['bongsu-job-1.html', '분석 보고서 (HTML)', 'text/html'],
      ['bongsu-job-1.json', '분석 보고서 (JSON)', 'application/json'],
    ],
  );
  assert.match(page!.data.toString(), /^<!doctype html>/);
  assert.deepEqual(JSON.parse(json!.data.toString()), report);
});
