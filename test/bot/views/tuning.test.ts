import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chartSvg } from '../../../src/bot/views/chart.ts';
import { tuningStatusView, tuningView } from '../../../src/bot/views/tuning.ts';
import type { FineTuneReport, TuningRecord } from '../../../src/domain/job/job.ts';
import { speech } from '../../../src/i18n/format.ts';

const card: FineTuneReport['card'] = {
  version: 'abc123',
  hash: 'abc123',
  from: 0,
  to: 1,
  counts: {
    alerts: { train: 75, test: 25 },
    anomaly: { train: 9, test: 3 },
    sentiment: { train: 9, test: 3 },
    summary: { train: 1, test: 0 },
  },
  sources: { confirmed: 50, rejected: 50, corrected: 0, resolved: 0, agreed: 0 },
  repeated: 4,
};
const better: FineTuneReport['outcomes'][number] = {
  target: 'alerts',
  trainer: 'embedded',
  promoted: true,
  reason: 'better',
  candidate: 0.52,
  serving: 0,
  difference: { mean: 0.52, low: 0.31, high: 0.7 },
};

test('the report says what took over, on which figures, and on what data; a thin night is one line', () => {
  for (const language of ['ko', 'en'] as const) {
    const view = tuningView({ card, outcomes: [better] }, speech(language, 'UTC'));
    const text = JSON.stringify(view.blocks);
    for (const figure of ['0.52', '0.31', '0.70', 'abc123', '75']) assert.ok(text.includes(figure), figure);
    const thin = tuningView(
      { card, outcomes: [{ ...better, promoted: false, reason: 'too_few' }] },
      speech(language, 'UTC'),
    );
    assert.equal(thin.blocks.length, 1);
  }
});

test('the figures are a table whose columns stand under each other, and a drawn chart with the interval', () => {
  const summary = { ...better, target: 'summary', trainer: 'ollama', promoted: false } as const;
  const second = {
    ...summary,
    reason: 'worse',
    candidate: 0.4,
    serving: 0.5,
    difference: { mean: -0.1, low: -0.2, high: 0.01 },
  } as const;
  const untried = { target: 'anomaly', trainer: 'ollama', promoted: false, reason: 'too_few' } as const;
  for (const [language, head, row] of [
    [
      'en',
      'what     trainer   candidate  serving  difference (95 %)',
      'summary  ollama         0.40     0.50       −0.20 … 0.01',
    ],
    ['ko', '대상  방법      후보  지금   차이 (95 %)', '요약  ollama    0.40  0.50  −0.20 … 0.01'],
  ] as const) {
    const view = tuningView({ card, outcomes: [better, second, untried] }, speech(language, 'UTC'));
    const lines = view.blocks.find((block) => block.kind === 'lines');
    assert.ok(lines?.kind === 'lines');
    assert.deepEqual([lines.lines.length, lines.lines[0], lines.lines[2]], [3, head, row]);
    const found = view.blocks.find((block) => block.kind === 'chart');
    assert.ok(found?.kind === 'chart');
    const { labels, series } = found.chart;
    assert.deepEqual(labels?.length, 2);
    assert.deepEqual(series[0]?.values, [0, 0.5]);
    assert.deepEqual(series[1]?.values, [0.52, 0.4]);
    assert.deepEqual(series[1]?.intervals, [
      { low: 0.31, high: 0.7 },
      { low: 0.3, high: 0.51 },
    ]);
    const svg = chartSvg(found.chart, { language });
    assert.ok(svg.includes(language === 'ko' ? '알림' : 'alerts'));
    const whiskers = svg.match(/stroke="#24292f" stroke-width="1.5"/g)?.length;
    assert.equal(whiskers, 6, 'a line and two caps for each candidate');
  }
});

test('the status names what serves and the last nights', () => {
  const record: TuningRecord = { ...better, at: Date.UTC(2026, 10, 21), night: '2026-11-21', card };
  const view = tuningStatusView(
    [
      { target: 'alerts', records: [record] },
      { target: 'summary', records: [] },
    ],
    speech('en', 'UTC'),
  );
  const text = JSON.stringify(view.blocks);
  assert.match(text, /alerts \(kept quiet or told\): trained/);
  assert.match(text, /summary: untrained/);
});
