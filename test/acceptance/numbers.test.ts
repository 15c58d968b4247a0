import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { createAnalyst } from '../../src/analysis/create-analyst.ts';
import { answerPlainly } from '../../src/analysis/queries/answer.ts';
import { openBackends } from '../../src/backends/open.ts';
import { timeIn } from '../../src/bot/commands/parse/when-window.ts';
import { incidentView } from '../../src/bot/views/incident.ts';
import { reportHtml } from '../../src/bot/views/report.ts';
import { openReading } from '../../src/cli/read-paths.ts';
import { parseConfig } from '../../src/config/config.ts';
import { recordedIncident } from '../../src/demo/recorded-incident.ts';
import { type IncidentRow, incidentRow } from '../../src/domain/alert/incident-row.ts';
import type { Answer } from '../../src/domain/question/answer.ts';
import type { Question } from '../../src/domain/question/question.ts';
import { speech } from '../../src/i18n/format.ts';
import { analyzeHandler } from '../../src/jobs/analyze.ts';
import { makeDigest } from '../../src/jobs/digest.ts';
import { createLog } from '../../src/log.ts';
import { createMetrics } from '../../src/metrics.ts';
import { createFileReader } from '../../src/reading.ts';
import { wordsOf } from '../fakes/chat.ts';

const log = createLog('silent');
const START = Date.UTC(2026, 9, 6, 9);
const signal = new AbortController().signal;
const spoken = speech('en', 'UTC');

/** What every part of the program says of the same files, read once as `ingest` reads them. */
async function said(files: Record<string, string[]>, questions: string[]) {
  const dir = await mkdtemp(join(tmpdir(), 'bongsu-numbers-'));
  try {
    const paths = Object.keys(files).map((name) => join(dir, 'logs', name));
    for (const [name, lines] of Object.entries(files)) {
      await mkdir(dirname(join(dir, 'logs', name)), { recursive: true });
      await writeFile(join(dir, 'logs', name), `${lines.join('\n')}\n`);
    }
    const config = parseConfig({ dataDir: join(dir, 'data'), models: [] });
    await using backends = await openBackends(config, log, { models: [] });
    const { logs, state } = backends;
    const reader = createFileReader(backends, config, createMetrics(), log);
    const reading = openReading(paths, { timeZone: 'UTC' });
    const totals = await reader.pipeline.run(reading.lines, { signal });
    const incidents = (await reader.findings(totals, signal)) ?? [];
    const analyst = createAnalyst({
      ...{ logs, models: [], state, language: 'en', timeZone: 'UTC', answers: config.answers, log },
    });
    const extent = (await logs.extent())!;
    const window = { from: extent.from, to: extent.to };
    const asked = async (kind: Question['kind']): Promise<Answer> => {
      let answer: Answer | undefined;
      for await (const event of analyst.ask({ kind, text: '', language: 'en', window }, { useModel: false }))
        if (event.kind === 'answer') answer = event.answer;
      return answer!;
    };
    const context = { id: 'job', attempt: 1, attempts: 1, signal, progress: async () => {} };
    const job = await analyzeHandler({ logs, state, analyst })(
      { kind: 'summarize', window, language: 'en', text: '' } as never,
      context,
    );
    const digest = await makeDigest(
      {
        logs,
        state,
        queue: { list: async () => [], counts: async () => ({ waiting: 0 }) as never },
        teams: [],
        timeZone: 'UTC',
        backendsHealth: async () => ({}),
      },
      { name: 'all' } as never,
      { span: 'day', day: new Date(extent.from).toISOString().slice(0, 10) },
      'UTC',
    );
    const answers = [];
    for (const text of questions)
      answers.push(
        await answerPlainly({ text, language: 'en', window }, { logs, timeZone: 'UTC', timeIn, signal }),
      );
    return {
      read: reading.report(totals),
      rows: incidents.map((one) => incidentRow(one, Date.now())),
      cards: incidents.map((one) => wordsOf(incidentView(one, spoken, extent.to))),
      summary: await asked('summarize'),
      why: await asked('why'),
      job,
      page: reportHtml(job, spoken),
      digest,
      answers,
    };
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

const iso = (seconds: number): string => new Date(START + seconds * 1_000).toISOString();

/** The number of lines and of requests is the same wherever it is shown. */
function agrees(found: Awaited<ReturnType<typeof said>>, lines: number, requests: number): void {
  const [byLines, byRequests] = found.answers as { figure?: number }[];
  assert.deepEqual(
    {
      read: found.read.lines,
      summary: found.summary.counts?.lines,
      course: found.summary.course?.buckets.reduce((sum, { total }) => sum + total, 0),
      job: found.job.records,
      digest: found.digest.logs.lines,
      ask: byLines?.figure,
    },
    { read: lines, summary: lines, course: lines, job: lines, digest: lines, ask: lines },
  );
  assert.ok(found.page.includes(lines.toLocaleString('en')), 'the report');
  assert.deepEqual([found.summary.counts?.requests, byRequests?.figure], [requests, requests]);
}

/** The lines of a problem, its first and its last, are the same in lists, on the card and in answers. */
function tells(
  found: Awaited<ReturnType<typeof said>>,
  row: Pick<IncidentRow, 'service' | 'lines' | 'since' | 'lastSeen'>,
): void {
  const at = found.rows.findIndex(({ service }) => service === row.service);
  const { service, lines, since, lastSeen } = found.rows[at]!;
  assert.deepEqual({ service, lines, since, lastSeen }, row);
  const shown = row.lines.toLocaleString('en');
  assert.match(found.cards[at]!, new RegExp(`How often: ${shown} lines`));
  assert.ok(found.cards[at]!.includes(`Last line: ${spoken.time(Date.parse(lastSeen))}`));
}

test('a flood with traces over many buckets is counted alike by all', async () => {
  const lines: string[] = [];
  let [events, cracks] = [0, 0];
  for (let second = 0; second < 3_000; second += 1) {
    lines.push(`${iso(second)} INFO [kiln] brick ${second % 97} baked in ${20 + (second % 13)} ms`);
    events += 1;
    for (let n = 0; second >= 2_000 && second < 2_137 && n < 8; n++) {
      lines.push(`${iso(second)} ERROR [kiln] brick ${n} cracked: thermocouple not answering`);
      lines.push('java.io.IOException: no reply', '\tat kiln.Probe.read(Probe.java:44)');
      events += 1;
      cracks += 1;
    }
  }
  const found = await said({ 'kiln.log': lines }, [
    'how many lines?',
    'how many requests?',
    'how many errors?',
  ]);
  agrees(found, events, 0);
  tells(found, { service: 'kiln', lines: cracks, since: iso(2_000), lastSeen: iso(2_136) });
  assert.equal((found.answers[2] as { figure?: number }).figure, cracks);
  assert.equal(found.why.evidence[0]?.count, cracks);
  assert.match(
    found.why.causes[0]!.cause,
    new RegExp(`; ${cracks.toLocaleString('en')} of its own lines say so`),
  );
  assert.equal(found.job.answer.causes[0]?.cause, found.why.causes[0]?.cause);
  assert.equal(found.digest.logs.errors, cracks);
});

test("a proxy's error line about a request, and the application's, are no further requests", async () => {
  const day = (second: number): string =>
    `06/Oct/2026:${new Date(START + second * 1_000).toISOString().slice(11, 19)} +0000`;
  const [access, error, app]: [string[], string[], string[]] = [[], [], []];
  let failed = 0;
  for (let second = 0; second < 3_000; second += 1) {
    const path = second % 3 === 0 ? '/bricks' : '/ovens';
    const fails = second >= 2_000 && second < 2_300 && second % 3 === 0;
    access.push(
      `10.1.0.${second % 200} - - [${day(second)}] "GET ${path} HTTP/1.1" ${fails ? 502 : 200} 512 "-" "curl/8" 0.0${10 + (second % 80)}`,
    );
    if (second % 5 === 0)
      app.push(`${iso(second)} INFO oven ${second % 17} is at ${400 + (second % 9)} degrees`);
    if (!fails) continue;
    failed += 1;
    const clock = iso(second).slice(0, 19).replaceAll('-', '/').replace('T', ' ');
    error.push(
      `${clock} [error] 31#31: *${second} connect() failed (111: Connection refused) while connecting to upstream, client: 10.1.0.9, server: kiln.test, request: "GET ${path} HTTP/1.1", upstream: "http://10.1.0.7:8080${path}", host: "kiln.test"`,
    );
  }
  const found = await said({ 'proxy/access.log': access, 'proxy/error.log': error, 'ovens.log': app }, [
    'how many lines?',
    'how many requests?',
    'how many requests failed with 502?',
  ]);
  agrees(found, access.length + error.length + app.length, access.length);
  assert.equal(found.summary.counts?.errors_5xx, failed);
  assert.deepEqual(found.summary.counts?.busiest, { endpoint: 'GET /ovens', count: 2_000 });
  const millis = access.reduce((sum, line) => sum + 1_000 * Number(line.slice(-5)), 0) / access.length;
  assert.ok(
    Math.abs(found.summary.counts!.mean_ms! - millis) < 0.01,
    `${found.summary.counts?.mean_ms} ${millis}`,
  );
  assert.equal((found.answers[2] as { figure?: number }).figure, failed);
  tells(found, { service: 'access', lines: failed, since: iso(2_001), lastSeen: iso(2_298) });
});

test('the demonstration is counted alike by all', async () => {
  const files: Record<string, string[]> = {};
  const lines = [...recordedIncident({ seed: 7, endsAt: START + 3_600_000 })];
  for (const [source, all] of Map.groupBy(lines, ({ source }) => source))
    files[`${source.replaceAll('/', '_')}.log`] = all.map(({ text }) => text);
  const found = await said(files, ['how many lines?', 'how many requests?']);
  const access = lines.filter(({ text }) => /"[A-Z]+ \S+ HTTP\/1\.1" \d{3} \d+ .* [\d.]+$/.test(text));
  agrees(found, lines.length, access.length);
  assert.equal(
    found.summary.counts?.errors_5xx,
    access.filter(({ text }) => /HTTP\/1\.1" 5\d\d /.test(text)).length,
  );
});
