import type { Incident } from '../../domain/incident.ts';
import type { Block, Button, Message } from '../../domain/message.ts';
import type { Speech } from '../i18n/speech.ts';
import { cut } from '../text.ts';

/** Bounds of what one message shows of hostile or endless input, in UTF-16 units and pieces. */
const TITLE = 180;
const PROSE = 1_200;
const LINE = 400;
const LINES = 5;
const AFFECTED = 8;
const STORM_LIST = 25;

const HOUR_MS = 3_600_000;

export const oneLine = (text: string, limit = TITLE): string =>
  cut(text.replace(/\s+/g, ' ').trim(), limit) || '–';

/** The state in words, with who and when: `Acknowledged by Mina, 18:04 · muted until 19:00`. */
export function stateText(incident: Incident, speech: Speech, now: number): string {
  const { say } = speech;
  const last = incident.history.findLast((entry) => entry.what === incident.state);
  const state = say[`state.${incident.state}`];
  const said =
    last && incident.state !== 'open'
      ? say.stateBy(state, oneLine(last.who, 60), speech.time(last.at))
      : state;
  return isMuted(incident, now) ? `${said} · ${say.mutedUntil(speech.time(incident.mutedUntil!))}` : said;
}

/** Whether notifications are off at `now` (epoch ms). */
export const isMuted = (incident: Incident, now: number): boolean => (incident.mutedUntil ?? 0) > now;

function buttons(incident: Incident, speech: Speech, now: number): Button[] {
  const { say } = speech;
  const button = (
    name: 'why' | 'summarize' | 'acknowledge' | 'resolve' | 'mute' | 'unmute',
    style?: Button['style'],
    value?: string,
  ): Button => ({
    label: say[`button.${name}`],
    ...(style ? { style } : {}),
    action: { name, subject: incident.id, ...(value ? { value } : {}) },
  });
  if (incident.state === 'resolved') return [button('why'), button('summarize')];
  return [
    button('why', 'primary'),
    button('summarize'),
    ...(incident.state === 'open' ? [button('acknowledge')] : []),
    button('resolve'),
    isMuted(incident, now) ? button('unmute') : button('mute', undefined, String(HOUR_MS)),
  ];
}

/** The parent message of an incident's thread; it is edited in place for as long as the incident lives. */
export function incidentView(incident: Incident, speech: Speech, now: number): Message {
  const { say } = speech;
  const title = oneLine(incident.title);
  const service = oneLine(incident.service, 80);
  if (incident.cause) {
    const heading = say.folded(oneLine(incident.cause.service, 80), oneLine(incident.cause.title));
    return {
      summary: heading,
      tone: 'neutral',
      blocks: [
        { kind: 'heading', text: heading },
        { kind: 'text', text: say.incidentSummary(service, title) },
        { kind: 'footnote', text: say.foldedText(oneLine(incident.cause.service, 80)) },
      ],
    };
  }
  const others = incident.issues.filter((issue) => issue !== incident.title).slice(0, 5);
  const blocks: Block[] = [
    { kind: 'heading', text: say.incidentSummary(service, title) },
    {
      kind: 'fields',
      fields: [
        { label: say['field.state'], value: stateText(incident, speech, now) },
        {
          label: say['field.severity'],
          value: `${say[`status.${incident.anomalyStatus}`]} · ${incident.severity}/5 · ${say.confidence(Math.round(incident.confidence * 100))}`,
        },
        { label: say['field.since'], value: speech.time(incident.firstSeen) },
        { label: say['field.lastSeen'], value: speech.time(incident.lastSeen) },
        { label: say['field.count'], value: howOften(incident, speech) },
        ...(incident.affected.length > 0
          ? [{ label: say['field.affected'], value: affectedText(incident, speech) }]
          : []),
      ],
    },
  ];
  if (incident.explanation.trim())
    blocks.push({ kind: 'text', text: cut(incident.explanation.trim(), PROSE) });
  if (others.length > 0)
    blocks.push({
      kind: 'text',
      text: `${say['field.issues']}: ${others.map((issue) => oneLine(issue)).join(' · ')}`,
    });
  if (incident.sampleLines.length > 0)
    blocks.push({
      kind: 'lines',
      lines: incident.sampleLines.slice(0, LINES).map((line) => cut(line, LINE)),
    });
  if (incident.occurrence > 1)
    blocks.push({
      kind: 'footnote',
      text: [
        say.occurrence(incident.occurrence),
        ...(incident.previousAt !== undefined
          ? [say.previous(speech.time(incident.previousAt))]
          : incident.previousId
            ? [say.previous(incident.previousId)]
            : []),
      ].join(' · '),
    });
  blocks.push({ kind: 'buttons', buttons: buttons(incident, speech, now) });
  return {
    summary: say.incidentSummary(service, title),
    tone:
      incident.state === 'resolved' ? 'good' : incident.anomalyStatus === 'critical' ? 'critical' : 'warning',
    blocks,
  };
}

/** Lines where a detector counts them, and in how many reports they came; else how often it was reported. */
const howOften = ({ count, lines }: { count: number; lines?: number }, { say, number }: Speech): string =>
  lines === undefined ? say.times(count) : say.linesIn(lines, number(lines), count);

function affectedText(incident: Incident, speech: Speech): string {
  const { say } = speech;
  const sorted = [...incident.affected].sort((a, b) => b.count - a.count);
  const shown = sorted
    .slice(0, AFFECTED)
    .map((entry) => `${oneLine(entry.service, 60)} (${howOften(entry, speech)})`);
  if (sorted.length > AFFECTED) shown.push(say.moreServices(sorted.length - AFFECTED));
  return shown.join(', ');
}

/** The thread's title when it is opened. */
export const threadTitle = (incident: Incident): string =>
  oneLine(`${incident.service}: ${incident.title}`, 90);

/** What is said in the thread when a person acted: the entry `index` of the incident's history. */
export function actionView(incident: Incident, index: number, speech: Speech): Message | undefined {
  const entry = incident.history[index];
  if (!entry) return undefined;
  const { say } = speech;
  const who = oneLine(entry.who, 60);
  const text =
    entry.what === 'muted'
      ? say['did.muted'](who, speech.time(entry.until ?? incident.mutedUntil ?? entry.at))
      : say[`did.${entry.what}`](who);
  return {
    summary: text,
    tone: entry.what === 'resolved' ? 'good' : 'neutral',
    blocks: [{ kind: 'text', text: entry.note ? `${text}\n${cut(entry.note, PROSE)}` : text }],
  };
}

const line = (incident: Incident, speech: Speech): string =>
  speech.say.incidentLine(
    oneLine(incident.service, 60),
    oneLine(incident.title, 110),
    speech.say[`state.${incident.state}`],
    howOften(incident, speech),
    speech.time(incident.lastSeen),
  );

/** Open incidents, the worst first (`/logs incidents`). */
export function incidentsView(incidents: Incident[], speech: Speech): Message {
  const { say } = speech;
  const title = say.incidentsTitle(incidents.length);
  const sorted = [...incidents].sort((a, b) => b.severity - a.severity || b.lastSeen - a.lastSeen);
  const rows = sorted.slice(0, STORM_LIST).map((incident) => `• ${line(incident, speech)}`);
  if (sorted.length > STORM_LIST) rows.push(say.moreServices(sorted.length - STORM_LIST));
  return {
    summary: title,
    tone: incidents.length === 0 ? 'good' : 'warning',
    blocks: [
      { kind: 'heading', text: title },
      ...(rows.length > 0 ? [{ kind: 'text' as const, text: rows.join('\n') }] : []),
    ],
  };
}

/** One message for many incidents that a channel could not carry one by one. At most 25 are put into one. */
export function stormView(incidents: Incident[], speech: Speech): Message {
  const { say } = speech;
  const title = say.stormTitle(incidents.length);
  const sorted = [...incidents].sort((a, b) => b.severity - a.severity || a.firstSeen - b.firstSeen);
  return {
    summary: title,
    tone: sorted.some((incident) => incident.state !== 'resolved') ? 'critical' : 'good',
    blocks: [
      { kind: 'heading', text: title },
      { kind: 'text', text: say.stormText },
      { kind: 'text', text: sorted.map((incident) => `• ${line(incident, speech)}`).join('\n') },
    ],
  };
}
