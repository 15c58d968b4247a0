/** What a backend reports about itself; `/health` and `bongsu doctor` show it unchanged. */
export interface Health {
  ok: boolean;
  /** Which adapter, e.g. `kafka`, `sqlite`. */
  kind: string;
  /** One line for people: its address, how full it is, or what is wrong. Never a secret. */
  detail: string;
  /** What a person can do when `ok` is false. */
  mend?: string;
  /**
   * The phrases that `detail` and `mend` are made of, so that they can be shown in another language; absent if there are none.
   */
  said?: { detail: HealthPhrase[]; mend?: HealthPhrase };
}

/** A key of the catalogue of health (`i18n/health.ts`) with the values that are filled in. */
export type HealthPhrase = [word: string, values?: Record<string, string | number>];

/** Everything else works without these: answers come without a model, and alerts wait in the outbox for their chat. */
const OPTIONAL =
  /^(models?|chats?|slack|discord|outbox|send|syslog|beats|otlp|files|dead letters|refused lines|index watch)\b/i;

/** `ok`: all are well. `degraded`: only a model or a chat is missing. `down`: a backend that everything needs is missing. */
export function overall(backends: Record<string, Health>): 'ok' | 'degraded' | 'down' {
  const missing = Object.entries(backends).filter(([, health]) => !health.ok);
  if (missing.length === 0) return 'ok';
  return missing.every(([name]) => OPTIONAL.test(name)) ? 'degraded' : 'down';
}

/**
 * How long to wait for the answer of one backend. Adapters give up by themselves after three seconds and then say what to mend;
 * this limit is for one that does not. The health check in Docker Compose waits five seconds for all of them together.
 */
export const HEALTH_TIMEOUT_MS = 3_500;

/** Why work on a GPU waits: it is too hot (°C), or has too little free memory (MB). */
export interface GpuPause {
  reason: 'hot' | 'memory';
  value: number;
  limit: number;
}

/** One reading as it is stored. Fractions are 0..1, temperatures in °C, power in W; of several GPUs the highest value. */
export interface SystemSample {
  /** Epoch milliseconds. */
  at: number;
  cpu: number;
  memory: number;
  gpu?: { utilisation?: number; memory?: number; temperatureC?: number; powerW?: number };
}

/** What a machine's workers measured lately, oldest first. */
export interface SystemHistory {
  host: string;
  samples: SystemSample[];
}

/** How busy the machine is: shown at the top of the console and by `/logs health`. */
export interface SystemHealth {
  /** Empty if there is no GPU, or no tool that reads it. */
  gpus: {
    name: string;
    /** The machine it is in, if that is another one. */
    host?: string;
    memoryUsedMb?: number;
    memoryTotalMb?: number;
    powerW?: number;
    temperatureC?: number;
    /** 0..1 */
    utilisation?: number;
    /** Why its clock is slowed down now; absent if it is not, or if the driver does not say it. */
    throttled?: ('power' | 'thermal' | 'hardware')[];
    /** Programs that use it, if the driver lists them. */
    processes?: { pid: number; name: string; memoryMb?: number }[];
    /** Profiles of the MIG devices it is split into: `3g.20gb`. */
    mig?: string[];
  }[];
  /** `load` 0..1 over all cores. */
  cpu: { load: number; cores: number };
  memory: { usedMb: number; totalMb: number };
  /** Epoch milliseconds of the reading. */
  at: number;
}

/** What one process reports about itself to the other processes on the same store. */
export interface ProcessHealth {
  /** Epoch milliseconds by its own clock. */
  at: number;
  host: string;
  /** `pipeline`, or several joined by `+`. */
  role: string;
  /** Its collectors and outputs, and the backends that it finds broken. */
  parts: Record<string, Health>;
  /** The load of its machine, if it runs the role worker. */
  gpus: SystemHealth['gpus'];
}
