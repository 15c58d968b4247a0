import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chartPng, chartSvg } from '../../../src/bot/views/chart.ts';
import type { Chart } from '../../../src/domain/question/message.ts';
import { NOW } from '../fixtures.ts';

const chart: Chart = {
  title: '오류율 </script><img src=x onerror=alert(1)> \u0000\u001b\ud800',
  at: Array.from({ length: 30 }, (_, index) => NOW + index * 60_000),
  series: [
    { name: '전체 "줄"', kind: 'bar', tone: 'neutral', values: Array.from({ length: 30 }, () => 9) },
    { name: '오류', kind: 'line', tone: 'critical', values: Array.from({ length: 30 }, (_, index) => index) },
  ],
  mark: { at: NOW + 100_000, label: '이상 발견' },
};

test('a chart as SVG: escaped, in the zone, light and dark', () => {
  const svg = chartSvg(chart, { language: 'ko', timeZone: 'Asia/Seoul' });
  assert.match(svg, /^<svg /);
  assert.match(svg, /prefers-color-scheme:dark/);
  assert.match(svg, />18:00</);
  assert.match(svg, /이상 발견/);
  for (const harm of ['<script', '<img', '\u0000', '\u001b']) assert.ok(!svg.includes(harm));
  for (const empty of [
    { ...chart, at: [], series: [] },
    { ...chart, at: [NOW], series: [], mark: undefined },
  ])
    assert.match(chartSvg(empty, { language: 'en' }), /^<svg /);
});

test('a chart as PNG has its Korean text drawn', async () => {
  const options = { language: 'ko' as const };
  const bare: Chart = { title: '', at: [], series: [] };
  const [empty, korean] = await Promise.all([
    chartPng(bare, options),
    chartPng({ ...bare, title: '봉수 오류율' }, options),
  ]);
  assert.deepEqual([...korean.subarray(0, 4)], [0x89, 0x50, 0x4e, 0x47]);
  assert.equal(korean.readUInt32BE(16), 1_520);
  // Without a font for it the picture would be the empty one.
  assert.ok(korean.length > empty.length + 500, `${korean.length} against ${empty.length}`);
});
