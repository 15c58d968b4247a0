import type { DigestPeriod, DigestReport } from '../../domain/job/digest.ts';
import type { Block, Message } from '../../domain/question/message.ts';
import { plusDays } from '../../domain/time/calendar.ts';
import { DAY } from '../../domain/time/units.ts';
import type { Speech } from '../../i18n/format.ts';
import { percentChange, usd } from '../../i18n/numbers.ts';
import { cut } from '../chat/text.ts';
import { errorChart } from './answer.ts';
import { oneLine } from './card/headline.ts';
import { showButton } from './incident.ts';
import { sentence } from './replies.ts';

const TITLE = 160;
const LISTED = 5;
const MUTE_MS = DAY;
const LABEL = 40;

/** The days a digest is about, in words. */
export const periodText = ({ span, day }: DigestPeriod, { weekday }: Speech): string =>
  span === 'day' ? weekday(day) : `${weekday(day)} – ${weekday(plusDays(day, 6))}`;

/** A figure against the one before: `+12 %`. */
const change = (now: number, before: number, { say }: Speech): string =>
  before === 0 && now !== 0 ? say.digestNoBefore : percentChange(before === 0 ? 0 : (now - before) / before);

/** How much a training still lacks that had too little to learn from. */
function trainingText({ training }: DigestReport, { say, number }: Speech): string | undefined {
  if (!training) return undefined;
  const { train, trainAtLeast, test, testAtLeast } = training;
  return say.digestTraining(number(train), number(trainAtLeast), number(test), number(testAtLeast));
}

/** Incidents without a thread, each with a button that opens it. */
function listedBlocks(
  found: DigestReport['keptQuiet'],
  heading: (count: number) => string,
  speech: Speech,
): Block[] {
  if (!found) return [];
  const listed = found.listed.slice(0, LISTED);
  const rows = listed.map(
    ({ id, service, title, severity }) =>
      `• ${oneLine(service, 60)}: ${oneLine(title, TITLE)} (${severity}/5) #${id}`,
  );
  return [
    { kind: 'text', text: `${heading(found.count)}\n${rows.join('\n')}` },
    { kind: 'buttons', buttons: listed.map(({ id }) => showButton(id, speech)) },
  ];
}

/** Warnings, and the incidents that were kept quiet: people were told of neither, and can disagree. */
const untoldBlocks = ({ warnings, keptQuiet }: DigestReport, speech: Speech): Block[] => [
  ...listedBlocks(warnings, speech.say.digestWarnings, speech),
  ...listedBlocks(keptQuiet, speech.say.digestKeptQuiet, speech),
];

/** A team's digest; one line where nothing happened. The same report can be shown in any language and time zone. */
export function digestView(report: DigestReport, speech: Speech): Message {
  const { say, number, duration } = speech;
  const { incidents, logs } = report;
  const period = periodText(report, speech);
  const training = trainingText(report, speech);
  if (report.quiet) {
    const quiet = say.digestQuiet(period, number(logs.lines), number(logs.errors));
    const message = sentence(training ? `${quiet} ${training}.` : quiet, 'good');
    return { ...message, blocks: [...message.blocks, ...untoldBlocks(report, speech)] };
  }

  const { carried = 0 } = incidents;
  const title = say.digestTitle(period, report.team === 'all' ? '' : report.team);
  const told = [
    say.digestIncidents(incidents.opened, incidents.recurring, incidents.resolved, incidents.open, carried),
  ];
  if (incidents.acknowledgeMs !== undefined)
    told.push(say.digestAcknowledge(duration(incidents.acknowledgeMs)));
  if (incidents.resolveMs !== undefined) told.push(say.digestResolve(duration(incidents.resolveMs)));
  const lines = say.digestLines(
    number(logs.lines),
    change(logs.lines, logs.before.lines, speech),
    number(logs.errors),
    change(logs.errors, logs.before.errors, speech),
  );
  const blocks: Block[] = [
    { kind: 'heading', text: title },
    { kind: 'text', text: `${told.join(' ')}\n${lines}` },
  ];

  if (incidents.top.length > 0) {
    const rows = incidents.top.slice(0, LISTED).map((incident) => {
      const state = incident.resolved ? say['state.resolved'] : say['state.open'];
      const again = incident.occurrence > 1 ? `, ${say.digestCameBack(incident.occurrence)}` : '';
      return `• ${oneLine(incident.service, 60)}: ${oneLine(incident.title, TITLE)} (${state}${again})`;
    });
    blocks.push({ kind: 'text', text: `${say.digestTop}\n${rows.join('\n')}` });
  }
  if (report.noisiest.length > 0) {
    const rows = report.noisiest.map(
      ({ service, title: what, alerts }) =>
        `• ${oneLine(service, 60)}: ${oneLine(what, TITLE)} (${say.digestAlerts(number(alerts))})`,
    );
    blocks.push({ kind: 'text', text: `${say.digestNoisy}\n${rows.join('\n')}` });
    blocks.push({
      kind: 'buttons',
      buttons: report.noisiest.map(({ incidentId, service, title: what }) => ({
        label: say['button.muteThis'](cut(oneLine(`${service}: ${what}`, LABEL), LABEL)),
        // Mutes the kind of problem: its latest incident may have ended, but the next one would notify people again.
        action: { name: 'mute', subject: incidentId, value: `${MUTE_MS}:template` },
      })),
    });
  }
  blocks.push(...untoldBlocks(report, speech));
  blocks.push({ kind: 'text', text: say.digestNew(logs.newTemplateCount) });
  if (logs.newTemplates.length > 0)
    blocks.push({
      kind: 'lines',
      lines: logs.newTemplates.map(({ pattern, count }) => `${number(count)} × ${cut(pattern, TITLE)}`),
    });
  if (logs.series.some(({ total }) => total > 0)) {
    const chart = errorChart(logs.series, speech, {});
    blocks.push({ kind: 'chart', chart: { ...chart, title: say.digestChart } });
  }
  const small = [say.digestJobs(report.jobs.done, report.jobs.failed, report.jobs.waiting)];
  if (report.cost)
    small.push(
      say.digestCost(usd(report.cost.usd, 2), number(report.cost.tokens), number(report.cost.answers)),
    );
  if (report.models.length > 0)
    small.push(
      say.digestModels(
        report.models.map(({ name, ok }) => `${ok ? '✓' : '–'} ${oneLine(name, 60)}`).join(', '),
      ),
    );
  if (training) small.push(training);
  blocks.push({ kind: 'footnote', text: small.join(' · ') });
  const critical = incidents.top.some(({ status }) => status === 'critical');
  return { summary: `${title}: ${told[0]}`, tone: critical ? 'warning' : 'neutral', blocks };
}
