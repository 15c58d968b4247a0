/** One line of the audit log: who did what, when and from where. */
export interface AuditEntry {
  /** Epoch ms. */
  at: number;
  who: { id: string; name: string };
  /** The command (`ack`, `mute`, …), `refused` for what a role does not allow, or what happened automatically. */
  what: string;
  /** Where it was done; `timer` for what happened automatically. */
  from: { chat: string; channel?: string; thread?: string };
  incident?: string;
  /** Who or what it was about: the other incident, the person, the mute. */
  about?: string;
  note?: string;
  /** Epoch ms of the end of a mute. */
  until?: number;
}
