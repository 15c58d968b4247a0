import { randomUUID } from 'node:crypto';
import type { Put, StateStore } from '../../backends/state/store.ts';
import type { AuditEntry } from '../../domain/audit.ts';
import { DAY } from '../../domain/time/units.ts';
import { PROGRAM } from '../chat/roles.ts';

/** The person or program that does something, and from where. */
export interface Actor {
  id: string;
  name: string;
  chat: string;
  channel?: string;
  thread?: string;
}

/** For what happens by itself. */
export const ITSELF: Actor = { id: 'bongsu', name: 'bongsu', chat: 'timer' };
/** For what comes by HTTP or from the command line, where no person has a name. */
export const HTTP_CALLER: Actor = { id: PROGRAM, name: 'HTTP', chat: 'http' };
export const COMMAND_LINE: Actor = { id: 'cli', name: 'command line', chat: 'cli' };

const LATEST = 1_000;

/** The write of one line of the audit log. It belongs into the same commit as what it records. */
export function auditPut(actor: Actor, entry: Omit<AuditEntry, 'who' | 'from'>, keepMs: number): Put {
  const { id, name, ...from } = actor;
  const value: AuditEntry = { ...entry, who: { id, name }, from };
  return { kind: 'audit', id: randomUUID(), value, rank: entry.at, ttlMs: keepMs };
}

/** The same for a training or a rollback. `text` is the command as in chat, for example `now summary` or `back alerts`. */
export const tunePut = (actor: Actor, text: string, keepDays: number): Put =>
  auditPut(actor, { at: Date.now(), what: 'tune', about: text }, keepDays * DAY);

/** The latest entries, newest first; with `incident` only its own. At most the 1,000 latest are looked at. */
export async function readAudit(
  state: StateStore,
  options: { incident?: string; limit?: number } = {},
): Promise<AuditEntry[]> {
  const { incident, limit = LATEST } = options;
  const all = await state.list('audit', { descending: true, limit: LATEST });
  return all
    .map((entry) => entry.value)
    .filter((entry) => incident === undefined || entry.incident === incident)
    .slice(0, limit);
}
