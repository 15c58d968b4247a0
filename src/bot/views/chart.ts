import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { renderAsync } from '@resvg/resvg-js';
import { BarChart, CustomChart, type CustomSeriesOption, LineChart } from 'echarts/charts';
import { GridComponent, LegendComponent, MarkLineComponent, TitleComponent } from 'echarts/components';
import { init, use } from 'echarts/core';
import { SVGRenderer } from 'echarts/renderers';
import type { Chart, ChartSeries } from '../../domain/question/message.ts';
import type { Language } from '../../domain/question/question.ts';
import { visible } from '../../domain/text/visible.ts';
import { axisFormat } from '../../i18n/dates.ts';

use([
  BarChart,
  CustomChart,
  LineChart,
  GridComponent,
  LegendComponent,
  MarkLineComponent,
  TitleComponent,
  SVGRenderer,
]);

const WIDTH = 760;
const HEIGHT = 300;
// No quotes: the renderer does not escape them inside the attribute.
const FONT = 'Pretendard, Apple SD Gothic Neo, Malgun Gothic, Noto Sans KR, system-ui, sans-serif';

/** Each colour with its counterpart on a dark page. All differ, so that one can be replaced by the other. */
const COLOURS = {
  ground: ['#fdfdfc', '#17191e'],
  text: ['#24292f', '#e6e8eb'],
  faint: ['#667080', '#98a1ae'],
  grid: ['#e5e7ea', '#2b2f37'],
  critical: ['#d1322d', '#f2635c'],
  neutral: ['#a9b4c4', '#5b6779'],
  good: ['#2f8f5b', '#57c08a'],
  mark: ['#b26a00', '#f0b357'],
} as const;
const light = (name: keyof typeof COLOURS): string => COLOURS[name][0];

export interface ChartOptions {
  language: Language;
  /** IANA zone of the times on the axis; UTC when absent. */
  timeZone?: string;
}

/** Titles and names may contain log text: cut, and without characters that XML cannot hold. */
const label = (text: string, limit: number): string => {
  const clean = visible(text.replace(/\s+/g, ' ')).replace(/[\ufffe\uffff]/g, '\ufffd');
  const points = [...clean];
  return points.length > limit ? `${points.slice(0, limit - 1).join('')}…` : clean;
};

/** Bars that stand side by side: how wide and how far apart. Whiskers are placed by the same figures. */
const GROUP = { barGap: '20%', barMaxWidth: 56 };
const CAP = 7;

/** A line from the low to the high end of each interval of a series, with caps, over the middle of its bar. */
function whiskers({ intervals = [] }: ChartSeries, position: number, count: number): CustomSeriesOption {
  return {
    type: 'custom',
    silent: true,
    z: 4,
    data: intervals.map(({ low, high }, index) => [index, low, high]),
    // So that the axis reaches to their ends.
    encode: { x: 0, y: [1, 2] },
    renderItem: (_params, api) => {
      const layout = api.barLayout({ ...GROUP, count });
      const [low, high] = [1, 2].map((end) => api.coord([api.value(0), api.value(end)]));
      const x = low![0]! + (layout?.[position]?.offsetCenter ?? 0);
      const line = (x1: number, y1: number, x2: number, y2: number) => ({
        type: 'line' as const,
        shape: { x1, y1, x2, y2 },
        style: { stroke: light('text'), lineWidth: 1.5 },
      });
      return {
        type: 'group',
        children: [
          line(x, low![1]!, x, high![1]!),
          ...[low, high].map((end) => line(x - CAP, end![1]!, x + CAP, end![1]!)),
        ],
      };
    },
  };
}

function draw(chart: Chart, options: ChartOptions): string {
  const picture = init(null, null, { renderer: 'svg', ssr: true, width: WIDTH, height: HEIGHT });
  try {
    picture.setOption({
      animation: false,
      backgroundColor: light('ground'),
      textStyle: { fontFamily: FONT, color: light('text') },
      title: {
        text: label(chart.title, 60),
        left: 16,
        top: 12,
        textStyle: { fontFamily: FONT, fontSize: 15, fontWeight: 600, color: light('text') },
      },
      legend: {
        right: 16,
        top: 14,
        icon: 'roundRect',
        itemWidth: 10,
        itemHeight: 10,
        textStyle: { fontFamily: FONT, fontSize: 12, color: light('faint') },
        data: chart.series.map((series) => label(series.name, 30)),
      },
      grid: {
        left: 16,
        right: 24,
        top: 62,
        bottom: 14,
        outerBoundsMode: 'same',
        outerBoundsContain: 'axisLabel',
      },
      ...axes(chart, options),
      series: chart.series.flatMap((_, index) => seriesAt(chart, index)),
    });
    return picture.renderToSVGString();
  } finally {
    picture.dispose();
  }
}

/** Times below, or names where the chart has them; figures at the side. */
function axes(chart: Chart, { language, timeZone = 'UTC' }: ChartOptions) {
  const span = (chart.at.at(-1) ?? 0) - (chart.at[0] ?? 0);
  const clock = axisFormat(span, language, timeZone);
  const axisLabel = { fontFamily: FONT, fontSize: 11, color: light('faint') };
  return {
    xAxis: {
      type: 'category' as const,
      data: chart.labels?.map((name) => label(name, 24)) ?? chart.at.map(clock),
      axisTick: { show: false },
      axisLine: { lineStyle: { color: light('grid') } },
      axisLabel: { ...axisLabel, hideOverlap: true },
    },
    yAxis: {
      type: 'value' as const,
      ...(chart.labels ? {} : { minInterval: 1 }),
      axisLabel,
      splitLine: { lineStyle: { color: light('grid') } },
    },
  };
}

/** One series of the chart, with its intervals; the mark is drawn with the first. */
function seriesAt(chart: Chart, index: number) {
  const series = chart.series[index]!;
  const drawn = {
    name: label(series.name, 30),
    type: series.kind,
    data: series.values,
    color: light(series.tone),
    ...(chart.labels ? GROUP : { barMaxWidth: 18, barGap: '-100%' }),
    symbol: 'none',
    lineStyle: { width: 2 },
    z: series.tone === 'critical' ? 3 : 2,
    ...(index === 0 ? markOf(chart) : {}),
  };
  return [drawn, ...(series.intervals ? [whiskers(series, index, chart.series.length)] : [])];
}

/** A line in the bucket that the mark falls into: the last one that starts before it. */
function markOf({ at, mark }: Chart) {
  const marked = mark ? at.findLastIndex((start) => start <= mark.at) : -1;
  if (!mark || marked < 0) return {};
  return {
    markLine: {
      silent: true,
      symbol: 'none',
      lineStyle: { color: light('mark'), type: 'dashed' as const, width: 1.5 },
      label: {
        formatter: () => label(mark.label, 40),
        position: 'end' as const,
        distance: 4,
        fontFamily: FONT,
        fontSize: 11,
        color: light('mark'),
      },
      data: [{ xAxis: marked }],
    },
  };
}

/**
 * A chart as an SVG document of 760 × 300 px. Pages in dark colours get dark colours: the document carries a style
 * sheet for `prefers-color-scheme`, which browsers also apply inside an `<img>`.
 */
export function chartSvg(chart: Chart, options: ChartOptions): string {
  const rules = Object.values(COLOURS)
    .map(([day, night]) => `[fill="${day}"]{fill:${night}}[stroke="${day}"]{stroke:${night}}`)
    .join('');
  return draw(chart, options).replace(
    /^(<svg[^>]*>)/,
    `$1<style>@media (prefers-color-scheme:dark){${rules}}</style>`,
  );
}

const fonts = dirname(createRequire(import.meta.url).resolve('pretendard/package.json'));
// Without a font file the renderer leaves Korean text blank and says nothing.
const fontFiles = ['Regular', 'SemiBold'].map((weight) =>
  join(fonts, 'dist', 'public', 'static', `Pretendard-${weight}.otf`),
);

/** The chart as a PNG of twice the size, on a light ground that dark chat themes can bear. Runs off the main thread. */
export async function chartPng(chart: Chart, options: ChartOptions): Promise<Buffer> {
  const image = await renderAsync(draw(chart, options), {
    fitTo: { mode: 'zoom', value: 2 },
    font: {
      loadSystemFonts: false,
      fontFiles,
      defaultFontFamily: 'Pretendard',
      sansSerifFamily: 'Pretendard',
    },
  });
  return image.asPng();
}
