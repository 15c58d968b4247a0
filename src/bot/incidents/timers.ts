import type { StateStore } from '../../backends/state/store.ts';
import type { Incident } from '../../domain/alert/incident.ts';
import { actOn } from '../../domain/alert/incident-actions.ts';
import { type Target, targetsFor } from '../../domain/alert/route.ts';
import type { Log } from '../../log.ts';
import { moreTargets } from '../delivery/routing.ts';
import { auditPut, ITSELF } from './audit.ts';
import { dueActs, type EscalationStep, type Timing } from './escalation.ts';
import type { Register } from './incident-repository.ts';

const POLL_MS = 1_000;
const AT_ONCE = 100;

/** What happens to incidents by itself: mutes end, quiet ones are over, those nobody acknowledged are escalated. */
export interface Timers {
  /**
   * Does all that is due. The times lie in the store, so they outlast a restart; several processes may look at once,
   * because each incident changes in one commit that only one of them wins.
   */
  tick(): Promise<void>;
  /** Ticks every second until disposed. */
  watch(): AsyncDisposable;
}

export function createTimers(options: {
  state: StateStore;
  chats: readonly { name: string; alertChannel: string }[];
  register: Register;
  timing: Timing;
  shadow: boolean;
  keepMs: number;
  notBefore: number;
  now: () => number;
  /** What else is looked at, after what is due. */
  look: () => Promise<void>;
  log: Log;
}): Timers {
  const { state, chats, register, timing, shadow, keepMs, notBefore, now: clock, look, log } = options;

  /** A step leads to a channel in which the incident is not told of yet. */
  function called(incident: Incident, step: EscalationStep): Incident {
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

  const due = (id: string): Promise<void> =>
    register.change<void>(async (draft, now) => {
      const before = await draft.load(id);
      if (!before) return { value: undefined, deletes: [{ kind: 'timer', id }] };
      let incident = before;
      const told: Incident[] = [];
      const puts = [];
      for (const { act, step } of dueActs(before, timing, now, notBefore)) {
        incident = actOn(incident, act);
        if (step) incident = called(incident, step);
        // That a mute ended needs no words, the parent shows it; a consequence has its story in another thread.
        if (act.what !== 'unmuted' && !incident.correlation.cause) told.push(incident);
        puts.push(auditPut(ITSELF, { at: now, what: act.what, incident: id }, keepMs));
      }
      if (incident === before) {
        const timers = register.timers([before], now);
        return { value: undefined, puts: timers.put, deletes: timers.delete };
      }
      draft.keep(incident);
      return { value: undefined, puts, told };
    });

  let stopping = false;

  async function tick(): Promise<void> {
    for (;;) {
      const waiting = await state.list('timer', { to: clock(), limit: AT_ONCE });
      let done = 0;
      for (const { id } of waiting) {
        if (stopping) return;
        try {
          await due(id);
          done += 1;
        } catch (error) {
          // The next tick tries again; one that cannot be done must not hold up the others.
          log.warn({ err: error, incident: id }, 'what was due for an incident could not be done');
        }
      }
      // Where the store takes no writes none gets further: asking again at once would never end.
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
