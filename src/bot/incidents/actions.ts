import { createHash } from 'node:crypto';
import type { Put, StateStore } from '../../backends/state/store.ts';
import { type Feedback, feedbackOn, type Verdict } from '../../domain/alert/feedback.ts';
import { type Incident, noted } from '../../domain/alert/incident.ts';
import { type Act, actOn } from '../../domain/alert/incident-actions.ts';
import { mergeInto, splitBetween, splitFrom } from '../../domain/alert/merge.ts';
import { covers, type Mute } from '../../domain/alert/mute.ts';
import { AppError } from '../../domain/errors.ts';
import { type Actor, auditPut } from './audit.ts';
import type { Votes } from './feedback-history.ts';
import type { Draft } from './grouping.ts';
import type { Register } from './incident-repository.ts';
import type { Mutes } from './mutes.ts';

const CHAIN = 20;

/** What is done with one incident: an act without who and when. `forMs` is the length of a mute. */
export type Doing = Pick<Act, 'note' | 'to' | 'mention' | 'chat'> & {
  what: Exclude<Act['what'], 'recovered' | 'escalated' | 'disclosed'>;
  forMs?: number;
};

/** What people do with incidents. Each is one commit: incident, messages, audit log. All throw AppError `not_found`. */
export interface Controls {
  /** `changed` is false where it was done already, or the incident is resolved. */
  act(id: string, doing: Doing, actor: Actor): Promise<{ incident: Incident; changed: boolean }>;
  /** Tells the story of one incident in the thread of another. False where they are one already. */
  merge(id: string, into: string, actor: Actor): Promise<boolean>;
  /** Takes an incident out of the one it joined. False where it joined none. */
  split(id: string, actor: Actor): Promise<boolean>;
  /** Silences a service, or the kind of problem an incident is, for `forMs`. */
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

/** Acts that are about the thread people are told in, also when they are said in that of a consequence. */
const ABOUT_THREAD: ReadonlySet<Doing['what']> = new Set([
  'acknowledged',
  'assigned',
  'resolved',
  'reopened',
  'muted',
  'unmuted',
]);

export function createControls(options: {
  state: StateStore;
  register: Register;
  mutes: Mutes;
  votes: Votes;
  find: (fits: (incident: Incident) => boolean) => Promise<Incident[]>;
  keepMs: number;
  now?: () => number;
}): Controls {
  const { state, register, mutes, votes, find, keepMs, now: clock = Date.now } = options;

  const load = async (draft: Draft, id: string): Promise<Incident> => {
    const incident = await draft.load(id);
    if (!incident) throw new AppError('not_found', `no incident ${id}`);
    return incident;
  };
  /** Where its story is told: itself, or the last of the chain of causes. */
  const rootOf = async (draft: Draft, id: string): Promise<Incident> => {
    let incident = await load(draft, id);
    for (let depth = 0; incident.correlation.cause && depth < CHAIN; depth += 1) {
      const cause = await draft.load(incident.correlation.cause.id);
      if (!cause) break;
      incident = cause;
    }
    return incident;
  };
  const shortName = ({ service, title, id }: Incident): string => `${service}: ${title.slice(0, 100)} #${id}`;

  return {
    act: (id, doing, actor) =>
      register.change<{ incident: Incident; changed: boolean }>(async (draft, at) => {
        const before = ABOUT_THREAD.has(doing.what) ? await rootOf(draft, id) : await load(draft, id);
        const { forMs, ...rest } = doing;
        const until = forMs === undefined ? {} : { until: at + forMs };
        const incident = spoken(actOn(before, { ...rest, ...until, who: actor.name, at }));
        if (incident === before) return { value: { incident, changed: false } };
        draft.keep(incident);
        const vote = await votes.put(before, incident);
        const { what, note, to } = doing;
        const line = { at, what, incident: incident.id, ...until };
        return {
          value: { incident, changed: true },
          told: [incident],
          puts: [
            auditPut(actor, { ...line, ...(note ? { note } : {}), ...(to ? { about: to } : {}) }, keepMs),
            ...(what === 'false_alarm' || what === 'real' ? judgement(incident, what, at, actor) : []),
            ...(vote ? [vote] : []),
          ],
        };
      }),

    merge: (id, into, actor) =>
      register.change<boolean>(async (draft, at) => {
        const source = await rootOf(draft, id);
        const target = await rootOf(draft, into);
        if (source.id === target.id) return { value: false };
        const note = (incident: Incident, to: string): Incident => ({
          ...incident,
          lifecycle: noted(incident.lifecycle, { at, who: actor.name, what: 'merged', to }),
        });
        const { standsAlone: _alone, ...correlation } = source.correlation;
        const merged = mergeInto(target, { ...source, correlation });
        const after = {
          source: note(merged.source, shortName(target)),
          // Somebody says that it is real: with the other's story in it, it is told.
          target: note(aloud(merged.target), shortName(source)),
        };
        draft.keep(after.source);
        draft.keep(after.target);
        const entry = { at, what: 'merged', incident: source.id, about: target.id };
        return {
          value: true,
          told: [after.source, after.target],
          puts: [auditPut(actor, entry, keepMs)],
        };
      }),

    split: (id, actor) =>
      register.change<boolean>(async (draft, at) => {
        const part = await load(draft, id);
        const joined = part.correlation.cause && (await draft.load(part.correlation.cause.id));
        if (!joined) return { value: false };
        // What it joined may have joined another since: then that one's thread counts it.
        const root = await rootOf(draft, joined.id);
        if (root.id !== joined.id) draft.keep(splitBetween(joined, part));
        const parted = splitFrom(root, part);
        const note = (incident: Incident, to: string): Incident => ({
          ...incident,
          lifecycle: noted(incident.lifecycle, { at, who: actor.name, what: 'split', to }),
        });
        const after = {
          part: note(
            { ...parted.part, lifecycle: { ...parted.part.lifecycle, quietSince: at } },
            shortName(root),
          ),
          told: note(parted.whole, shortName(part)),
        };
        draft.keep(after.part);
        draft.keep(after.told);
        const entry = { at, what: 'split', incident: part.id, about: root.id };
        return { value: true, told: [after.part, after.told], puts: [auditPut(actor, entry, keepMs)] };
      }),

    async mute({ service, incident }, forMs, actor, reason) {
      const at = clock();
      const name = incident ? `template/${incident.identity.key}` : `service/${service}`;
      const mute: Mute = {
        id: `m${createHash('sha256').update(name).digest('hex').slice(0, 10)}`,
        by: incident ? 'template' : 'service',
        service,
        ...(incident
          ? { key: incident.identity.key, pattern: incident.identity.template?.pattern ?? incident.title }
          : {}),
        at,
        until: at + forMs,
        who: actor.name,
        ...(reason ? { reason } : {}),
      };
      const covered = await find((other) => other.lifecycle.state !== 'resolved' && covers(mute, other, at));
      return register.change(async (draft) => {
        for (const { id } of covered) {
          const open = await draft.load(id);
          if (!open || open.lifecycle.state === 'resolved' || (open.mute?.until ?? 0) > mute.until) continue;
          draft.keep({ ...open, mute: { until: mute.until, id: mute.id } });
        }
        mutes.forget();
        const about = `${mute.by} ${service}${mute.pattern ? `: ${mute.pattern.slice(0, 200)}` : ''}`;
        const note = reason ? { note: reason } : {};
        return {
          value: mute,
          puts: [
            { kind: 'mute', id: mute.id, value: mute, rank: mute.until, ttlMs: forMs },
            auditPut(actor, { at, what: 'muted', about, until: mute.until, ...note }, keepMs),
          ],
        };
      });
    },

    async unmute(id, actor) {
      const stored = await state.get('mute', id);
      if (!stored) return undefined;
      const covered = await find((incident) => incident.mute?.id === id);
      return register.change(async (draft, at) => {
        for (const { id: one } of covered) {
          const open = await draft.load(one);
          if (open?.mute?.id === id) draft.keep({ ...open, mute: undefined });
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

    mutes: () => mutes.list(clock()),
    muteOf: async (id) => (await state.get('mute', id))?.value,
  };
}

/** What was kept quiet is told once somebody says it is real. */
const spoken = (incident: Incident): Incident =>
  incident.feedback.verdict === 'real' ? aloud(incident) : incident;
function aloud(incident: Incident): Incident {
  if (!incident.suppression) return incident;
  const { suppression: _suppression, ...told } = incident;
  return told;
}

/** What the detectors and the trainer learn from it: a judgement on each detector and template behind the incident. */
function judgement(incident: Incident, verdict: Verdict, at: number, actor: Actor): Put[] {
  const {
    service,
    identity: { template, detector },
  } = incident;
  const signals = incident.feedback.signals ?? [{ template: template?.id ?? '', detector: detector ?? '' }];
  return signals.map((signal, index): Put => {
    const feedback: Feedback = {
      ...feedbackOn({ service }, verdict, {
        id: `${incident.id}/${verdict}/${index}`,
        at,
        by: actor.name,
        incident: incident.id,
      }),
      ...signal,
    };
    return { kind: 'feedback', id: feedback.id, value: feedback, rank: at };
  });
}
