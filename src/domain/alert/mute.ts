import type { Incident } from './incident.ts';
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
  mute.until > at &&
  (mute.by === 'service' ? mute.service === incident.service : mute.key === incident.identity.key);

/** Whether the incident is muted at this time (epoch ms): then nothing is posted. */
export const isMuted = (incident: Pick<Incident, 'mute'>, at: number): boolean =>
  (incident.mute?.until ?? 0) > at;
