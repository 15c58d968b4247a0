import type { Incident } from './incident.ts';
import { wordingId } from './wording.ts';
/** A mute of all incidents of a service, or of one kind of problem in it; it ends by itself. */
export interface Mute {
  id: string;
  by: 'service' | 'template';
  service: string;
  /** For a template: the key of its incidents, and its text. */
  key?: string;
  pattern?: string;
  /** Epoch ms. */
  at: number;
  until: number;
  who: string;
  reason?: string;
}

/** Whether a mute covers an incident at this time (epoch ms). */
export const covers = (mute: Mute, incident: Pick<Incident, 'service' | 'identity'>, at: number): boolean =>
  mute.until > at && (mute.by === 'service' ? mute.service === incident.service : isOf(mute, incident));

/** Whether the incident is muted at this time (epoch ms): then nothing is posted. */
export const isMuted = (incident: Pick<Incident, 'mute'>, at: number): boolean =>
  (incident.mute?.until ?? 0) > at;

/** Mutes of version 0.1 keep the numbers of an issue in the key. */
function isOf({ key = '' }: Mute, { identity }: Pick<Incident, 'identity'>): boolean {
  if (key === identity.key || identity.template) return key === identity.key;
  const [service = '', family = ''] = key.split('\u0000');
  return `${service}\u0000${wordingId([family])}` === identity.key;
}
