import type { Incident } from './incident.ts';
/** A silence over all incidents of a service, or of one kind of problem in it; it ends by itself. */
export interface Mute {
  id: string;
  by: 'service' | 'template';
  service: string;
  /** Of a template: the key of its incidents, and what it looks like. */
  key?: string;
  pattern?: string;
  /** Epoch ms. */
  at: number;
  until: number;
  who: string;
  reason?: string;
}

/** Whether a mute covers an incident at a time (epoch ms). */
export const covers = (mute: Mute, incident: Pick<Incident, 'service' | 'identity'>, at: number): boolean =>
  mute.until > at &&
  (mute.by === 'service' ? mute.service === incident.service : mute.key === incident.identity.key);

/** Whether the incident is muted at a time (epoch ms): nothing is posted then. */
export const isMuted = (incident: Pick<Incident, 'mute'>, at: number): boolean =>
  (incident.mute?.until ?? 0) > at;
