import type { Incident } from '../../domain/alert/incident.ts';
import { isMuted, type Mute } from '../../domain/alert/mute.ts';
import type { Target } from '../../domain/alert/route.ts';
import type { AuditEntry } from '../../domain/audit.ts';
import type { Button, Message } from '../../domain/question/message.ts';
import type { Speech } from '../../i18n/format.ts';
import { cut } from '../chat/text.ts';
import { entryText } from './action.ts';
import { knownCause, nameOf, oneLine, titleText } from './card/headline.ts';
import {
  howOften,
  incidentButton,
  incidentView,
  placesText,
  previousButton,
  showButton,
} from './incident.ts';

/** Rows of a list; a list of longer rows shows fewer. */
const SHOWN = 25;
const LONG_ROWS = 15;
/** Buttons of a list: they open the worst incidents. */
const BUTTONS = 5;
const HISTORY = 20;

const worstFirst = (a: Incident, b: Incident): number =>
  b.severity - a.severity || b.activity.lastSeen - a.activity.lastSeen;

/** Which other systems alert about it, in a row of a list. */
function sourcesText({ alerts }: Incident): string {
  const firing = alerts?.list.filter(({ until }) => until === undefined) ?? [];
  const sources = [...new Set(firing.map(({ source }) => oneLine(source, 60)))];
  return sources.length > 0 ? ` · ${sources.slice(0, 3).join(', ')}` : '';
}

const line = (incident: Incident, speech: Speech): string =>
  `${speech.say.incidentLine(
    oneLine(knownCause(incident)?.service ?? incident.service, 60),
    oneLine(titleText(incident, speech), 110),
    [
      speech.say[`state.${incident.lifecycle.state}`],
      ...(incident.lifecycle.owner ? [oneLine(incident.lifecycle.owner, 60)] : []),
    ].join(' · '),
    howOften(incident.activity, speech),
    speech.time(incident.activity.lastSeen),
  )} #${incident.id}${sourcesText(incident)}`;

interface List<T> {
  title: string;
  all: readonly T[];
  /** An entry on one line. */
  row: (entry: T, index: number) => string;
  tone?: Message['tone'];
  buttons?: Button[];
  /** How many entries are shown. */
  shown?: number;
}

/** A heading, one row for each of the first entries, and buttons. */
function list<T>(
  { title, all, row, tone = 'neutral', buttons = [], shown = LONG_ROWS }: List<T>,
  { say }: Speech,
): Message {
  const rows = all.slice(0, shown).map(row);
  if (all.length > shown) rows.push(say.moreServices(all.length - shown));
  return {
    summary: title,
    tone,
    blocks: [
      { kind: 'heading', text: title },
      ...(rows.length > 0 ? [{ kind: 'text' as const, text: rows.join('\n') }] : []),
      ...(buttons.length > 0 ? [{ kind: 'buttons' as const, buttons }] : []),
    ],
  };
}

const showButtons = (incidents: readonly Incident[], speech: Speech, most = BUTTONS): Button[] =>
  incidents.slice(0, most).map(({ id }) => showButton(id, speech));

/**
 * Incidents, the worst first (`/logs incidents`).
 * @param filtered whether the person asked for others than the open ones
 */
export function incidentsView(incidents: Incident[], speech: Speech, filtered = false): Message {
  const { say } = speech;
  const title = filtered ? say.incidentsFound(incidents.length) : say.incidentsTitle(incidents.length);
  const sorted = [...incidents].sort(worstFirst);
  const anyOpen = incidents.some(({ lifecycle: { state } }) => state !== 'resolved');
  return list(
    {
      title,
      all: sorted,
      row: (incident) => `• ${line(incident, speech)}`,
      tone: anyOpen ? 'warning' : 'good',
      buttons: showButtons(sorted, speech),
      shown: SHOWN,
    },
    speech,
  );
}

/** The page of one incident: its parent message as it is now, and what happened to it. */
export function pageView(
  incident: Incident,
  speech: Speech,
  now: number,
  shadow: readonly Target[],
): Message {
  const view = incidentView(incident, speech, now, { shadow });
  const rows = incident.lifecycle.history
    .slice(-HISTORY)
    .map(
      (entry) =>
        `• ${speech.time(entry.at)} ${entryText(incident, entry, speech)}${entry.note ? ` (${oneLine(entry.note)})` : ''}`,
    );
  const at = view.blocks.findIndex((block) => block.kind === 'buttons');
  const history = { kind: 'text' as const, text: `${speech.say['field.history']}\n${rows.join('\n')}` };
  // The incident's thread is elsewhere: questions can be asked here, everything else is behind "more".
  const names = ['why', 'summarize', 'more'] as const;
  const buttons = [
    ...names.map((name) => incidentButton(incident, speech, name)),
    ...previousButton(incident, speech),
  ];
  const facts = at < 0 ? view.blocks : view.blocks.slice(0, at);
  return { ...view, blocks: [...facts, history, { kind: 'buttons', buttons }] };
}

/** One message for many incidents (at most 25), where a channel cannot take them one by one; each has a button. */
export function stormView(incidents: Incident[], speech: Speech): Message {
  const { say } = speech;
  const title = say.stormTitle(incidents.length);
  const sorted = [...incidents].sort(
    (a, b) => b.severity - a.severity || a.activity.firstSeen - b.activity.firstSeen,
  );
  return {
    summary: title,
    tone: sorted.some((incident) => incident.lifecycle.state !== 'resolved') ? 'critical' : 'good',
    blocks: [
      { kind: 'heading', text: title },
      { kind: 'text', text: say.stormText },
      { kind: 'text', text: sorted.map((incident) => `• ${line(incident, speech)}`).join('\n') },
      ...(sorted.length > 0
        ? [{ kind: 'buttons' as const, buttons: showButtons(sorted, speech, sorted.length) }]
        : []),
    ],
  };
}

/** What a mute covers, in words. */
export const muteText = (mute: Mute, { say }: Speech): string =>
  mute.by === 'service'
    ? say.muteService(oneLine(mute.service, 80))
    : say.incidentSummary(oneLine(mute.service, 80), oneLine(mute.pattern ?? '', 110));

/** Everything that is muted (`/logs mutes`), sorted by its end, each with a button that ends it. */
export function mutesView(
  mutes: readonly Mute[],
  incidents: readonly Incident[],
  speech: Speech,
  now: number,
): Message {
  const { say } = speech;
  const entries = [
    ...mutes.map((mute) => ({ until: mute.until, id: mute.id, mute })),
    ...incidents
      .filter((incident) => isMuted(incident, now) && !incident.mute?.id)
      .map((incident) => ({ until: incident.mute?.until ?? now, id: incident.id, incident })),
  ].sort((a, b) => a.until - b.until);
  const row = (entry: (typeof entries)[number], index: number): string => {
    const byHand =
      'incident' in entry && entry.incident.lifecycle.history.findLast(({ what }) => what === 'muted');
    const { what, who, reason } =
      'mute' in entry
        ? { what: muteText(entry.mute, speech), who: entry.mute.who, reason: entry.mute.reason }
        : {
            what: `${nameOf(entry.incident, speech)} #${entry.id}`,
            who: byHand ? byHand.who : '–',
            reason: byHand ? byHand.note : undefined,
          };
    const said = say.muteLine(what, speech.time(entry.until), oneLine(who, 60));
    return `${index + 1}. ${said}${reason ? ` (${oneLine(reason)})` : ''}`;
  };
  const buttons = entries.slice(0, BUTTONS).map(
    ({ id }, index): Button => ({
      label: say.unmuteOne(index + 1),
      action: { name: 'unmute', subject: id },
    }),
  );
  return list({ title: say.mutesTitle(entries.length), all: entries, row, buttons }, speech);
}

/** The latest entries of the audit log, newest first (`/logs audit`). */
export function auditView(entries: readonly AuditEntry[], speech: Speech): Message {
  const row = ({ at, who, what, from, incident, about, note, until }: AuditEntry): string =>
    [
      `• ${speech.time(at)}`,
      `${oneLine(who.name, 60)} (${oneLine(who.id, 60)})`,
      what,
      incident ? `#${incident}` : '',
      about ? oneLine(about, 120) : '',
      until ? speech.say.mutedUntil(speech.time(until)) : '',
      note ? `“${oneLine(note, 120)}”` : '',
      `← ${from.chat}${from.channel ? ` ${oneLine(from.channel, 40)}` : ''}`,
    ]
      .filter(Boolean)
      .join(' · ');
  return list({ title: speech.say.auditTitle(entries.length), all: entries, row }, speech);
}

/** What rules in shadow would have posted, newest first (`/logs shadow`). */
export function shadowView(
  entries: readonly { incident: Incident; targets: readonly Target[] }[],
  speech: Speech,
): Message {
  const row = ({ incident, targets }: (typeof entries)[number]): string =>
    `• ${speech.time(incident.activity.firstSeen)} ${nameOf(incident, speech)} #${incident.id} → ${cut(placesText(targets, speech), 160)}`;
  const shown = entries.slice(0, BUTTONS).map(({ incident }) => incident);
  const title = speech.say.shadowTitle(entries.length);
  return list({ title, all: entries, row, buttons: showButtons(shown, speech) }, speech);
}
