import { createHash } from 'node:crypto';
import type { StateStore } from '../../backends/state/store.ts';
import type { Incident } from '../../domain/alert/incident.ts';
import { covers, type Mute } from '../../domain/alert/mute.ts';
import { type Actor, auditPut } from './audit.ts';
import type { IncidentRepository } from './incident-repository.ts';

/** Mutes are read again after this long, so another process sees a new one within this time. */
const KNOWN_MS = 1_000;
const MOST = 1_000;

/** The mutes of services and templates. They end by their own time to live. */
export interface Mutes {
  /** Mutes in force at `now` (epoch ms); the one that ends first comes first. */
  list(now: number): Promise<Mute[]>;
  /** The mute that covers an incident longest. Reads the store at most once a second. */
  over(incident: Pick<Incident, 'service' | 'identity'>, now: number): Promise<Mute | undefined>;
  /** This process changed a mute: they are read again next time. */
  forget(): void;
}

export function openMutes(state: StateStore): Mutes {
  let known: { at: number; mutes: Mute[] } | undefined;
  const read = async (now: number): Promise<Mute[]> =>
    (await state.list('mute', { from: now, limit: MOST }))
      .map((entry) => entry.value)
      .filter((mute) => mute.until > now);
  return {
    list: read,
    async over(incident, now) {
      if (!known || now >= known.at + KNOWN_MS || now < known.at) known = { at: now, mutes: await read(now) };
      return known.mutes.findLast((mute) => covers(mute, incident, now));
    },
    forget() {
      known = undefined;
    },
  };
}

/** What people do to mute services and templates. */
export interface Muting {
  /** Mutes a service, or the kind of problem an incident is, for `forMs`. */
  mute(
    what: { service: string; incident?: Incident },
    forMs: number,
    actor: Actor,
    reason?: string,
  ): Promise<Mute>;
  /** Ends such a mute; undefined where there is none. */
  unmute(id: string, actor: Actor): Promise<Mute | undefined>;
  mutes(): Promise<Mute[]>;
  /** The mute with this id while it lasts. */
  muteOf(id: string): Promise<Mute | undefined>;
}

export interface MutingOptions {
  state: StateStore;
  repository: IncidentRepository;
  mutes: Mutes;
  /** Incidents that fit, of the latest ones. */
  find: (fits: (incident: Incident) => boolean) => Promise<Incident[]>;
  /** How long the audit log keeps what was done, in ms. */
  keepMs: number;
  /** Epoch ms. */
  now: () => number;
}

export function createMuting({ state, repository, mutes, find, keepMs, now }: MutingOptions): Muting {
  return {
    async mute(what, forMs, actor, reason) {
      const at = now();
      const mute = muteFor(what, { at, until: at + forMs, who: actor.name, ...(reason ? { reason } : {}) });
      const covered = await find((other) => !isResolved(other) && covers(mute, other, at));
      return repository.change(async (unit) => {
        for (const { id } of covered) {
          const open = await unit.load(id);
          if (!open || isResolved(open) || (open.mute?.until ?? 0) > mute.until) continue;
          unit.keep({ ...open, mute: { until: mute.until, id: mute.id } });
        }
        mutes.forget();
        const about = `${mute.by} ${mute.service}${mute.pattern ? `: ${mute.pattern.slice(0, 200)}` : ''}`;
        const line = { at, what: 'muted', about, until: mute.until, ...(reason ? { note: reason } : {}) };
        return {
          value: mute,
          puts: [
            { kind: 'mute', id: mute.id, value: mute, rank: mute.until, ttlMs: forMs },
            auditPut(actor, line, keepMs),
          ],
        };
      });
    },

    async unmute(id, actor) {
      const stored = await state.get('mute', id);
      if (!stored) return undefined;
      const covered = await find((incident) => incident.mute?.id === id);
      return repository.change(async (unit, at) => {
        for (const { id: one } of covered) {
          const open = await unit.load(one);
          if (open?.mute?.id === id) unit.keep({ ...open, mute: undefined });
        }
        mutes.forget();
        const about = `${stored.value.by} ${stored.value.service}`;
        return {
          value: stored.value,
          puts: [auditPut(actor, { at, what: 'unmuted', about }, keepMs)],
          deletes: [{ kind: 'mute', id }],
        };
      });
    },

    mutes: () => mutes.list(now()),
    muteOf: async (id) => (await state.get('mute', id))?.value,
  };
}

/** The same service or template always gets the same id, so that a new mute takes the place of the one before. */
function muteFor(
  { service, incident }: { service: string; incident?: Incident },
  more: Pick<Mute, 'at' | 'until' | 'who' | 'reason'>,
): Mute {
  const name = incident ? `template/${incident.identity.key}` : `service/${service}`;
  const { key, template } = incident?.identity ?? {};
  return {
    id: `m${createHash('sha256').update(name).digest('hex').slice(0, 10)}`,
    by: incident ? 'template' : 'service',
    service,
    ...(incident ? { key, pattern: template?.pattern ?? incident.title } : {}),
    ...more,
  };
}

const isResolved = ({ lifecycle }: Incident): boolean => lifecycle.state === 'resolved';
