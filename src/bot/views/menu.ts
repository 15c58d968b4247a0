import type { Incident } from '../../domain/alert/incident.ts';
import { isMuted } from '../../domain/alert/mute.ts';
import type { Button, Message } from '../../domain/question/message.ts';
import { DAY, HOUR, MINUTE } from '../../domain/time/units.ts';
import type { Speech } from '../../i18n/format.ts';
import { nameOf, oneLine } from './card/headline.ts';
import { incidentButton } from './incident.ts';

/** How many incidents have a button to be merged into; any other is merged by its id. */
const OTHERS = 5;

/**
 * The further actions on an incident; only the person who asked for the menu sees it.
 * @param others open incidents it may be merged into
 * @param wide whether this person may mute a whole service
 */
export function menuView(
  incident: Incident,
  others: readonly Incident[],
  speech: Speech,
  options: { now: number; wide: boolean },
): Message {
  const { say } = speech;
  const title = say.moreTitle(nameOf(incident, speech));
  const service = oneLine(incident.service, 30);
  const mute = (label: string, ms: number, scope: string): Button => ({
    label,
    action: { name: 'mute', subject: incident.id, value: `${ms}:${scope}` },
  });
  const spans = [15 * MINUTE, HOUR, DAY] as const;
  const over = incident.lifecycle.state === 'resolved';
  const buttons: Button[] = [
    ...(over
      ? [incidentButton(incident, speech, 'reopen')]
      : [
          ...(incident.lifecycle.state === 'open' ? [incidentButton(incident, speech, 'acknowledge')] : []),
          incidentButton(incident, speech, 'resolve'),
          ...spans.map((ms) => mute(say['mute.incident'](speech.duration(ms)), ms, 'incident')),
          ...(isMuted(incident, options.now) ? [incidentButton(incident, speech, 'unmute')] : []),
          incidentButton(incident, speech, 'take'),
        ]),
    incidentButton(incident, speech, 'false_alarm'),
    incidentButton(incident, speech, 'real'),
    ...spans.slice(1).map((ms) => mute(say['mute.template'](speech.duration(ms)), ms, 'template')),
    ...(options.wide
      ? spans.slice(1).map((ms) => mute(say['mute.service'](speech.duration(ms), service), ms, 'service'))
      : []),
    ...(incident.correlation.cause ? [incidentButton(incident, speech, 'split')] : []),
    ...(over ? [] : others.slice(0, OTHERS)).map(
      (other): Button => ({
        label: say.mergeInto(oneLine(nameOf(other, speech), 50)),
        action: { name: 'merge', subject: incident.id, value: other.id },
      }),
    ),
  ];
  return {
    summary: title,
    tone: 'neutral',
    blocks: [
      { kind: 'heading', text: title },
      { kind: 'buttons', buttons },
      { kind: 'footnote', text: `#${incident.id}` },
    ],
  };
}
