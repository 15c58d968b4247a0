import type { CommitResult, Put, StateKind, StateKinds, StateStore } from '../../backends/state/store.ts';
import {
  type AlertModel,
  type AlertSignal,
  signalOf,
  signalOfAnomaly,
} from '../../domain/alert/alert-model.ts';
import type { Anomaly } from '../../domain/alert/anomaly.ts';
import {
  type Incident,
  isOpen,
  needsThread,
  type RootCause,
  type SuppressionReason,
} from '../../domain/alert/incident.ts';
import { isFiring } from '../../domain/alert/outside-alert.ts';
import type { Route, Target } from '../../domain/alert/route.ts';
import { suppressionReason } from '../../domain/alert/suppression.ts';
import { AppError } from '../../domain/errors.ts';
import { DAY, MINUTE } from '../../domain/time/units.ts';
import type { Log } from '../../log.ts';
import type { Metrics } from '../../metrics.ts';
import { CONSOLE_CHANNEL, type Place } from '../chat/chat.ts';
import { threadKey } from '../delivery/delivery.ts';
import { moreTargets, targetsOf } from '../delivery/routing.ts';
import { createIncidentActions, type IncidentActions } from './actions.ts';
import { createDisclosure, type Disclosure } from './disclosure.ts';
import type { Timing } from './escalation.ts';
import { type FeedbackHistory, openFeedbackHistory } from './feedback-history.ts';
import { group, PROBLEM_TTL_MS } from './grouping.ts';
import {
  createIncidentRepository,
  type IncidentRepository,
  openUnitOfWork,
  type UnitOfWork,
} from './incident-repository.ts';
import { Blame } from './inhibition.ts';
import { type Mutes, openMutes } from './mutes.ts';
import { openRecentIncidents, type RecentIncidents } from './recent-incidents.ts';
import { takeNormal, tellAlert } from './recovery.ts';
import { createTimers, type Timers } from './timers.ts';

const SEEN_TTL_MS = 7 * DAY;
const ATTEMPTS = 50;
const MOST = 1_000;
/** After a start, missed anomalies are read first: no incident is over only because no bot was there to see them. */
const CATCH_UP_MS = MINUTE;

/** Where incidents of files are told. */
const PAGE_ONLY: Target = { chat: 'console', channel: CONSOLE_CHANNEL };

/** An anomaly and when it was on the bus (epoch ms). */
export interface Arrival {
  anomaly: Anomaly;
  receivedAt: number;
}

export interface Incidents extends IncidentActions, Timers, Pick<Disclosure, 'discloseRolledBack'> {
  /**
   * Takes in anomalies, in their order, with all that follows in one commit. Resolves with the id of the incident by the
   * id of the anomaly, without anomalies that were seen before or say that all is normal. Throws AppError of the state
   * store; then nothing was written.
   */
  recordAll(arrivals: readonly Arrival[]): Promise<Map<string, string>>;
  /** The same for one anomaly; resolves with its incident. */
  record(anomaly: Anomaly, receivedAt: number): Promise<Incident | undefined>;
  /** Keeps the ranked cause of an incident, once it is known. Nothing where it is known already, or the incident is gone. */
  setCause(id: string, cause: RootCause): Promise<void>;
  get(id: string): Promise<Incident | undefined>;
  /** Those of the 1,000 latest that fit; the one seen last comes first. */
  find(fits: (incident: Incident) => boolean): Promise<Incident[]>;
  /** Those of the 1,000 latest that are open, whatever their severity; the one seen last comes first. */
  open(): Promise<Incident[]>;
  /** The incident whose thread this place is. */
  inThread(chat: string, place: Place): Promise<Incident | undefined>;
  /** Keeps how many requests of its service failed. Nothing where the incident is gone. */
  setRequests(id: string, requests: NonNullable<Incident['requests']>): Promise<void>;
}

export interface IncidentsOptions {
  state: StateStore;
  chats: readonly { name: string; alertChannel: string }[];
  windowMs: number;
  inhibitMs: number;
  debounceMs: number;
  /** An incident that comes back within this time of its resolution goes on in its thread. */
  flapMs: number;
  timing: Timing;
  routes: readonly Route[];
  /** The rules are only tried out: nothing is posted outside of the console. */
  shadow: boolean;
  /**
   * The anomalies come from reading files: what they open is told on the console page only (`fromFile`), and what was seen is
   * remembered for as long as the problem itself, because a file may be read again at any time.
   */
  fromFile?: boolean;
  /** The model that decides which alerts to suppress, if there is one. */
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
  const { state } = options;
  const { now = Date.now } = options;
  const notBefore = now() + CATCH_UP_MS;
  const feedback = openFeedbackHistory(state);
  const mutes = openMutes(state);
  const repository = createIncidentRepository({ ...options, notBefore, now });
  const { discloseRolledBack, look } = createDisclosure({ ...options, repository, now });
  const intake = new AnomalyIntake({ ...options, now, repository, mutes, feedback });

  const get = async (id: string): Promise<Incident | undefined> => (await state.get('incident', id))?.value;
  const find = async (fits: (incident: Incident) => boolean): Promise<Incident[]> =>
    (await state.list('incident', { descending: true, limit: MOST }))
      .map((entry) => entry.value)
      .filter(fits);

  return {
    ...createIncidentActions({ ...options, now, repository, mutes, feedback, find }),
    ...createTimers({ ...options, repository, now, notBefore, look }),
    discloseRolledBack,

    recordAll: (arrivals) => intake.recordAll(arrivals),
    async record(anomaly, receivedAt) {
      const id = (await intake.recordAll([{ anomaly, receivedAt }])).get(anomaly.id);
      return id === undefined ? undefined : get(id);
    },

    setCause: (id, rootCause) =>
      repository.change<void>(async (unit) => {
        const incident = await unit.load(id);
        if (incident && !isSame(incident.rootCause, rootCause)) unit.keep({ ...incident, rootCause });
        return { value: undefined, timersOf: [] };
      }),

    get,
    find,
    open: () => find(isOpen),

    async inThread(chat, place) {
      if (!place.thread) return undefined;
      const key = threadKey(chat, place.channel, place.thread);
      const found = await state.get('thread', key);
      return found && get(found.value.incidentId);
    },

    setRequests: (id, requests) =>
      repository.change<void>(async (unit) => {
        const incident = await unit.load(id);
        if (incident) unit.keep({ ...incident, requests });
        return { value: undefined, timersOf: [] };
      }),
  };
}

interface IntakeOptions extends IncidentsOptions {
  now: () => number;
  repository: IncidentRepository;
  mutes: Mutes;
  feedback: FeedbackHistory;
}

/** What a batch of anomalies leads to, before it is committed. */
interface Taken {
  unit: UnitOfWork;
  recentIncidents: RecentIncidents;
  /** The writes that name the latest incident of a problem; each anomaly sees those of the anomalies before it. */
  problems: Map<string, Put>;
  replies: Map<string, Put>;
  /** Id of the incident by that of the anomaly. */
  incidentOf: Map<string, string>;
  /** The anomalies that came now, by incident. */
  joined: Map<string, Anomaly[]>;
  opened: string[];
}

/** Takes in anomalies: that they were seen, incidents and deliveries are one commit. */
class AnomalyIntake {
  readonly #options: IntakeOptions;
  readonly #recent: ReturnType<typeof openRecentIncidents>;
  readonly #blame = new Blame();

  constructor(options: IntakeOptions) {
    this.#options = options;
    this.#recent = openRecentIncidents(options.state, options.inhibitMs);
  }

  recordAll(arrivals: readonly Arrival[]): Promise<Map<string, string>> {
    const { repository, wake } = this.#options;
    return repository.inTurn(async () => {
      for (let tries = 0; tries < ATTEMPTS; tries += 1) {
        const fresh = await this.#unseen(arrivals);
        if (fresh.length === 0) return new Map();
        const outcome = await this.#attempt(fresh);
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
  }

  /** The anomalies that were not seen before, each once. */
  async #unseen(arrivals: readonly Arrival[]): Promise<Arrival[]> {
    const { state } = this.#options;
    const all = [...new Map(arrivals.map((arrival) => [arrival.anomaly.id, arrival])).values()];
    const seen = await Promise.all(all.map(({ anomaly }) => state.get('seen', seenId(anomaly))));
    return all.filter((_, index) => !seen[index]);
  }

  /** One try to take them in; `again` where another process changed something meanwhile. */
  async #attempt(arrivals: readonly Arrival[]): Promise<Map<string, string> | 'again'> {
    const now = this.#options.now();
    try {
      const taken = await this.#group(arrivals, now);
      await this.#suppress(taken);
      this.#mark(taken, now);
      this.#route(taken.unit, now);
      const changed = taken.unit.changed();
      if ((await this.#commit(arrivals, taken, now)) !== 'done') {
        this.#recent.forget();
        return 'again';
      }
      if (changed.length > 0) this.#recent.written(taken.recentIncidents, changed);
      this.#count(taken.opened, changed);
      return taken.incidentOf;
    } catch (error) {
      // The commit may have happened although it was reported as failed: read again.
      this.#recent.forget();
      throw error;
    }
  }

  /** Puts each anomaly into its incident, one after the other. */
  async #group(arrivals: readonly Arrival[], now: number): Promise<Taken> {
    const { state } = this.#options;
    const taken: Taken = {
      unit: openUnitOfWork(state),
      recentIncidents: await this.#recent.read(now),
      problems: new Map(),
      replies: new Map(),
      incidentOf: new Map(),
      joined: new Map(),
      opened: [],
    };
    for (const arrival of arrivals)
      if (arrival.anomaly.anomaly_status !== 'normal') await this.#groupOne(arrival, taken, now);
      else {
        const { repository, windowMs, keepMs } = this.#options;
        const { unit, replies } = taken;
        const known = withProblems(state, taken.problems);
        await takeNormal(arrival.anomaly, { state: known, unit, replies, repository, windowMs, keepMs, now });
      }
    return taken;
  }

  async #groupOne({ anomaly, receivedAt }: Arrival, taken: Taken, now: number): Promise<void> {
    const { state, windowMs, inhibitMs, flapMs, mutes, repository } = this.#options;
    const { unit, recentIncidents, problems, replies, incidentOf, joined } = taken;
    const { incident, isNew, reopened, folded, puts } = await group({
      anomaly,
      state: withProblems(state, problems),
      unit,
      recentIncidents,
      blame: this.#blame,
      peek: (entry) => (entry.touched === now ? unit.load(entry.id) : this.#recent.peek(entry)),
      ...{ windowMs, inhibitMs, flapMs, now, receivedAt },
    });
    const mute = isNew || reopened ? await mutes.over(incident, now) : undefined;
    if (mute) unit.keep({ ...incident, mute: { until: mute.until, id: mute.id } });
    for (const put of puts) {
      const ifVersion = problems.get(put.id)?.ifVersion ?? put.ifVersion;
      problems.set(put.id, { ...put, ...(ifVersion === undefined ? {} : { ifVersion }) });
    }
    const said = folded.flatMap((consequence) =>
      repository.replies(consequence, `joined-${consequence.correlation.cause?.id}`, { kind: 'joined' }, now),
    );
    if (reopened) said.push(...repository.tell(reopened, now));
    else if (anomaly.alert && !isNew) said.push(...tellAlert(incident, anomaly.alert, repository, now));
    for (const put of said) replies.set(put.id, put);
    if (isNew) taken.opened.push(incident.id);
    incidentOf.set(anomaly.id, incident.id);
    joined.set(incident.id, [...(joined.get(incident.id) ?? []), anomaly]);
  }

  /** Suppresses likely false alarms, unless people were notified of the incident, judged it, or other services suffer too. */
  async #suppress({ unit, joined }: Taken): Promise<void> {
    const model = await this.#options.alertModel?.();
    for (const incident of unit.changed()) {
      const before = unit.before(incident.id);
      const { suppression, ...told } = incident;
      if (!suppression && (before || !model)) continue;
      const isAlone =
        incident.correlation.affected.length === 0 &&
        !incident.feedback.verdict &&
        incident.lifecycle.state === 'open';
      // Each of the anomalies that came now is judged by what it says itself.
      const signals = [signalOf(incident), ...(joined.get(incident.id) ?? []).map(signalOfAnomaly)];
      const reason = model && isAlone ? await this.#reasonForAll(model, signals) : undefined;
      if (reason) unit.keep({ ...told, suppression: { reason } });
      else if (suppression) unit.keep(told);
    }
  }

  /** The reason to suppress them, if there is one for each of them: that of the first. */
  async #reasonForAll(
    model: AlertModel,
    signals: readonly AlertSignal[],
  ): Promise<SuppressionReason | undefined> {
    let first: SuppressionReason | undefined;
    for (const signal of signals) {
      const reason = suppressionReason(model, await this.#options.feedback.of(signal), signal);
      if (!reason) return undefined;
      first ??= reason;
    }
    return first;
  }

  /** Keeps incidents of files on the page; one that live lines join is told like any other from now on. */
  #mark({ unit, opened }: Taken, now: number): void {
    const { fromFile } = this.#options;
    for (const incident of unit.changed()) {
      if (fromFile && opened.includes(incident.id))
        unit.keep({ ...incident, fromFile: true, routing: { targets: [PAGE_ONLY] } });
      if (fromFile || !incident.fromFile) continue;
      const { fromFile: _file, routing: _page, ...live } = incident;
      unit.keep({ ...live, lifecycle: { ...live.lifecycle, openedAt: now } });
    }
  }

  /** The channels for incidents that opened or got worse. Without rules it is every chat's alert channel. */
  #route(unit: UnitOfWork, now: number): void {
    const { routes, chats, shadow } = this.#options;
    if (routes.length === 0 && !shadow) return;
    for (const incident of unit.changed()) {
      const before = unit.before(incident.id);
      if (incident.fromFile) continue;
      if (before && before.severity === incident.severity && incident.routing?.targets) continue;
      const decided = targetsOf(incident, { routes, chats, shadow }, now);
      const targets = moreTargets(incident.routing?.targets, decided);
      unit.keep({ ...incident, routing: { targets } });
    }
  }

  #commit(arrivals: readonly Arrival[], taken: Taken, now: number): Promise<CommitResult> {
    const { unit, recentIncidents, problems, replies } = taken;
    const changed = unit.changed();
    const seenMs = this.#options.fromFile ? PROBLEM_TTL_MS : SEEN_TTL_MS;
    return this.#options.repository.commit(unit, now, {
      once: arrivals.map(({ anomaly }) => ({ kind: 'seen', id: seenId(anomaly), ttlMs: seenMs })),
      puts: [
        ...(changed.length > 0 ? [this.#recent.put(recentIncidents)] : []),
        ...problems.values(),
        ...replies.values(),
      ],
      since: Math.min(...arrivals.map(({ receivedAt }) => receivedAt)),
      timersOf: changed.filter((after) => mayChangeTimer(unit.before(after.id), after)),
    });
  }

  #count(opened: readonly string[], changed: readonly Incident[]): void {
    for (const id of opened) {
      const severity = changed.find((incident) => incident.id === id)?.severity;
      this.#options.metrics.incidents.inc({ severity: String(severity) });
    }
  }
}

/** Where the store keeps that an anomaly was taken in. */
export const seenId = ({ id }: Pick<Anomaly, 'id'>): string => `anomaly/${id}`;

/** Whether what the incident does by itself may be due at another time. */
const mayChangeTimer = (before: Incident | undefined, after: Incident): boolean =>
  !before ||
  before.lifecycle.state !== after.lifecycle.state ||
  before.severity !== after.severity ||
  before.fromFile !== after.fromFile ||
  isFiring(before) !== isFiring(after) ||
  needsThread(before) !== needsThread(after);

const isSame = (a: RootCause | undefined, b: RootCause): boolean => JSON.stringify(a) === JSON.stringify(b);

/** The store as it will be when the latest incidents of these problems are written. */
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
