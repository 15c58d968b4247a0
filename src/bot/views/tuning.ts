import type { FineTuneReport, TuningRecord } from '../../domain/job/job.ts';
import type { Block, Chart, Message } from '../../domain/question/message.ts';
import type { Speech } from '../../i18n/format.ts';
import { score } from '../../i18n/numbers.ts';
import { cut } from '../chat/text.ts';
import { sentence } from './replies.ts';

const ROWS = 12;
const DETAIL = 160;

const TRAINER = 20;

type Outcome = FineTuneReport['outcomes'][number];
type Scored = Outcome & Required<Pick<Outcome, 'candidate' | 'serving' | 'difference'>>;
const isScored = (outcome: Outcome): outcome is Scored =>
  outcome.candidate !== undefined && outcome.serving !== undefined && outcome.difference !== undefined;

/** The results of a training; one line where there was too little to learn from. */
export function tuningView({ outcomes, card }: FineTuneReport, speech: Speech): Message {
  const { say, number } = speech;
  if (outcomes.every(({ reason }) => reason === 'too_few'))
    return sentence(say['tune.reason.too_few'], 'neutral');
  const promoted = outcomes.filter((outcome) => outcome.promoted).length;
  const title = say.tuneTitle(promoted, outcomes.length);
  const texts = card.counts.anomaly.train + card.counts.sentiment.train + card.counts.summary.train;
  const { train, test } = card.counts.alerts;
  const scored = outcomes.filter(isScored);
  const blocks: Block[] = [
    { kind: 'heading', text: title },
    { kind: 'text', text: outcomes.map((outcome) => decisionOf(outcome, speech)).join('\n') },
  ];
  if (scored.length > 0)
    blocks.push(
      { kind: 'lines', lines: table(scored, speech) },
      { kind: 'chart', chart: scoreChart(scored, speech) },
    );
  blocks.push({
    kind: 'footnote',
    text: say.tuneData(card.version, number(train), number(test), number(texts)),
  });
  return { summary: title, tone: promoted > 0 ? 'good' : 'neutral', blocks };
}

/** The decision and its reason. */
function decisionOf({ target, trainer, reason, detail }: Outcome, { say }: Speech): string {
  const more = detail ? ` (${cut(detail, DETAIL)})` : '';
  return `• ${say[`tune.target.${target}`]} · ${trainer}: ${say[`tune.reason.${reason}`]}${more}`;
}

/** The decision with its scores, in one line. */
function rowOf(outcome: Outcome, speech: Speech): string {
  if (!isScored(outcome)) return decisionOf(outcome, speech);
  const { candidate, serving, difference } = outcome;
  const figures = [candidate, serving, difference.low, difference.high].map(score);
  return `${decisionOf(outcome, speech)} · ${speech.say.tuneScore(...(figures as [string, string, string, string]))}`;
}

const nameOf = (target: Outcome['target'], { say }: Speech): string =>
  target === 'alerts' ? say.tuneAlerts : say[`tune.target.${target}`];

/** Hangul and other wide letters take two columns of a monospaced box. */
const WIDE =
  /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe4f\uff00-\uff60\uffe0-\uffe6]/gu;
const columns = (text: string): number => text.length + (text.match(WIDE)?.length ?? 0);

/** The figures in columns, for a monospaced box: names to the left, numbers to the right. */
function table(scored: readonly Scored[], speech: Speech): string[] {
  const { say } = speech;
  const rows = [
    [say.tuneWhat, say.tuneTrainer, say.tuneCandidate, say.tuneServing, say.tuneDifference],
    ...scored.map(({ target, trainer, candidate, serving, difference }) => [
      nameOf(target, speech),
      cut(trainer, TRAINER),
      score(candidate),
      score(serving),
      `${score(difference.low)} … ${score(difference.high)}`,
    ]),
  ];
  const widths = rows[0]!.map((_, at) => Math.max(...rows.map((row) => columns(row[at]!))));
  return rows.map((row) =>
    row
      .map((text, at) => {
        const space = ' '.repeat(widths[at]! - columns(text));
        return at < 2 ? text + space : space + text;
      })
      .join('  ')
      .trimEnd(),
  );
}

/** A bar for the model in use and one for the candidate; the whisker is the candidate's 95 % interval. */
function scoreChart(scored: readonly Scored[], speech: Speech): Chart {
  const { say } = speech;
  const several = new Set(scored.map(({ trainer }) => trainer)).size > 1;
  return {
    title: say.tuneChart,
    at: [],
    labels: scored.map(
      ({ target, trainer }) => nameOf(target, speech) + (several ? ` · ${cut(trainer, TRAINER)}` : ''),
    ),
    series: [
      {
        name: say.tuneServing,
        kind: 'bar',
        tone: 'neutral',
        values: scored.map(({ serving }) => serving),
      },
      {
        name: say.tuneCandidate,
        kind: 'bar',
        tone: 'good',
        values: scored.map(({ candidate }) => candidate),
        intervals: scored.map(({ serving, difference: { low, high } }) => ({
          low: serving + low,
          high: serving + high,
        })),
      },
    ],
  };
}

/** `tune`: the model in use for each target, and the results of the latest trainings. */
export function tuningStatusView(
  shelves: readonly { target: TuningRecord['target']; records: readonly TuningRecord[] }[],
  speech: Speech,
): Message {
  const { say, time } = speech;
  const serving = shelves.map(({ target, records }) => {
    const record = records.find(({ promoted }) => promoted);
    const what = say[`tune.target.${target}`];
    return `• ${record ? say.tuneServes(what, time(record.at)) : say.tuneUntrained(what)}`;
  });
  const last = shelves
    .flatMap(({ records }) => records)
    .sort((a, b) => b.at - a.at)
    .slice(0, ROWS);
  const blocks: Block[] = [
    { kind: 'heading', text: say.tuneStatus },
    { kind: 'text', text: serving.join('\n') },
  ];
  if (last.length > 0)
    blocks.push(
      { kind: 'heading', text: say.tuneHistory },
      { kind: 'text', text: last.map((record) => `${time(record.at)} ${rowOf(record, speech)}`).join('\n') },
    );
  blocks.push({ kind: 'footnote', text: say.tuneHint });
  return { summary: say.tuneStatus, tone: 'neutral', blocks };
}
