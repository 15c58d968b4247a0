import type {
  AffectedService,
  Incident,
  IncidentAction,
  IncidentState,
  SuppressionReason,
} from '../../domain/alert/incident.ts';
import { isMuted } from '../../domain/alert/mute.ts';
import { isOfAlertsOnly } from '../../domain/alert/outside-alert.ts';
import type { Target } from '../../domain/alert/route.ts';
import { wordingOf } from '../../domain/alert/wording.ts';
import { readable } from '../../domain/log/template.ts';
import { sparkline } from '../../domain/log/trend.ts';
import type { Block, Button, Field, Message } from '../../domain/question/message.ts';
import { HOUR } from '../../domain/time/units.ts';
import type { Speech } from '../../i18n/format.ts';
import { percent } from '../../i18n/numbers.ts';
import { cut } from '../chat/text.ts';
import { alertLinks, alertsText } from './card/alerts.ts';
import { firstStep } from './card/first-step.ts';
import { knownCause, NAMELESS, nameOf, noticedText, oneLine } from './card/headline.ts';
import { proofOf } from './card/proof.ts';

/** Bounds of what one message shows of hostile or endless input, in UTF-16 units and pieces. */
export const PROSE = 1_200;
/** Where no line proves it, the explanation is in view. */
const IN_VIEW = 400;
/** Services that are in view, and those in the details. */
const HURT = 5;
const AFFECTED = 20;
const ISSUES = 5;

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

/**
 * The parent message of an incident's thread; it is edited in place for as long as the incident lives. What one needs to
 * act stands above the buttons, in this order: what, since when, whom it hurts, what to do first, two lines that prove it.
 */
export function incidentView(
  incident: Incident,
  speech: Speech,
  now: number,
  /** Whom to notify, and where it would have been posted if rules were not in shadow. */
  told: { mention?: readonly string[]; shadow?: readonly Target[] } = {},
): Message {
  if (incident.correlation.cause) return mergedView(incident, incident.correlation.cause, speech);
  const { say } = speech;
  const heading = nameOf(incident, speech);
  const { shown, more } = proofOf(incident);
  const blocks: Block[] = [
    { kind: 'heading', text: heading },
    { kind: 'fields', fields: fieldsOf(incident, speech, now) },
  ];
  const reason = incident.suppression?.reason;
  if (reason) blocks.push({ kind: 'text', text: quietText(reason, speech) });
  const explanation = incident.explanation.trim();
  const details = detailsOf(incident, speech, shown.length > 0 ? explanation : '');
  if (shown.length > 0) blocks.push({ kind: 'lines', lines: shown });
  else if (explanation && !heading.endsWith(explanation))
    blocks.push({ kind: 'text', text: cut(explanation, IN_VIEW) });
  const shadow = told.shadow?.length ? [say.shadowOf(placesText(told.shadow, speech))] : [];
  blocks.push(
    { kind: 'buttons', buttons: buttons(incident, speech, now) },
    { kind: 'details', label: say['field.details'], text: details, lines: more },
    { kind: 'footnote', text: [...identityText(incident, speech), ...shadow].join(' · ') },
  );
  const open = incident.anomalyStatus === 'critical' ? 'critical' : 'warning';
  return {
    summary: heading,
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

/** What one needs to act. */
function fieldsOf(incident: Incident, speech: Speech, now: number): Field[] {
  const { say, time } = speech;
  const { activity, lifecycle } = incident;
  const cause = knownCause(incident);
  const noticed = nameOf({ service: incident.service, title: noticedText(incident) }, speech);
  const sure = cause?.verdict === 'confirmed';
  const trust =
    cause && (sure ? say['cause.confirmed'] : say['cause.likely'](Math.round(cause.confidence * 100)));
  const hurt = hurtText(incident, speech);
  const told = alertsText(incident, speech);
  const isNamed = (cause?.service ?? incident.service) !== NAMELESS;
  const isPlain = lifecycle.state === 'open' && stateText(incident, speech, now) === say['state.open'];
  return [
    ...(isPlain ? [] : [{ label: say['field.state'], value: stateText(incident, speech, now) }]),
    ...(lifecycle.owner ? [{ label: say['field.owner'], value: oneLine(lifecycle.owner, 60) }] : []),
    { label: say['field.since'], value: time(activity.firstSeen), at: activity.firstSeen },
    // Where no line tells of it there is no last one.
    ...(isOfAlertsOnly(incident)
      ? []
      : [{ label: say['field.lastLine'], value: time(activity.lastSeen), at: activity.lastSeen }]),
    ...(told ? [{ label: say['field.alerts'], value: told }] : []),
    ...(hurt ? [{ label: say['field.hurts'], value: hurt }] : []),
    ...(trust ? [{ label: say['field.cause'], value: trust }] : []),
    ...(trust && noticed !== nameOf(incident, speech)
      ? [{ label: say['field.noticed'], value: noticed }]
      : []),
    ...(isNamed ? [{ label: say['field.first'], value: firstStep(incident, speech) }] : []),
  ];
}

/** The services that suffer, its own first, and the share of its requests that fail. */
function hurtText(incident: Incident, { say, number }: Speech): string {
  const { correlation, requests, service } = incident;
  const names = [service, ...worstAffected(incident).map((entry) => entry.service)];
  const known = [...new Set(names)].filter((name) => name !== NAMELESS);
  const shown = known.slice(0, HURT).map((name) => oneLine(name, 60));
  const more = known.length - shown.length + (correlation.unlisted ? 1 : 0);
  const services = more > 0 ? say.servicesMore(shown.join(', '), more) : shown.join(', ');
  if (!requests || requests.total === 0 || requests.failed === 0) return services;
  const { failed, total } = requests;
  const share = percent(failed / total, failed / total < 0.1 ? 1 : 0);
  return `${services} · ${say.failingShare(share, number(failed), number(total), oneLine(service, 60))}`;
}

const worstAffected = ({ correlation }: Incident): AffectedService[] =>
  [...correlation.affected].sort((a, b) => b.count - a.count);

/** The issues that say something else than the title, and each of them once: counts alone make no other issue. */
function distinct(issues: readonly string[], title: string): string[] {
  const told = new Set([wordingOf(title)]);
  return issues.filter((issue) => {
    const wording = wordingOf(issue) || issue;
    return issue !== title && !told.has(wording) && told.add(wording);
  });
}

/** How severe, how often, what else was noticed: one fact on each line. */
function detailsOf(incident: Incident, speech: Speech, explanation: string): string {
  const { say } = speech;
  const { activity, lifecycle, issues, title, correlation } = incident;
  const severity = `${say[`status.${incident.anomalyStatus}`]} · ${incident.severity}/5`;
  const often = howOften(activity, speech);
  const shown = [lifecycle.state === 'resolved' ? often : say.soFar(often), sparkline(activity.trend)];
  const others = distinct(issues, title).slice(0, ISSUES);
  const facts: [label: string, value: string][] = [
    [say['field.severity'], `${severity} · ${say.confidence(Math.round(incident.confidence * 100))}`],
    [say['field.count'], shown.join(' ').trim()],
    ...(correlation.affected.length > 0
      ? [[say['field.affected'], affectedText(incident, speech)] as [string, string]]
      : []),
    ...(others.length > 0
      ? [
          [say['field.issues'], others.map((issue) => oneLine(readable(issue))).join(' · ')] as [
            string,
            string,
          ],
        ]
      : []),
  ];
  const rows = facts.map(([label, value]) => `${label}: ${value}`);
  return [...(explanation ? [cut(explanation, PROSE)] : []), ...rows, ...alertLinks(incident)].join('\n');
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
  const sorted = worstAffected(incident);
  const shown = sorted
    .slice(0, AFFECTED)
    .map((entry) => `${oneLine(entry.service, 60)} (${howOften(entry, speech)})`);
  // Services beyond the kept ones are only counted by anomalies: there is at least one more.
  const more = sorted.length - shown.length + (incident.correlation.unlisted ? 1 : 0);
  if (more > 0) shown.push(say.moreServices(more));
  return shown.join(', ');
}

/** The thread's title when it is opened. */
export const threadTitle = (incident: Incident, speech: Speech): string => cut(nameOf(incident, speech), 90);

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
