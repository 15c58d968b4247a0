import { createTask, type ScheduledTask } from 'node-cron';
import type { StateStore } from '../backends/state/store.ts';
import { AppError } from '../domain/errors.ts';
import { type Cron, type Occurrence, occurrences, parseCron } from '../domain/time/cron.ts';
import { DAY } from '../domain/time/units.ts';
import type { Log } from '../log.ts';

/** How often the clock is looked at. */
const TICK = '*/10 * * * * *';
/** How far ahead the next time is searched. */
const FIVE_YEARS_MS = 5 * 366 * DAY;

/** Something that runs by the clock. */
export interface Schedule {
  /** Unique; the last time it ran is stored under it. */
  name: string;
  /** Five crontab fields, or `off`. */
  cron: string;
  timeZone: string;
  /**
   * What happens with times that passed while nothing ran: those within `withinMs` are made up for, each of them or only
   * the latest; older ones are skipped.
   */
  missed: { withinMs: number; which: 'each' | 'latest' };
  /** Starts the work of a period. May be called again for the same period after a crash, and by another process. */
  run(occurrence: Occurrence): Promise<void>;
}

interface Entry {
  schedule: Schedule;
  cron: Cron;
  /** There is nothing to do before this, epoch milliseconds. */
  next: number;
}

export interface SchedulerOptions {
  state: StateStore;
  schedules: readonly Schedule[];
  log: Log;
  /** Epoch milliseconds; for tests, which also call `tick` themselves. */
  now?: () => number;
}

/**
 * Runs schedules until disposed. Each stores the last time it ran by compare-and-set, and its work is named by the
 * period. So several processes, crashes and a clock that is set back do not run a period twice, and a crash between the
 * two steps does not lose one. A new schedule begins with the next time.
 */
export class Scheduler implements AsyncDisposable {
  readonly #state: StateStore;
  readonly #log: Log;
  readonly #now: () => number;
  readonly #entries: Entry[];
  readonly #clock: ScheduledTask;
  /** The tick that runs, or ran last: one follows the other. */
  #ticking: Promise<void> = Promise.resolve();
  #closed = false;

  /** @throws AppError `config_invalid` for a cron text that cannot be read */
  constructor({ state, schedules, log, now = Date.now }: SchedulerOptions) {
    this.#state = state;
    this.#log = log;
    this.#now = now;
    this.#entries = schedules
      .filter(({ cron }) => cron !== 'off')
      .map((schedule) => ({ schedule, cron: readCron(schedule), next: Number.NEGATIVE_INFINITY }));
    this.#clock = createTask(TICK, () => this.tick(), {
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
  }

  start(): void {
    void this.#clock.start();
    void this.tick();
  }

  /** Looks at the clock now: runs what is due, and resolves when all of it is queued. Never rejects. */
  tick(): Promise<void> {
    this.#ticking = this.#ticking.then(async () => {
      for (const entry of this.#entries) {
        if (this.#closed) return;
        try {
          await this.#runDue(entry);
        } catch (err) {
          // The store or the queue is away: the schedule stays due until it could be queued.
          this.#log.warn(
            { err, schedule: entry.schedule.name },
            'a schedule could not be run and is tried again',
          );
        }
      }
    });
    return this.#ticking;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    await this.#clock.destroy();
    await this.#ticking;
  }

  async #runDue(entry: Entry): Promise<void> {
    const { schedule, cron } = entry;
    const time = this.#now();
    // Before the next time the store need not be asked. A clock that was set back is not believed.
    if (time < entry.next) return;
    const id = `schedule/${schedule.name}`;
    const stored = await this.#state.get('schedule', id);
    let version = stored?.version ?? 0;
    const reach = async (at: number): Promise<boolean> => {
      const put = { kind: 'schedule' as const, id, value: { at }, ifVersion: version };
      version += 1;
      return (await this.#state.commit({ put: [put] })) === 'done';
    };
    const since = stored?.value.at ?? time;
    const due = [...occurrences(cron, schedule.timeZone, since, time)];
    const { withinMs, which } = schedule.missed;
    const wanted = due.filter(({ at }) => time - at <= withinMs).slice(which === 'latest' ? -1 : 0);
    const skipped = due.length - wanted.length;
    if (skipped > 0) this.#log.warn({ schedule: schedule.name, skipped }, 'missed times are skipped by rule');
    for (const occurrence of wanted) {
      if (this.#closed) return;
      await schedule.run(occurrence);
      // Another process was faster: it goes on from there.
      if (!(await reach(occurrence.at))) return;
    }
    if (!stored || (skipped > 0 && wanted.length === 0)) await reach(due.at(-1)?.at ?? since);
    const [next] = occurrences(cron, schedule.timeZone, time, time + FIVE_YEARS_MS);
    entry.next = next?.at ?? time + FIVE_YEARS_MS;
  }
}

/** Runs schedules from now on. @throws AppError `config_invalid` for a cron text that cannot be read */
export function startScheduler(options: SchedulerOptions): Scheduler {
  const scheduler = new Scheduler(options);
  if (!options.now) scheduler.start();
  return scheduler;
}

function readCron({ name, cron }: Schedule): Cron {
  const parsed = parseCron(cron);
  if (!parsed) throw new AppError('config_invalid', `schedule ${name}: "${cron}" is no crontab expression`);
  return parsed;
}
