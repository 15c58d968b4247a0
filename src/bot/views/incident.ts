import type {
  Incident,
  IncidentAction,
  IncidentState,
  SuppressionReason,
} from '../../domain/alert/incident.ts';
import { isMuted } from '../../domain/alert/mute.ts';
import type { Target } from '../../domain/alert/route.ts';
import { sparkline } from '../../domain/log/trend.ts';
import type { Block, Button, Message } from '../../domain/question/message.ts';
import { HOUR } from '../../domain/time/units.ts';
import type { Speech } from '../../i18n/format.ts';
import { cut } from '../chat/text.ts';

/** Bounds of what one message shows of hostile or endless input, in UTF-16 units and pieces. */
const TITLE = 180;
export const PROSE = 1_200;
const LINE = 400;
const LINES = 5;
const AFFECTED = 20;
const ISSUES = 5;

export const oneLine = (text: string, limit = TITLE): string =>
  cut(text.replace(/\s+/g, ' ').trim(), limit) || '–';

/** `service: title` on one line. */
export const nameOf = (incident: Pick<Incident, 'service' | 'title'>, { say }: Speech): string =>
  say.incidentSummary(oneLine(incident.service, 80), oneLine(incident.title));

/** The state in words, with who and when: `Acknowledged by Mina, 18:04 · muted until 19:00 · flapping, 3rd time`. */
function stateText(incident: Incident, speech: Speech, now: number): string {
  const { say } = speech;
  const parts: string[] = [];
  const last = incident.lifecycle.history.findLast(
    (entry) => STATE_OF[entry.what] === incident.lifecycle.state,
  );
  if (!last || incident.lifecycle.state === 'open') parts.push(say[`state.${incident.lifecycle.state}`]);
  else if (last.what === 'recovered') parts.push(`${say['state.recovered']}, ${speech.time(last.at)}`);
  else
    parts.push(
      say.stateBy(say[`state.${incident.lifecycle.state}`], oneLine(last.who, 60), speech.time(last.at)),
    );
  if (isMuted(incident, now)) parts.push(say.mutedUntil(speech.time(incident.mute!.until)));
  if (incident.lifecycle.flaps) parts.push(say.flapping(incident.lifecycle.flaps + 1));
  if (incident.feedback.verdict) parts.push(say[`said.${incident.feedback.verdict}`]);
  return parts.join(' · ');
}

/** The state that an entry of the history led to. */
const STATE_OF: Partial<Record<IncidentAction, IncidentState>> = {
  acknowledged: 'acknowledged',
  assigned: 'acknowledged',
  resolved: 'resolved',
  recovered: 'resolved',
  false_alarm: 'resolved',
};

type Offered = Exclude<
  Button['action']['name'],
  'stop' | 'retry' | 'merge' | 'show' | 'job-stop' | 'job-retry' | 'job-drop'
>;

/** A button that acts on an incident. */
export const incidentButton = (
  incident: Incident,
  { say }: Speech,
  name: Offered,
  style?: Button['style'],
  value?: string,
): Button => ({
  label: say[`button.${name}`],
  ...(style ? { style } : {}),
  action: { name, subject: incident.id, ...(value ? { value } : {}) },
});

/** A button that opens the page of an incident. */
export const showButton = (id: string, { say }: Speech): Button => ({
  label: say.showOne(id),
  action: { name: 'show', subject: id },
});

/** Opens the page of the earlier incident, where there is one. */
export const previousButton = ({ identity: { occurrence, previous } }: Incident, speech: Speech): Button[] =>
  occurrence > 1 && previous ? [showButton(previous.id, speech)] : [];

function buttons(incident: Incident, speech: Speech, now: number): Button[] {
  const button = (name: Offered, style?: Button['style'], value?: string): Button =>
    incidentButton(incident, speech, name, style, value);
  if (incident.lifecycle.state === 'resolved')
    return [
      button('why'),
      button('summarize'),
      button('reopen'),
      ...(incident.feedback.verdict ? [] : [button('false_alarm'), button('real')]),
      ...previousButton(incident, speech),
    ];
  return [
    button('why', 'primary'),
    button('summarize'),
    ...(incident.lifecycle.state === 'open' ? [button('acknowledge')] : []),
    button('resolve'),
    isMuted(incident, now) ? button('unmute') : button('mute', undefined, String(HOUR)),
    ...(incident.lifecycle.owner ? [] : [button('take')]),
    ...(incident.feedback.verdict ? [] : [button('false_alarm')]),
    ...(incident.suppression ? [button('real')] : []),
    ...previousButton(incident, speech),
    button('more'),
  ];
}

/** The parent message of an incident's thread; it is edited in place for as long as the incident lives. */
export function incidentView(
  incident: Incident,
  speech: Speech,
  now: number,
  /** Whom to notify, and where it would have been posted if rules were not in shadow. */
  told: { mention?: readonly string[]; shadow?: readonly Target[] } = {},
): Message {
  if (incident.correlation.cause) return mergedView(incident, incident.correlation.cause, speech);
  const { say } = speech;
  const { suppression, explanation, issues, sampleLines } = incident;
  const others = issues.filter((issue) => issue !== incident.title).slice(0, ISSUES);
  const blocks: Block[] = [
    { kind: 'heading', text: nameOf(incident, speech) },
    { kind: 'fields', fields: fieldsOf(incident, speech, now) },
  ];
  const reason = suppression?.reason;
  if (reason) blocks.push({ kind: 'text', text: quietText(reason, speech) });
  if (explanation.trim()) blocks.push({ kind: 'text', text: cut(explanation.trim(), PROSE) });
  if (others.length > 0) {
    const text = `${say['field.issues']}: ${others.map((issue) => oneLine(issue)).join(' · ')}`;
    blocks.push({ kind: 'text', text });
  }
  if (sampleLines.length > 0)
    blocks.push({ kind: 'lines', lines: sampleLines.slice(0, LINES).map((line) => cut(line, LINE)) });
  const shadow = told.shadow?.length ? [say.shadowOf(placesText(told.shadow, speech))] : [];
  blocks.push(
    { kind: 'footnote', text: [...identityText(incident, speech), ...shadow].join(' · ') },
    { kind: 'buttons', buttons: buttons(incident, speech, now) },
  );
  const open = incident.anomalyStatus === 'critical' ? 'critical' : 'warning';
  return {
    summary: nameOf(incident, speech),
    ...(told.mention?.length ? { mentions: [...told.mention] } : {}),
    tone: incident.lifecycle.state === 'resolved' ? 'good' : open,
    blocks,
  };
}

/** What the message of an incident becomes that was merged into its cause. */
function mergedView(incident: Incident, cause: { service: string; title: string }, speech: Speech): Message {
  const { say } = speech;
  const service = oneLine(cause.service, 80);
  const heading = say.folded(service, oneLine(cause.title));
  return {
    summary: heading,
    tone: 'neutral',
    blocks: [
      { kind: 'heading', text: heading },
      { kind: 'text', text: nameOf(incident, speech) },
      { kind: 'footnote', text: say.foldedText(service) },
    ],
  };
}

function fieldsOf(incident: Incident, speech: Speech, now: number): { label: string; value: string }[] {
  const { say, time } = speech;
  const { activity, lifecycle, correlation } = incident;
  const severity = `${say[`status.${incident.anomalyStatus}`]} · ${incident.severity}/5`;
  const confidence = say.confidence(Math.round(incident.confidence * 100));
  const often = [howOften(activity, speech), sparkline(activity.trend)].join(' ').trim();
  return [
    { label: say['field.state'], value: stateText(incident, speech, now) },
    { label: say['field.severity'], value: `${severity} · ${confidence}` },
    { label: say['field.since'], value: time(activity.firstSeen) },
    { label: say['field.lastSeen'], value: time(activity.lastSeen) },
    { label: say['field.count'], value: often },
    ...(lifecycle.owner ? [{ label: say['field.owner'], value: oneLine(lifecycle.owner, 60) }] : []),
    ...(correlation.affected.length > 0
      ? [{ label: say['field.affected'], value: affectedText(incident, speech) }]
      : []),
  ];
}

/** The ID, how often the problem came back, and the incident before this one. */
function identityText({ id, identity }: Incident, { say, time }: Speech): string[] {
  const { occurrence, previous } = identity;
  if (occurrence <= 1) return [`#${id}`];
  return [
    `#${id}`,
    say.occurrence(occurrence),
    ...(previous?.at === undefined ? [] : [say.previous(time(previous.at))]),
    ...(previous?.id ? [`#${previous.id}`] : []),
  ];
}

/** A parent message in place of one that was removed: it says so, and leads to the incident. */
export function repostedView(message: Message, incidentId: string | undefined, speech: Speech): Message {
  const footnote: Block = { kind: 'footnote', text: speech.say.again };
  const show: Block[] = incidentId ? [{ kind: 'buttons', buttons: [showButton(incidentId, speech)] }] : [];
  return { ...message, blocks: [footnote, ...message.blocks, ...show] };
}

/** Why nobody was notified, in numbers, and how to undo that. */
const quietText = (
  { likeness, rejected, needed, real, chance }: SuppressionReason,
  { say }: Speech,
): string => say.quietReason(say[`quiet.${likeness}`], rejected, needed, real, Math.round(chance * 100));

/** How many lines, if the detector counts them, and how many reports; else only how many reports. */
export const howOften = (
  { count, lines }: { count: number; lines?: number },
  { say, number }: Speech,
): string => (lines === undefined ? say.times(count) : say.linesIn(lines, number(lines), count));

function affectedText(incident: Incident, speech: Speech): string {
  const { say } = speech;
  const sorted = [...incident.correlation.affected].sort((a, b) => b.count - a.count);
  const shown = sorted
    .slice(0, AFFECTED)
    .map((entry) => `${oneLine(entry.service, 60)} (${howOften(entry, speech)})`);
  // Services beyond the kept ones are only counted by anomalies: there is at least one more.
  const more = sorted.length - shown.length + (incident.correlation.unlisted ? 1 : 0);
  if (more > 0) shown.push(say.moreServices(more));
  return shown.join(', ');
}

/** The thread's title when it is opened. */
export const threadTitle = (incident: Incident): string =>
  oneLine(`${incident.service}: ${incident.title}`, 90);

const PLACES = 10;

/** Channels and who is notified there: `slack C0123 (calling user:U1)`; at most ten. */
export const placesText = (targets: readonly Target[], { say }: Speech): string =>
  targets
    .slice(0, PLACES)
    .map(({ chat, channel, mention }) => {
      const calls = mention?.length ? ` (${say.calling(oneLine(mention.join(', '), 100))})` : '';
      return `${chat} ${oneLine(channel, 40)}${calls}`;
    })
    .join(', ');
