import type { StateStore } from '../backends/state/store.ts';
import type { Anomaly } from '../domain/anomaly.ts';
import { AppError } from '../domain/errors.ts';
import { type Incident, needsThread } from '../domain/incident.ts';
import type { Route } from '../domain/route.ts';
import type { Log } from '../log.ts';
import type { Metrics } from '../metrics.ts';
import { openBoard } from './board.ts';
import type { Place } from './chat.ts';
import { type Controls, createControls } from './controls.ts';
import { threadKey } from './delivery.ts';
import { type Draft, group, openDraft } from './grouping.ts';
import { openMutes } from './mutes.ts';
import { createRegister } from './register.ts';
import { moreTargets, targetsOf } from './targets.ts';
import { createTimers, type Timers } from './timers.ts';
import type { Timing } from './timing.ts';

const SEEN_TTL_MS = 7 * 86_400_000;
const ATTEMPTS = 50;
const MOST = 1_000;
/** After a start what came meanwhile is read first: an incident is not over because nobody looked. */
const CATCH_UP_MS = 60_000;

export interface Incidents extends Controls, Timers {
  /**
   * Takes one anomaly in, atomically: seen, incident, deliveries. Resolves with its incident, or undefined when
   * it was seen before or says that all is normal. Throws AppError of the state store; nothing has happened then.
   * @param receivedAt epoch ms at which it was on the bus
   */
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
  const register = createRegister({ ...options, notBefore, now: clock });

  /** Where those that opened or got worse are told of. Without rules every chat's alert channel is meant. */
  function route(draft: Draft, now: number): void {
    if (rules.routes.length === 0 && !rules.shadow) return;
    for (const incident of draft.changed()) {
      const before = draft.before(incident.id);
      if (before && before.severity === incident.severity && incident.targets) continue;
      draft.keep({ ...incident, targets: moreTargets(incident.targets, targetsOf(incident, rules, now)) });
    }
  }

  async function attempt(anomaly: Anomaly, receivedAt: number): Promise<Incident | 'seen' | 'again'> {
    const now = clock();
    const board = await boards.read(now);
    const draft = openDraft(state);
    const { peek } = boards;
    const bounds = { windowMs, inhibitMs, flapMs, now, receivedAt };
    const grouping = await group({ anomaly, state, draft, board, peek, ...bounds });
    const { isNew, reopened, folded } = grouping;
    let { incident } = grouping;
    const mute = isNew || reopened ? await mutes.over(incident, now) : undefined;
    if (mute) {
      incident = { ...incident, mutedUntil: mute.until, muteId: mute.id };
      draft.keep(incident);
    }
    route(draft, now);
    const changed = draft.changed();
    const timers = register.timers(
      changed.filter((after) => {
        const before = draft.before(after.id);
        if (!before || before.state !== after.state || before.severity !== after.severity) return true;
        return needsThread(before) !== needsThread(after);
      }),
      now,
    );
    const result = await state.commit({
      once: [{ kind: 'seen', id: `anomaly/${anomaly.id}`, ttlMs: SEEN_TTL_MS }],
      put: [
        boards.put(board),
        ...draft.puts(),
        ...grouping.puts,
        ...timers.put,
        ...folded.flatMap((victim) =>
          register.replies(victim, `joined-${victim.cause?.id}`, { kind: 'joined' }, now),
        ),
        ...(reopened ? register.tell(reopened, now) : []),
        ...(await register.announcements(changed, now, receivedAt)),
      ],
      delete: timers.delete,
    });
    if (result === 'duplicate') return 'seen';
    if (result !== 'done') {
      boards.forget();
      return 'again';
    }
    boards.written(board, changed);
    if (isNew) metrics.incidents.inc({ severity: String(incident.severity) });
    return changed.find(({ id }) => id === incident.id) ?? incident;
  }

  const find = async (fits: (incident: Incident) => boolean): Promise<Incident[]> =>
    (await state.list<Incident>('incident', { descending: true, limit: MOST }))
      .map((entry) => entry.value)
      .filter(fits);

  return {
    ...createControls({ ...options, register, mutes, find }),
    ...createTimers({ ...options, register, log, now: clock, notBefore }),

    record: (anomaly, receivedAt) =>
      register.inTurn(async () => {
        const id = `anomaly/${anomaly.id}`;
        if (anomaly.anomaly_status === 'normal') {
          await state.commit({ once: [{ kind: 'seen', id, ttlMs: SEEN_TTL_MS }] });
          return undefined;
        }
        if (await state.get('seen', id)) return undefined;
        for (let tries = 0; tries < ATTEMPTS; tries += 1) {
          let outcome: Incident | 'seen' | 'again';
          try {
            outcome = await attempt(anomaly, receivedAt);
          } catch (error) {
            // The commit may have happened although it was reported as failed: read again.
            boards.forget();
            throw error;
          }
          if (outcome === 'seen') return undefined;
          if (outcome === 'again') continue;
          wake();
          return outcome;
        }
        throw new AppError(
          'conflict',
          `anomaly ${anomaly.id}: others changed the incidents ${ATTEMPTS} times`,
        );
      }),

    async get(id) {
      return (await state.get<Incident>('incident', id))?.value;
    },
    find,
    open: () => find((incident) => incident.state !== 'resolved' && needsThread(incident)),

    async inThread(chat, place) {
      if (!place.thread) return undefined;
      const key = threadKey(chat, place.channel, place.thread);
      const found = await state.get<{ incidentId: string }>('thread', key);
      return found && (await state.get<Incident>('incident', found.value.incidentId))?.value;
    },
  };
}
