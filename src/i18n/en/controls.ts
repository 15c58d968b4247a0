import { ordinal, plural } from '../grammar.ts';

/** What people do with incidents. */
export const controls = {
  // buttons
  'button.take': 'Take',
  'button.reopen': 'Open again',
  'button.false_alarm': 'False alarm',
  'button.real': 'Real',
  'button.merge': 'Merge',
  'button.split': 'Split',
  'button.more': 'More…',
  'button.show': 'Show',
  'mute.incident': (span: string) => `Mute ${span}`,
  'mute.template': (span: string) => `Mute this kind ${span}`,
  'mute.service': (span: string, service: string) => `Mute ${service} ${span}`,
  mergeInto: (other: string) => `Merge into ${other}`,
  showOne: (id: string) => `Show ${id}`,
  unmuteOne: (n: number) => `End mute ${n}`,
  // what was done
  'did.opened': () => 'Opened.',
  'did.disclosed': () =>
    'Nobody was told of this when it came: a trained model had kept it quiet. That model was rolled back.',
  'did.acknowledged': (who: string) => `${who} acknowledged this.`,
  'did.resolved': (who: string) => `${who} resolved this.`,
  'did.muted': (who: string, until: string) =>
    `${who} muted this until ${until}. No notifications; the message above stays current.`,
  'did.unmuted': (who: string) => `${who} ended the mute.`,
  'did.assigned': (who: string, to: string) =>
    who === to ? `${who} takes care of this.` : `${who} assigned this to ${to}.`,
  'did.reopened': (who: string) => `${who} opened this again.`,
  'did.flapping': (n: number) => `It came back soon after it was resolved: flapping, ${ordinal(n)} time.`,
  'did.recovered': (lasted: string, quiet: string) =>
    `Resolved by itself after ${lasted}; nothing more of it in the ${quiet} since.`,
  'did.escalated': (waited: string) => `Nobody has acknowledged this for ${waited}.`,
  'did.merged': (who: string, other: string) => `${who} merged this with ${other}.`,
  'did.split': (who: string, other: string) => `${who} split this from ${other}.`,
  'did.false_alarm': (who: string) => `${who} marked this as a false alarm. The detectors learn from it.`,
  'did.real': (who: string) => `${who} confirmed that this is real. The detectors learn from it.`,
  'did.muteWide': (what: string, until: string) =>
    `${what} is muted until ${until}. /logs mutes lists all mutes.`,
  'did.unmuteWide': (what: string) => `The mute of ${what} has ended.`,
  'did.muteGoesOn': (what: string, until: string, id: string) =>
    `Only this incident is heard again. The mute of ${what} goes on until ${until}; /logs unmute ${id} ends it.`,
  // the parent message and lists
  'state.recovered': 'Resolved by itself',
  'said.false_alarm': 'false alarm',
  'said.real': 'confirmed as real',
  flapping: (n: number) => `flapping, ${ordinal(n)} time`,
  'quiet.family': 'of its kind',
  'quiet.severity': 'of its kind, no milder than this',
  'quiet.hours': 'of its kind, no milder than this, at this time of day',
  quietReason: (like: string, rejected: number, needed: number, real: number, percent: number) => {
    const before = real > 0 ? `, ${real} before them ${plural(real, 'was', 'were')} real` : '';
    return [
      `Nobody was told: the last ${rejected} alerts ${like} that people judged were false alarms`,
      `(${needed} were needed${before}). The chance that this one is real: ${percent} %.`,
      '“Real” tells it after all, and the next of its kind.',
    ].join(' ');
  },
  'field.owner': 'Taken by',
  'field.history': 'History',
  shadowOf: (places: string) => `Shadow: would have been posted to ${places}`,
  calling: (names: string) => `calling ${names}`,
  incidentsFound: (count: number) =>
    count === 0 ? 'No such incident.' : `${count} ${plural(count, 'incident')}`,
  mutesTitle: (count: number) => (count === 0 ? 'Nothing is muted.' : `${count} ${plural(count, 'mute')}`),
  muteLine: (what: string, until: string, who: string) => `${what}: until ${until}, by ${who}`,
  muteService: (service: string) => `everything of ${service}`,
  auditTitle: (count: number) =>
    count === 0 ? 'Nobody has done anything yet.' : `The latest ${count} ${plural(count, 'action')}`,
  shadowTitle: (count: number) =>
    count === 0
      ? 'No rule is in shadow, or nothing would have been posted.'
      : `Would have been posted: ${count}`,
  moreTitle: (title: string) => `More for ${title}`,
  // help
  'help.act': 'act on an incident; its ID comes after the command, in its thread it can be left out',
  'help.list': 'what there is and who did what',
  // wrong input
  'usage.incident': (form: string) =>
    `Say which incident: ${form}. /logs incidents lists them with their IDs.`,
  'usage.noIncident': (id: string) => `There is no incident ${id}. /logs incidents lists them.`,
  'usage.noMute': 'There is no such mute. /logs mutes lists them.',
  'usage.control': (form: string) => `The form is ${form}`,
  'usage.notMerged': 'This incident is not part of another one.',
  'usage.sameIncident': 'These are one incident already.',
  'usage.done': 'That was done already; nothing was changed.',
  'usage.role': (role: string) => `You may look, but this needs the role “${role}”. Ask whoever runs Bongsu.`,
};
