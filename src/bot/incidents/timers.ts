import type { Put, StateStore } from '../../backends/state/store.ts';
import type { Incident } from '../../domain/alert/incident.ts';
import { actOn } from '../../domain/alert/incident-actions.ts';
import { type Target, targetsFor } from '../../domain/alert/route.ts';
import type { Log } from '../../log.ts';
import { moreTargets } from '../delivery/routing.ts';
import { auditPut, ITSELF } from './audit.ts';
import { dueActs, type EscalationStep, type Timing } from './escalation.ts';
import type { IncidentRepository } from './incident-repository.ts';

const POLL_MS = 1_000;
const AT_ONCE = 100;

/** What happens to incidents by itself: mutes end, quiet incidents are over, unacknowledged ones are escalated. */
export interface Timers {
  /**
   * Does everything that is due. The times are in the store, so they outlast a restart. Several processes may look at
   * once: each incident changes in one commit, and only one of them succeeds.
   */
  tick(): Promise<void>;
  /** Ticks every second until disposed. */
  watch(): AsyncDisposable;
}

export interface TimersOptions {
  state: StateStore;
  chats: readonly { name: string; alertChannel: string }[];
  repository: IncidentRepository;
  timing: Timing;
  shadow: boolean;
  keepMs: number;
  /** Nothing is over by quiet before this (epoch ms). */
  notBefore: number;
  /** Epoch ms. */
  now: () => number;
  /** What else is looked at, after what is due. */
  look: () => Promise<void>;
  log: Log;
}

export function createTimers(options: TimersOptions): Timers {
  const { state, look, log } = options;
  let stopping = false;

  async function tick(): Promise<void> {
    for (;;) {
      const waiting = await state.list('timer', { to: options.now(), limit: AT_ONCE });
      let done = 0;
      for (const { id } of waiting) {
        if (stopping) return;
        try {
          await doDue(id, options);
          done += 1;
        } catch (error) {
          // The next tick tries again; an incident that cannot be changed must not hold up the others.
          log.warn({ err: error, incident: id }, 'what was due for an incident could not be done');
        }
      }
      // Where the store takes no writes nothing gets done: to ask again at once would never end.
      if (waiting.length < AT_ONCE || done === 0) return;
    }
  }

  return {
    tick,
    watch() {
      let running = Promise.resolve();
      let busy = false;
      const timer = setInterval(() => {
        if (busy) return;
        busy = true;
        running = tick()
          .then(look)
          .catch((error) => log.debug({ err: error }, 'the timers of incidents cannot be read'))
          .finally(() => {
            busy = false;
          });
      }, POLL_MS);
      timer.unref();
      return {
        async [Symbol.asyncDispose]() {
          stopping = true;
          clearInterval(timer);
          await running;
        },
      };
    },
  };
}

/** Does what is due for one incident, in one commit. */
const doDue = (id: string, options: TimersOptions): Promise<void> => {
  const { repository, timing, keepMs, notBefore } = options;
  return repository.change<void>(async (unit, now) => {
    const before = await unit.load(id);
    if (!before) return { value: undefined, deletes: [{ kind: 'timer', id }] };
    let incident = before;
    const told: Incident[] = [];
    const puts: Put[] = [];
    for (const { act, step } of dueActs(before, timing, now, notBefore)) {
      incident = actOn(incident, act);
      if (step) incident = escalated(incident, step, options);
      // The end of a mute is only shown in the parent message; a consequence is reported in the thread of its cause.
      if (act.what !== 'unmuted' && !incident.correlation.cause) told.push(incident);
      puts.push(auditPut(ITSELF, { at: now, what: act.what, incident: id }, keepMs));
    }
    if (incident === before) {
      const timers = repository.timers([before], now);
      return { value: undefined, puts: timers.put, deletes: timers.delete };
    }
    unit.keep(incident);
    return { value: undefined, puts, told };
  });
};

/** Adds the channel of a step of escalation to those the incident is posted in. */
function escalated(
  incident: Incident,
  step: EscalationStep,
  { chats, shadow }: Pick<TimersOptions, 'chats' | 'shadow'>,
): Incident {
  const chat = chats.find(({ name }) => name === step.platform);
  if (!chat || !step.channel) return incident;
  const target: Target = {
    chat: chat.name,
    channel: step.channel,
    ...(step.mention.length > 0 ? { mention: [...step.mention] } : {}),
    ...(shadow ? { shadow: true } : {}),
  };
  const before = incident.routing?.targets ?? targetsFor([], chats, shadow);
  return { ...incident, routing: { targets: moreTargets(before, [target]) } };
}
