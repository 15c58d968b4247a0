import type { LogBucket } from '../../backends/logs/store.ts';
import type { TimeWindow } from '../../domain/log/record.ts';
import type { Answer, Course } from '../../domain/question/answer.ts';
import type { Block, Button, Chart, Message } from '../../domain/question/message.ts';
import type { Speech } from '../../i18n/format.ts';
import { usd } from '../../i18n/numbers.ts';
import { cut } from '../chat/text.ts';
import { oneLine } from './incident.ts';

const PROSE = 2_400;
/** What stands above the facts of a summary. */
const LEAD = 900;
const CAUSES = 3;
const EVIDENCE = 8;
const LINE = 400;

/** Model, tokens, money and time of an answer in small print. */
function footnote(answer: Answer, { say, number }: Speech): string {
  const withModel = answer.model !== 'none';
  return [
    ...(withModel ? [oneLine(answer.model, 80)] : [say.footNoModel]),
    ...(withModel ? [say.footTokens(answer.tokens.prompt, answer.tokens.completion)] : []),
    ...(answer.usd > 0 ? [usd(answer.usd)] : []),
    say.footSeconds(number(answer.duration_ms / 1_000)),
    ...(answer.cached ? [say.footCached] : []),
  ].join(' · ');
}

const windowText = ({ from, to }: TimeWindow, { time }: Speech): string => `${time(from)} – ${time(to)}`;

/** A summary is its figures: what a model says of them, or the sentence that sums them up, stands above. */
function summaryText(answer: Answer, writing: string | undefined): string {
  const facts = answer.explanation.trim();
  const lead = cut((writing ?? answer.summary).trim(), LEAD);
  // A finished summary has its prose and that sentence in it, and all of the room.
  const above = lead && !facts.includes(lead) ? [lead] : [];
  return [...above, ...(facts ? [cut(facts, PROSE - (above[0]?.length ?? 0))] : [])].join('\n\n');
}

export interface AnswerOptions {
  kind: 'why' | 'summarize';
  /** The model's words so far: the answer is still being written and not checked. */
  writing?: string;
  /** Set while it is being made: which step runs. */
  step?: string;
  /** Set where it ended before it was whole: why, in place of who wrote it. */
  ending?: string;
  buttons?: Button[];
  /** The span of time that was looked at, where it is known. */
  window?: TimeWindow;
}

/** A verified answer, or its draft while the model writes. */
export function answerView(answer: Answer, speech: Speech, options: AnswerOptions): Message {
  const { say } = speech;
  const best = answer.causes[0];
  const verdict = say[`verdict.${answer.verdict}`];
  const headline =
    options.kind === 'summarize'
      ? say['answer.summary']
      : best
        ? say.answerSummary(verdict, oneLine(`${best.service}: ${best.cause}`))
        : answer.root_cause
          ? say.answerSummary(verdict, oneLine(answer.root_cause))
          : say['answer.none'];
  const window: Block[] = options.window
    ? [
        {
          kind: 'fields',
          fields: [
            {
              label: say['field.window'],
              value: windowText(options.window, speech),
            },
          ],
        },
      ]
    : [];
  const prose =
    options.kind === 'summarize'
      ? summaryText(answer, options.writing)
      : (options.writing ?? (answer.explanation || answer.summary));
  const blocks: Block[] = [{ kind: 'heading', text: headline }];
  // Figures mean nothing without their span of time.
  if (options.kind === 'summarize') blocks.push(...window);
  if (prose.trim()) blocks.push({ kind: 'text', text: cut(prose.trim(), PROSE) });
  if (options.kind === 'why' && answer.causes.length > 1)
    blocks.push({
      kind: 'text',
      text: [
        say['answer.causes'],
        ...answer.causes
          .slice(0, CAUSES)
          .map((cause, index) =>
            say.causeLine(
              index + 1,
              oneLine(cause.service, 80),
              oneLine(cause.cause),
              Math.round(cause.confidence * 100),
            ),
          ),
      ].join('\n'),
    });
  if (answer.evidence.length > 0) {
    blocks.push({ kind: 'text', text: say['answer.evidence'] });
    blocks.push({
      kind: 'lines',
      lines: answer.evidence
        .slice(0, EVIDENCE)
        .map((entry) => cut(entry.line, LINE) + (entry.count > 1 ? `  ${say.linesOf(entry.count)}` : '')),
    });
  }
  if (options.kind === 'why' && answer.solution.trim() && options.writing === undefined)
    blocks.push({ kind: 'text', text: `${say['answer.solution']}: ${cut(answer.solution.trim(), 800)}` });
  if (options.kind === 'summarize' && !options.step && answer.course && answer.course.buckets.length > 1)
    blocks.push({ kind: 'chart', chart: courseChart(answer.course, speech) });
  if (answer.ruled_out.length > 0)
    blocks.push({
      kind: 'text',
      text: `${say['answer.ruledOut']}: ${answer.ruled_out
        .slice(0, 5)
        .map((entry) => oneLine(entry))
        .join(' · ')}`,
    });
  blocks.push({
    kind: 'footnote',
    text:
      options.ending ??
      options.step ??
      (options.writing === undefined ? footnote(answer, speech) : say['answer.writing']),
  });
  if (options.window && options.kind === 'why')
    blocks.push({ kind: 'footnote', text: `${say['field.window']}: ${windowText(options.window, speech)}` });
  if (options.buttons?.length) blocks.push({ kind: 'buttons', buttons: options.buttons });
  return {
    summary: headline,
    tone:
      answer.anomaly_status === 'critical'
        ? 'critical'
        : answer.anomaly_status === 'warning'
          ? 'warning'
          : 'good',
    blocks,
  };
}

const courseChart = ({ buckets }: Course, speech: Speech): Chart =>
  errorChart(
    buckets.map((bucket) => ({ ...bucket, at: Date.parse(bucket.at) })),
    speech,
    {},
  );

/** Lines and errors per bucket as a chart; the title names the services. */
export function errorChart(
  buckets: LogBucket[],
  speech: Speech,
  options: { services?: string[]; foundAt?: number },
): Chart {
  const { say } = speech;
  const name = options.services?.length
    ? options.services.map((service) => oneLine(service, 40)).join(', ')
    : say['chart.all'];
  return {
    title: say['chart.title'](name),
    at: buckets.map((bucket) => bucket.at),
    series: [
      {
        name: say['chart.total'],
        kind: 'bar',
        tone: 'neutral',
        values: buckets.map((bucket) => bucket.total),
      },
      {
        name: say['chart.errors'],
        kind: 'bar',
        tone: 'critical',
        values: buckets.map((bucket) => bucket.errors),
      },
    ],
    ...(options.foundAt ? { mark: { at: options.foundAt, label: say['chart.found'] } } : {}),
  };
}

export function chartView(chart: Chart, speech: Speech, service: string): Message {
  return {
    summary: speech.say['chart.summary'](oneLine(service, 80)),
    tone: 'neutral',
    blocks: [{ kind: 'chart', chart }],
  };
}
