/** One line of the audit log: who did what, when and from where. */
export interface AuditEntry {
  /** Epoch ms. */
  at: number;
  who: { id: string; name: string };
  /** The control (`ack`, `mute`, …), `refused` for what a role does not allow, or what happened by itself. */
  what: string;
  /** Where it was asked for; `timer` for what happened by itself. */
  from: { chat: string; channel?: string; thread?: string };
  incident?: string;
  /** Whom or what it was about: the other incident, the person, the mute. */
  about?: string;
  note?: string;
  /** Epoch ms of the end of a mute. */
  until?: number;
}
