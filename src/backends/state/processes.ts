import type { Health, ProcessHealth, SystemHealth } from '../../domain/health.ts';
import { MINUTE } from '../../domain/time/units.ts';
import { healthOf } from '../../i18n/health.ts';
import type { Log } from '../../log.ts';
import type { StateStore } from './store.ts';

const EVERY_MS = 30_000;
/** A process that reported nothing for this long has died. Clocks of processes may differ by less. */
const SILENT_MS = 3 * EVERY_MS;
/** How long a process that died is reported. */
const REMEMBERED_MS = 15 * MINUTE;
/** A result is used for this long: the page asks every two seconds. */
const FRESH_MS = 5_000;
/** The most processes that are reported. */
const PROCESSES = 50;

type Gpu = SystemHealth['gpus'][number];

/** Parts by a name such as `pipeline@host: syslog udp`; GPUs with their host. */
interface Others {
  parts: Record<string, Health>;
  gpus: Gpu[];
}

/** Here the processes that share a state store report their health to each other. */
export interface Processes {
  /** Writes the result of `read` every half minute until disposed, which removes it. Never throws. */
  tell(id: string, read: () => Promise<Omit<ProcessHealth, 'at'>>): AsyncDisposable;
  /** The reports of the other processes, at most five seconds old; empty while the store cannot be read. Never rejects. */
  others(id: string): Promise<Others>;
}

/** @param options.now epoch milliseconds; for tests */
export function openProcesses(options: { state: StateStore; log: Log; now?: () => number }): Processes {
  const { state, log, now = Date.now } = options;
  let known: { at: number; others: Promise<Others> } | undefined;

  async function read(id: string): Promise<Others> {
    const told = await state.list('process', { limit: PROCESSES, descending: true });
    const parts: Record<string, Health> = {};
    const gpus: Gpu[] = [];
    for (const { value } of told.filter((one) => one.id !== id)) {
      const name = `${value.role}@${value.host}`;
      const silentMs = now() - value.at;
      if (silentMs > SILENT_MS) {
        const minutes = Math.round(silentMs / MINUTE);
        parts[name] = healthOf(false, 'process', [['silent', { minutes }]], ['mend.process']);
        continue;
      }
      for (const [part, health] of Object.entries(value.parts)) parts[`${name}: ${part}`] = health;
      for (const gpu of value.gpus) gpus.push({ ...gpu, host: value.host });
    }
    return { parts, gpus };
  }

  return {
    tell(id, read) {
      let last: Promise<unknown> = Promise.resolve();
      const say = async (): Promise<void> => {
        try {
          const at = now();
          const value: ProcessHealth = { at, ...(await read()) };
          await state.commit({ put: [{ kind: 'process', id, value, rank: at, ttlMs: REMEMBERED_MS }] });
        } catch (err) {
          log.debug({ err }, 'the other processes were not told how this one is');
        }
      };
      const begin = (): void => {
        last = last.then(say);
      };
      begin();
      const timer = setInterval(begin, EVERY_MS);
      timer.unref();
      return {
        async [Symbol.asyncDispose]() {
          clearInterval(timer);
          await last;
          await state
            .commit({ delete: [{ kind: 'process', id }] })
            .catch((err: unknown) => log.debug({ err }, 'this process is told of for a while yet'));
        },
      };
    },
    others(id) {
      if (!known || now() - known.at > FRESH_MS)
        known = { at: now(), others: read(id).catch(() => ({ parts: {}, gpus: [] })) };
      return known.others;
    },
  };
}
