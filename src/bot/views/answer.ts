import type { LogBucket } from '../../backends/logs/store.ts';
import type { TimeWindow } from '../../domain/log/record.ts';
import type { Answer, Histogram } from '../../domain/question/answer.ts';
import type { Block, Button, Chart, Message } from '../../domain/question/message.ts';
import type { Speech } from '../../i18n/format.ts';
import { usd } from '../../i18n/numbers.ts';
import { cut } from '../chat/text.ts';
import { oneLine } from './card/headline.ts';

const PROSE = 2_400;
/** Characters of the text above the figures of a summary. */
const LEAD = 900;
const CAUSES = 3;
const EVIDENCE = 8;
const LINE = 400;
const SOLUTION = 800;
const RULED_OUT = 5;

/** Model, tokens, cost and time of an answer. */
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

/** The figures of a summary; above them the sentence that sums them up. */
function summaryText(answer: Answer, writing: string | undefined): string {
  const facts = (writing ?? answer.explanation).trim();
  const lead = cut(answer.summary.trim(), LEAD);
  // The facts may begin with that sentence already.
  const above = lead && !facts.includes(lead) ? [lead] : [];
  return [...above, ...(facts ? [cut(facts, PROSE - (above[0]?.length ?? 0))] : [])].join('\n\n');
}

export interface AnswerOptions {
  kind: 'why' | 'summarize';
  /** The sentences so far, while a model still chooses what else to say. */
  writing?: string;
  /** The step that runs, while the answer is being made. */
  step?: string;
  /** Why it ended before it was complete; shown in place of the name of the model. */
  ending?: string;
  buttons?: Button[];
  /** The span of time that it is about, where that is known. */
  window?: TimeWindow;
}

/** A verified answer, or its draft while the model writes. */
export function answerView(answer: Answer, speech: Speech, options: AnswerOptions): Message {
  const headline = headlineOf(answer, speech, options);
  const isWhy = options.kind === 'why';
  const window = options.window && windowText(options.window, speech);
  const label = speech.say['field.window'];
  const blocks: Block[] = [
    { kind: 'heading', text: headline },
    // Figures without their span of time would mean nothing.
    ...(window && !isWhy ? [{ kind: 'fields' as const, fields: [{ label, value: window }] }] : []),
    ...proseBlocks(answer, options),
    ...(isWhy ? causeBlocks(answer, speech) : []),
    ...evidenceBlocks(answer, speech),
    ...(isWhy ? solutionBlocks(answer, speech, options) : courseBlocks(answer, speech, options)),
    ...ruledOutBlocks(answer, speech),
    { kind: 'footnote', text: endingOf(answer, speech, options) },
    ...(window && isWhy ? [{ kind: 'footnote' as const, text: `${label}: ${window}` }] : []),
    ...(options.buttons?.length ? [{ kind: 'buttons' as const, buttons: options.buttons }] : []),
  ];
  const status = answer.anomaly_status;
  return { summary: headline, tone: status === 'critical' || status === 'warning' ? status : 'good', blocks };
}

function headlineOf(answer: Answer, { say }: Speech, { kind }: AnswerOptions): string {
  if (kind === 'summarize') return say['answer.summary'];
  const verdict = say[`verdict.${answer.verdict}`];
  const [best] = answer.causes;
  // The problem in a few words, where the answer has it; how many lines show it is said below.
  const problem = best && answer.detected_issues.find((issue) => issue.startsWith(`${best.service}: `));
  if (best) return say.answerSummary(verdict, oneLine(problem ?? `${best.service}: ${best.cause}`));
  return answer.root_cause ? say.answerSummary(verdict, oneLine(answer.root_cause)) : say['answer.none'];
}

function proseBlocks(answer: Answer, { kind, writing }: AnswerOptions): Block[] {
  const prose =
    kind === 'summarize' ? summaryText(answer, writing) : (writing ?? (answer.explanation || answer.summary));
  return prose.trim() ? [{ kind: 'text', text: cut(prose.trim(), PROSE) }] : [];
}

/** The ranked causes, where there is more than the one of the headline. */
function causeBlocks({ causes }: Answer, { say }: Speech): Block[] {
  if (causes.length < 2) return [];
  const rows = causes
    .slice(0, CAUSES)
    .map(({ service, cause, confidence }, index) =>
      say.causeLine(index + 1, oneLine(service, 80), oneLine(cause), Math.round(confidence * 100)),
    );
  return [{ kind: 'text', text: [say['answer.causes'], ...rows].join('\n') }];
}

function evidenceBlocks({ evidence }: Answer, { say }: Speech): Block[] {
  if (evidence.length === 0) return [];
  const lines = evidence
    .slice(0, EVIDENCE)
    .map(({ line, count }) => cut(line, LINE) + (count > 1 ? `  ${say.linesOf(count)}` : ''));
  return [
    { kind: 'text', text: say['answer.evidence'] },
    { kind: 'lines', lines },
  ];
}

function solutionBlocks({ solution }: Answer, { say }: Speech, { writing }: AnswerOptions): Block[] {
  if (!solution.trim() || writing !== undefined) return [];
  return [{ kind: 'text', text: `${say['answer.solution']}: ${cut(solution.trim(), SOLUTION)}` }];
}

function courseBlocks({ course }: Answer, speech: Speech, { step }: AnswerOptions): Block[] {
  return !step && course && course.buckets.length > 1
    ? [{ kind: 'chart', chart: courseChart(course, speech) }]
    : [];
}

function ruledOutBlocks({ ruled_out }: Answer, { say }: Speech): Block[] {
  if (ruled_out.length === 0) return [];
  const causes = ruled_out.slice(0, RULED_OUT).map((cause) => oneLine(cause));
  return [{ kind: 'text', text: `${say['answer.ruledOut']}: ${causes.join(' · ')}` }];
}

/** How far the answer is, or who made it. */
function endingOf(answer: Answer, speech: Speech, { ending, step, writing }: AnswerOptions): string {
  if (ending !== undefined || step !== undefined) return (ending ?? step)!;
  return writing === undefined ? footnote(answer, speech) : speech.say['answer.writing'];
}

const courseChart = ({ buckets }: Histogram, speech: Speech): Chart =>
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
