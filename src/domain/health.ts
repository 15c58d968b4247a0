/** What a backend says of itself; `/health` and `bongsu doctor` show it unchanged. */
export interface Health {
  ok: boolean;
  /** Which adapter, e.g. `kafka`, `sqlite`. */
  kind: string;
  /** One line for people: where it is, how full it is, or what is wrong. Never a secret. */
  detail: string;
  /** What a person can do when `ok` is false. */
  mend?: string;
  /** What `detail` and `mend` are made of, so that they can be said in another language; absent where they cannot. */
  said?: { detail: HealthPhrase[]; mend?: HealthPhrase };
}

/** A word of the catalogue of health (`i18n/health.ts`) with the values that fill its gaps. */
export type HealthPhrase = [word: string, values?: Record<string, string | number>];

/** Without these the rest still works: answers come without a model, alerts wait in the outbox for their chat. */
const OPTIONAL =
  /^(models?|chats?|slack|discord|outbox|send|syslog|beats|otlp|files|dead letters|refused lines)\b/i;

/** `ok`: all are well. `degraded`: only a model or a chat is missing. `down`: a backend that everything needs is missing. */
export function overall(backends: Record<string, Health>): 'ok' | 'degraded' | 'down' {
  const missing = Object.entries(backends).filter(([, health]) => !health.ok);
  if (missing.length === 0) return 'ok';
  return missing.every(([name]) => OPTIONAL.test(name)) ? 'degraded' : 'down';
}

/**
 * How long the answer of one backend is waited for. Adapters give up by themselves after three seconds and then say
 * what to mend; this is for one that does not. Compose's health check waits five seconds for all of them.
 */
export const HEALTH_TIMEOUT_MS = 3_500;

/** Why work on a GPU waits: too hot (°C), or too little free memory (MB). */
export interface GpuPause {
  reason: 'hot' | 'memory';
  value: number;
  limit: number;
}

/** One reading as it is kept. Shares 0..1, temperatures in °C, power in W; of several GPUs the busiest figure. */
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

/** How loaded the machine is: shown at the top of the console and by `/logs health`. */
export interface SystemHealth {
  /** Empty where there is no GPU or nothing that tells about it. */
  gpus: {
    name: string;
    /** The machine it is in, where that is another. */
    host?: string;
    memoryUsedMb?: number;
    memoryTotalMb?: number;
    powerW?: number;
    temperatureC?: number;
    /** 0..1 */
    utilisation?: number;
    /** Why its clock is held down now; absent when it is not, or nobody says. */
    throttled?: ('power' | 'thermal' | 'hardware')[];
    /** Programs that use it, where the driver tells. */
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

/** What one process says of itself to the others on the same store. */
export interface ProcessHealth {
  /** Epoch milliseconds by its own clock. */
  at: number;
  host: string;
  /** `pipeline`, or several joined by `+`. */
  role: string;
  /** Its collectors and outputs, and the backends that are not well as it sees them. */
  parts: Record<string, Health>;
  /** Of its machine, where it does the work of a worker. */
  gpus: SystemHealth['gpus'];
}
