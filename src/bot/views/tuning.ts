import type { FineTuneReport } from '../../domain/job.ts';
import type { Block, Message } from '../../domain/message.ts';
import type { TuningRecord } from '../../domain/tuning.ts';
import type { Speech } from '../i18n/speech.ts';
import { cut } from '../text.ts';
import { sentence } from './replies.ts';

const ROWS = 12;
const DETAIL = 160;

type Outcome = FineTuneReport['outcomes'][number];

/** What a night's training came to; one line where there was too little to learn from. */
export function tuningView({ outcomes, card }: FineTuneReport, speech: Speech): Message {
  const { say, number } = speech;
  if (outcomes.every(({ reason }) => reason === 'too_few'))
    return sentence(say['tune.reason.too_few'], 'neutral');
  const promoted = outcomes.filter((outcome) => outcome.promoted).length;
  const title = say.tuneTitle(promoted, outcomes.length);
  const texts = card.counts.anomaly.train + card.counts.sentiment.train + card.counts.summary.train;
  const { train, test } = card.counts.alerts;
  const scored = outcomes.filter(
    ({ candidate, serving }) => candidate !== undefined && serving !== undefined,
  );
  const blocks: Block[] = [
    { kind: 'heading', text: title },
    { kind: 'text', text: outcomes.map((outcome) => rowOf(outcome, speech)).join('\n') },
    { kind: 'footnote', text: say.tuneData(card.version, number(train), number(test), number(texts)) },
  ];
  if (scored.length > 0) blocks.push({ kind: 'text', text: bars(scored, speech) });
  return { summary: title, tone: promoted > 0 ? 'good' : 'neutral', blocks };
}

function rowOf(outcome: Outcome, { say }: Speech): string {
  const { target, trainer, reason, candidate, serving, difference, detail } = outcome;
  const score =
    candidate === undefined || serving === undefined || !difference
      ? ''
      : ` · ${say.tuneScore(share(candidate), share(serving), share(difference.low), share(difference.high))}`;
  const more = detail ? ` (${cut(detail, DETAIL)})` : '';
  return `• ${say[`tune.target.${target}`]} · ${trainer}: ${say[`tune.reason.${reason}`]}${score}${more}`;
}

const share = (value: number): string => value.toFixed(2).replace('-', '−');

const WIDTH = 20;
/** A picture that every chat shows: a bar for each candidate and one for what serves. */
function bars(outcomes: readonly Outcome[], { say }: Speech): string {
  const bar = (value: number): string =>
    '█'.repeat(Math.round(Math.max(0, Math.min(1, value)) * WIDTH)) || '▏';
  const rows = outcomes.flatMap(({ target, candidate, serving }) => [
    `${bar(candidate!)} ${share(candidate!)} ${say[`tune.target.${target}`]}, ${say.tuneCandidate}`,
    `${bar(serving!)} ${share(serving!)} ${say[`tune.target.${target}`]}, ${say.tuneServing}`,
  ]);
  return `${say.tuneChart}\n${rows.join('\n')}`;
}

/** `tune`: what serves for each target, and what the last nights came to. */
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
