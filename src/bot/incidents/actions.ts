import type { Put } from '../../backends/state/store.ts';
import { type Feedback, feedbackOn, type Verdict } from '../../domain/alert/feedback.ts';
import { type HistoryEntry, type Incident, noted } from '../../domain/alert/incident.ts';
import { type Act, actOn } from '../../domain/alert/incident-actions.ts';
import { mergeInto, splitBetween, splitFrom } from '../../domain/alert/merge.ts';
import { AppError } from '../../domain/errors.ts';
import { type Actor, auditPut } from './audit.ts';
import type { FeedbackHistory } from './feedback-history.ts';
import type { IncidentRepository, UnitOfWork } from './incident-repository.ts';
import { createMuting, type Muting, type MutingOptions } from './mutes.ts';

const CHAIN = 20;

/** What somebody wants to do with one incident, without who and when. `forMs` is the length of a mute. */
export type RequestedAct = Pick<Act, 'note' | 'to' | 'mention' | 'chat'> & {
  what: Exclude<Act['what'], 'recovered' | 'escalated' | 'disclosed'>;
  forMs?: number;
};

/**
 * What people do with incidents. Each action is one commit of incident, messages and audit log. All throw AppError
 * `not_found`.
 */
export interface IncidentActions extends Muting {
  /** `changed` is false where it was done before, or the incident is resolved. */
  act(id: string, requested: RequestedAct, actor: Actor): Promise<{ incident: Incident; changed: boolean }>;
  /**
   * Makes one incident part of another, and from then on its news is posted in the thread of that one. False if it is part of it
   * already.
   */
  merge(id: string, into: string, actor: Actor): Promise<boolean>;
  /** Takes an incident out of the one it is part of. False where it is part of none. */
  split(id: string, actor: Actor): Promise<boolean>;
}

/** Acts on the whole group: an action in the thread of a consequence is done to its cause. */
const ABOUT_THREAD: ReadonlySet<RequestedAct['what']> = new Set([
  'acknowledged',
  'assigned',
  'resolved',
  'reopened',
  'muted',
  'unmuted',
]);

/** What an action works with. */
interface ActionContext {
  repository: IncidentRepository;
  feedback: FeedbackHistory;
  /** How long the audit log keeps what was done, in ms. */
  keepMs: number;
}

export function createIncidentActions(options: ActionContext & MutingOptions): IncidentActions {
  return {
    act: (id, requested, actor) => act(options, id, requested, actor),
    merge: (id, into, actor) => merge(options, id, into, actor),
    split: (id, actor) => split(options, id, actor),
    ...createMuting(options),
  };
}

const act = (
  { repository, feedback, keepMs }: ActionContext,
  id: string,
  requested: RequestedAct,
  actor: Actor,
): Promise<{ incident: Incident; changed: boolean }> =>
  repository.change<{ incident: Incident; changed: boolean }>(async (unit, at) => {
    const before = ABOUT_THREAD.has(requested.what) ? await rootOf(unit, id) : await load(unit, id);
    const { forMs, ...rest } = requested;
    const until = forMs === undefined ? {} : { until: at + forMs };
    const incident = toldWhenReal(actOn(before, { ...rest, ...until, who: actor.name, at }));
    if (incident === before) return { value: { incident, changed: false } };
    unit.keep(incident);
    const vote = await feedback.put(before, incident);
    const { what, note, to } = requested;
    const line = { at, what, incident: incident.id, ...until };
    return {
      value: { incident, changed: true },
      told: [incident],
      puts: [
        auditPut(actor, { ...line, ...(note ? { note } : {}), ...(to ? { about: to } : {}) }, keepMs),
        ...(what === 'false_alarm' || what === 'real' ? judgements(incident, what, at, actor) : []),
        ...(vote ? [vote] : []),
      ],
    };
  });

const merge = (
  { repository, keepMs }: ActionContext,
  id: string,
  into: string,
  actor: Actor,
): Promise<boolean> =>
  repository.change<boolean>(async (unit, at) => {
    const source = await rootOf(unit, id);
    const target = await rootOf(unit, into);
    if (source.id === target.id) return { value: false };
    const entry = { at, who: actor.name, what: 'merged' as const };
    const { standsAlone: _alone, ...correlation } = source.correlation;
    const merged = mergeInto(target, { ...source, correlation });
    const after = {
      source: withEntry(merged.source, { ...entry, to: shortName(target) }),
      // A person who merges says that it is real: people are notified of it even if it was suppressed.
      target: withEntry(unsuppressed(merged.target), { ...entry, to: shortName(source) }),
    };
    unit.keep(after.source);
    unit.keep(after.target);
    const line = { at, what: 'merged', incident: source.id, about: target.id };
    return { value: true, told: [after.source, after.target], puts: [auditPut(actor, line, keepMs)] };
  });

const split = ({ repository, keepMs }: ActionContext, id: string, actor: Actor): Promise<boolean> =>
  repository.change<boolean>(async (unit, at) => {
    const part = await load(unit, id);
    const joined = part.correlation.cause && (await unit.load(part.correlation.cause.id));
    if (!joined) return { value: false };
    // The incident it joined may have joined another one since, which then counts it too.
    const root = await rootOf(unit, joined.id);
    if (root.id !== joined.id) unit.keep(splitBetween(joined, part));
    const parted = splitFrom(root, part);
    const entry = { at, who: actor.name, what: 'split' as const };
    const alone = { ...parted.part, lifecycle: { ...parted.part.lifecycle, quietSince: at } };
    const after = {
      part: withEntry(alone, { ...entry, to: shortName(root) }),
      whole: withEntry(parted.whole, { ...entry, to: shortName(part) }),
    };
    unit.keep(after.part);
    unit.keep(after.whole);
    const line = { at, what: 'split', incident: part.id, about: root.id };
    return { value: true, told: [after.part, after.whole], puts: [auditPut(actor, line, keepMs)] };
  });

async function load(unit: UnitOfWork, id: string): Promise<Incident> {
  const incident = await unit.load(id);
  if (!incident) throw new AppError('not_found', `no incident ${id}`);
  return incident;
}

/** The incident in whose thread its news is posted: itself, or the last one in the chain of causes. */
async function rootOf(unit: UnitOfWork, id: string): Promise<Incident> {
  let incident = await load(unit, id);
  for (let depth = 0; incident.correlation.cause && depth < CHAIN; depth += 1) {
    const cause = await unit.load(incident.correlation.cause.id);
    if (!cause) break;
    incident = cause;
  }
  return incident;
}

const shortName = ({ service, title, id }: Incident): string => `${service}: ${title.slice(0, 100)} #${id}`;

const withEntry = (incident: Incident, entry: HistoryEntry): Incident => ({
  ...incident,
  lifecycle: noted(incident.lifecycle, entry),
});

/** People are notified of a suppressed incident once somebody says that it is real. */
const toldWhenReal = (incident: Incident): Incident =>
  incident.feedback.verdict === 'real' ? unsuppressed(incident) : incident;

function unsuppressed(incident: Incident): Incident {
  if (!incident.suppression) return incident;
  const { suppression: _suppression, ...told } = incident;
  return told;
}

/** What detectors and trainer learn from: one judgement for each detector and template behind the incident. */
function judgements(incident: Incident, verdict: Verdict, at: number, actor: Actor): Put[] {
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
