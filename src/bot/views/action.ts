import { entryAt, type HistoryEntry, type Incident } from '../../domain/alert/incident.ts';
import type { Message } from '../../domain/question/message.ts';
import type { Speech } from '../../i18n/format.ts';
import { cut } from '../chat/text.ts';
import { oneLine } from './card/headline.ts';
import { PROSE } from './incident.ts';

/** One entry of the history in a sentence. */
export function entryText(incident: Incident, entry: HistoryEntry, speech: Speech): string {
  const { say } = speech;
  const who = oneLine(entry.who, 60);
  switch (entry.what) {
    case 'muted':
      return say['did.muted'](who, speech.time(entry.until ?? incident.mute?.until ?? entry.at));
    case 'assigned':
      return say['did.assigned'](who, oneLine(entry.to ?? entry.who, 60));
    case 'merged':
    case 'split':
      return say[`did.${entry.what}`](who, oneLine(entry.to ?? '', 200));
    case 'reopened':
      // With a count it was no person: the problem came back.
      return entry.times ? say['did.flapping'](entry.times) : say['did.reopened'](who);
    case 'recovered':
      return say['did.recovered'](
        speech.duration(incident.activity.lastSeen - incident.activity.firstSeen),
        speech.duration(entry.waitedMs ?? 0),
      );
    case 'escalated':
      return say['did.escalated'](speech.duration(entry.waitedMs ?? 0));
    case 'opened':
      return say['did.opened']();
    case 'disclosed':
      return say['did.disclosed']();
    case 'acknowledged':
    case 'resolved':
    case 'unmuted':
    case 'false_alarm':
    case 'real':
      return say[`did.${entry.what}`](who);
  }
}

/**
 * The message in the thread when somebody acted: the entry with that number of the incident's history.
 * @param chat where it is posted; a person is notified only on the platform that knows them
 */
export function actionView(
  incident: Incident,
  number: number,
  speech: Speech,
  chat?: string,
): Message | undefined {
  const entry = entryAt(incident, number);
  if (!entry) return undefined;
  const text = entryText(incident, entry, speech);
  const ended = entry.what === 'resolved' || entry.what === 'recovered';
  return {
    summary: text,
    tone: ended ? 'good' : entry.what === 'escalated' ? 'critical' : 'neutral',
    ...(entry.mention?.length && entry.chat === chat ? { mentions: entry.mention } : {}),
    blocks: [{ kind: 'text', text: entry.note ? `${text}\n${cut(entry.note, PROSE)}` : text }],
  };
}
