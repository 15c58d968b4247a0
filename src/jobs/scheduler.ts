import { createTask } from 'node-cron';
import type { StateStore } from '../backends/state/store.ts';
import { AppError } from '../domain/errors.ts';
import { type Cron, type Occurrence, occurrences, parseCron } from '../domain/time/cron.ts';
import { DAY } from '../domain/time/units.ts';
import type { Log } from '../log.ts';

/** How often the clock is looked at. */
const TICK = '*/10 * * * * *';
const YEARS_MS = 5 * 366 * DAY;

/** Something that runs by the clock. */
export interface Schedule {
  /** Unique; how far it came is remembered by it. */
  name: string;
  /** Five crontab fields, or `off`. */
  cron: string;
  timeZone: string;
  /**
   * What becomes of times that passed while nothing ran: those within `withinMs` are caught up, each of them or only the
   * latest; older ones are skipped.
   */
  missed: { withinMs: number; which: 'each' | 'latest' };
  /** Starts the work of a period. May be called again for the same period after a crash, and by another process. */
  run(occurrence: Occurrence): Promise<void>;
}

export interface Scheduler extends AsyncDisposable {
  /** Looks at the clock now: runs what is due, and resolves when all of it is queued. Never rejects. */
  tick(): Promise<void>;
}

/**
 * Runs schedules until disposed. Each remembers in the state store the last time it ran, by compare-and-set, and its
 * work is named by the period; so several processes, crashes and a clock that is set back make no second run, and a
 * crash between the two makes no lost one. A schedule that is new begins with the next time.
 * @throws AppError `config_invalid` for a cron text that cannot be read
 */
export function startScheduler(options: {
  state: StateStore;
  schedules: readonly Schedule[];
  log: Log;
  /** Epoch milliseconds; for tests, which also call `tick` themselves. */
  now?: () => number;
}): Scheduler {
  const { state, log, now = Date.now } = options;
  const active = options.schedules
    .filter(({ cron }) => cron !== 'off')
    .map((schedule) => ({ schedule, cron: readCron(schedule), next: Number.NEGATIVE_INFINITY }));
  let turn: Promise<void> = Promise.resolve();
  let closed = false;

  async function advance(entry: (typeof active)[number]): Promise<void> {
    const { schedule, cron } = entry;
    const time = now();
    // Until the next time there is nothing to ask the store for. A clock that was set back is not believed.
    if (time < entry.next) return;
    const id = `schedule/${schedule.name}`;
    const stored = await state.get('schedule', id);
    let version = stored?.version ?? 0;
    const reach = async (at: number): Promise<boolean> => {
      const put = { kind: 'schedule' as const, id, value: { at }, ifVersion: version };
      version += 1;
      return (await state.commit({ put: [put] })) === 'done';
    };
    const since = stored?.value.at ?? time;
    const due = [...occurrences(cron, schedule.timeZone, since, time)];
    const { withinMs, which } = schedule.missed;
    const wanted = due.filter(({ at }) => time - at <= withinMs).slice(which === 'latest' ? -1 : 0);
    const skipped = due.length - wanted.length;
    if (skipped > 0) log.warn({ schedule: schedule.name, skipped }, 'missed times are skipped by rule');
    for (const occurrence of wanted) {
      if (closed) return;
      await schedule.run(occurrence);
      // Another process was faster: it goes on from there.
      if (!(await reach(occurrence.at))) return;
    }
    if (!stored || (skipped > 0 && wanted.length === 0)) await reach(due.at(-1)?.at ?? since);
    const [next] = occurrences(cron, schedule.timeZone, time, time + YEARS_MS);
    entry.next = next?.at ?? time + YEARS_MS;
  }

  const tick = (): Promise<void> => {
    turn = turn.then(async () => {
      for (const entry of active) {
        if (closed) return;
        try {
          await advance(entry);
        } catch (err) {
          // The store or the queue is away: it is due until it could be queued.
          log.warn({ err, schedule: entry.schedule.name }, 'a schedule could not be run and is tried again');
        }
      }
    });
    return turn;
  };

  const clock = createTask(TICK, tick, {
    noOverlap: true,
    unref: true,
    suppressMissedWarning: true,
    logger: {
      info: (text) => log.debug(text),
      warn: (text) => log.debug(text),
      error: (problem) => log.warn({ err: problem }, 'clock'),
      debug: () => {},
    },
  });
  if (!options.now) {
    void clock.start();
    void tick();
  }
  return {
    tick,
    async [Symbol.asyncDispose]() {
      closed = true;
      await clock.destroy();
      await turn;
    },
  };
}

function readCron({ name, cron }: Schedule): Cron {
  const parsed = parseCron(cron);
  if (!parsed) throw new AppError('config_invalid', `schedule ${name}: "${cron}" is no crontab expression`);
  return parsed;
}
