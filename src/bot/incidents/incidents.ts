import type { Put, StateKind, StateKinds, StateStore } from '../../backends/state/store.ts';
import {
  type AlertModel,
  type AlertSignal,
  signalOf,
  signalOfAnomaly,
} from '../../domain/alert/alert-model.ts';
import type { Anomaly } from '../../domain/alert/anomaly.ts';
import { type Incident, needsThread, type QuietReason } from '../../domain/alert/incident.ts';
import type { Route } from '../../domain/alert/route.ts';
import { reasonForQuiet } from '../../domain/alert/suppression.ts';
import { AppError } from '../../domain/errors.ts';
import { DAY, MINUTE } from '../../domain/time/units.ts';
import type { Log } from '../../log.ts';
import type { Metrics } from '../../metrics.ts';
import type { Place } from '../chat/chat.ts';
import { threadKey } from '../delivery/delivery.ts';
import { moreTargets, targetsOf } from '../delivery/routing.ts';
import { type Controls, createControls } from './actions.ts';
import { createDisclosure, type Disclosure } from './disclosure.ts';
import type { Timing } from './escalation.ts';
import { openVotes } from './feedback-history.ts';
import { type Draft, group, openDraft } from './grouping.ts';
import { createRegister } from './incident-repository.ts';
import { openMutes } from './mutes.ts';
import { type BoardEntry, openBoard } from './recent-incidents.ts';
import { createTimers, type Timers } from './timers.ts';

const SEEN_TTL_MS = 7 * DAY;
const ATTEMPTS = 50;
const MOST = 1_000;
/** After a start what came meanwhile is read first: an incident is not over because nobody looked. */
const CATCH_UP_MS = MINUTE;

/** An anomaly and when it was on the bus (epoch ms). */
export interface Arrival {
  anomaly: Anomaly;
  receivedAt: number;
}

export interface Incidents extends Controls, Timers, Pick<Disclosure, 'discloseRolledBack'> {
  /**
   * Takes anomalies in, in their order and in one commit: seen, incidents, deliveries. Resolves with the id of the
   * incident by that of the anomaly, without those that were seen before or say that all is normal. Throws AppError of the
   * state store; nothing has happened then.
   */
  recordAll(arrivals: readonly Arrival[]): Promise<Map<string, string>>;
  /** One of them; resolves with its incident. */
  record(anomaly: Anomaly, receivedAt: number): Promise<Incident | undefined>;
  get(id: string): Promise<Incident | undefined>;
  /** Those that fit, the latest seen first, of the 1,000 latest. */
  find(fits: (incident: Incident) => boolean): Promise<Incident[]>;
  /** Not resolved, with a thread or a storm message of their own; newest first, of the 1,000 latest. */
  open(): Promise<Incident[]>;
  /** The incident whose thread this place is. */
  inThread(chat: string, place: Place): Promise<Incident | undefined>;
}

export interface IncidentsOptions {
  state: StateStore;
  chats: readonly { name: string; alertChannel: string }[];
  windowMs: number;
  inhibitMs: number;
  debounceMs: number;
  /** What comes back within this time of its resolution goes on in its thread. */
  flapMs: number;
  timing: Timing;
  routes: readonly Route[];
  /** Nothing is posted outside of the console. */
  shadow: boolean;
  /** What was learned from judgements, where something serves. */
  alertModel?: () => Promise<AlertModel | undefined>;
  /** How long the audit log is kept. */
  keepMs: number;
  metrics: Metrics;
  log: Log;
  /** Told after a commit that left something to send. */
  wake: () => void;
  /** Wall clock, epoch ms. */
  now?: () => number;
}

/** Turns anomalies into incidents and incidents into deliveries. */
export function createIncidents(options: IncidentsOptions): Incidents {
  const { state, chats, windowMs, inhibitMs, flapMs, metrics, log, wake } = options;
  const { now: clock = Date.now } = options;
  const notBefore = clock() + CATCH_UP_MS;
  const rules = { routes: options.routes, chats, shadow: options.shadow };
  const boards = openBoard(state, inhibitMs);
  const mutes = openMutes(state);
  const votes = openVotes(state);
  const register = createRegister({ ...options, notBefore, now: clock });
  const { discloseRolledBack, look } = createDisclosure({ ...options, register, now: clock });

  /** Where those that opened or got worse are told of. Without rules every chat's alert channel is meant. */
  function route(draft: Draft, now: number): void {
    if (rules.routes.length === 0 && !rules.shadow) return;
    for (const incident of draft.changed()) {
      const before = draft.before(incident.id);
      if (before && before.severity === incident.severity && incident.routing?.targets) continue;
      const targets = moreTargets(incident.routing?.targets, targetsOf(incident, rules, now));
      draft.keep({ ...incident, routing: { targets } });
    }
  }

  /**
   * Suppresses what people taught is a false alarm, unless somebody was told of it, judged it, or others suffer too.
   * @param joined the anomalies that came now, by incident: each is judged by what it says itself
   */
  async function suppress(draft: Draft, joined: ReadonlyMap<string, readonly Anomaly[]>): Promise<void> {
    const model = await options.alertModel?.();
    for (const incident of draft.changed()) {
      const before = draft.before(incident.id);
      const { suppression, ...told } = incident;
      if (!suppression && (before || !model)) continue;
      const isAlone =
        incident.correlation.affected.length === 0 &&
        !incident.feedback.verdict &&
        incident.lifecycle.state === 'open';
      const signals = [signalOf(incident), ...(joined.get(incident.id) ?? []).map(signalOfAnomaly)];
      const reason = model && isAlone ? await reasonForAll(model, signals) : undefined;
      if (reason) draft.keep({ ...told, suppression: { reason } });
      else if (suppression) draft.keep(told);
    }
  }

  /** Why the first of them is kept quiet, where all of them are to be. */
  async function reasonForAll(
    model: AlertModel,
    signals: readonly AlertSignal[],
  ): Promise<QuietReason | undefined> {
    let first: QuietReason | undefined;
    for (const signal of signals) {
      const reason = reasonForQuiet(model, await votes.of(signal), signal);
      if (!reason) return undefined;
      first ??= reason;
    }
    return first;
  }

  /** Takes anomalies in that were not seen before, in one commit. */
  async function attempt(arrivals: readonly Arrival[]): Promise<Map<string, string> | 'again'> {
    const now = clock();
    const board = await boards.read(now);
    const draft = openDraft(state);
    // What one of them led to is there for the next, though nothing is written yet.
    const facts = new Map<string, Put>();
    const view = withProblems(state, facts);
    const peek = (entry: BoardEntry) => (entry.touched === now ? draft.load(entry.id) : boards.peek(entry));
    const incidentOf = new Map<string, string>();
    const joined = new Map<string, Anomaly[]>();
    const opened: string[] = [];
    const replies = new Map<string, Put>();
    const say = (puts: readonly Put[]): void => {
      for (const put of puts) replies.set(put.id, put);
    };
    for (const { anomaly, receivedAt } of arrivals) {
      if (anomaly.anomaly_status === 'normal') continue;
      const bounds = { windowMs, inhibitMs, flapMs, now, receivedAt };
      const grouping = await group({ anomaly, state: view, draft, board, peek, ...bounds });
      const { incident, isNew, reopened, folded } = grouping;
      const mute = isNew || reopened ? await mutes.over(incident, now) : undefined;
      if (mute) draft.keep({ ...incident, mute: { until: mute.until, id: mute.id } });
      for (const put of grouping.puts) {
        const ifVersion = facts.get(put.id)?.ifVersion ?? put.ifVersion;
        facts.set(put.id, { ...put, ...(ifVersion === undefined ? {} : { ifVersion }) });
      }
      for (const victim of folded)
        say(register.replies(victim, `joined-${victim.correlation.cause?.id}`, { kind: 'joined' }, now));
      if (reopened) say(register.tell(reopened, now));
      if (isNew) opened.push(incident.id);
      incidentOf.set(anomaly.id, incident.id);
      joined.set(incident.id, [...(joined.get(incident.id) ?? []), anomaly]);
    }
    await suppress(draft, joined);
    route(draft, now);
    const changed = draft.changed();
    const timers = register.timers(
      changed.filter((after) => {
        const before = draft.before(after.id);
        if (!before || before.lifecycle.state !== after.lifecycle.state || before.severity !== after.severity)
          return true;
        return needsThread(before) !== needsThread(after);
      }),
      now,
    );
    const since = Math.min(...arrivals.map(({ receivedAt }) => receivedAt));
    const result = await state.commit({
      once: arrivals.map(({ anomaly }) => ({
        kind: 'seen',
        id: `anomaly/${anomaly.id}`,
        ttlMs: SEEN_TTL_MS,
      })),
      put: [
        ...(changed.length > 0 ? [boards.put(board)] : []),
        ...draft.puts(),
        ...facts.values(),
        ...timers.put,
        ...replies.values(),
        ...(await register.announcements(changed, now, since)),
      ],
      delete: timers.delete,
    });
    if (result !== 'done') {
      boards.forget();
      return 'again';
    }
    if (changed.length > 0) boards.written(board, changed);
    for (const id of opened) {
      const severity = changed.find((incident) => incident.id === id)?.severity;
      metrics.incidents.inc({ severity: String(severity) });
    }
    return incidentOf;
  }

  /** Those that were not seen before, each once. */
  async function unseen(arrivals: readonly Arrival[]): Promise<Arrival[]> {
    const all = [...new Map(arrivals.map((arrival) => [arrival.anomaly.id, arrival])).values()];
    const seen = await Promise.all(all.map(({ anomaly }) => state.get('seen', `anomaly/${anomaly.id}`)));
    return all.filter((_, index) => !seen[index]);
  }

  const recordAll = (arrivals: readonly Arrival[]): Promise<Map<string, string>> =>
    register.inTurn(async () => {
      for (let tries = 0; tries < ATTEMPTS; tries += 1) {
        const fresh = await unseen(arrivals);
        if (fresh.length === 0) return new Map();
        let outcome: Map<string, string> | 'again';
        try {
          outcome = await attempt(fresh);
        } catch (error) {
          // The commit may have happened although it was reported as failed: read again.
          boards.forget();
          throw error;
        }
        if (outcome === 'again') continue;
        if (outcome.size > 0) wake();
        return outcome;
      }
      const [first] = arrivals;
      throw new AppError(
        'conflict',
        `anomaly ${first?.anomaly.id}: others changed the incidents ${ATTEMPTS} times`,
      );
    });

  const find = async (fits: (incident: Incident) => boolean): Promise<Incident[]> =>
    (await state.list('incident', { descending: true, limit: MOST }))
      .map((entry) => entry.value)
      .filter(fits);

  return {
    ...createControls({ ...options, register, mutes, votes, find }),
    ...createTimers({ ...options, register, log, now: clock, notBefore, look }),
    discloseRolledBack,

    recordAll,
    async record(anomaly, receivedAt) {
      const id = (await recordAll([{ anomaly, receivedAt }])).get(anomaly.id);
      return id === undefined ? undefined : (await state.get('incident', id))?.value;
    },

    async get(id) {
      return (await state.get('incident', id))?.value;
    },
    find,
    open: () => find((incident) => incident.lifecycle.state !== 'resolved' && needsThread(incident)),

    async inThread(chat, place) {
      if (!place.thread) return undefined;
      const key = threadKey(chat, place.channel, place.thread);
      const found = await state.get('thread', key);
      return found && (await state.get('incident', found.value.incidentId))?.value;
    },
  };
}

/** The store as it will be once the latest incidents of some problems are written. */
function withProblems(state: StateStore, puts: ReadonlyMap<string, Put>): Pick<StateStore, 'get'> {
  return {
    async get<K extends StateKind>(kind: K, id: string) {
      const put = puts.get(id);
      if (put?.kind !== kind) return state.get(kind, id);
      const { rank = 0, ifVersion = 0 } = put;
      return { id, value: put.value as StateKinds[K], rank, version: ifVersion };
    },
  };
}
