/** What a backend says of itself; `/health` and `bongsu doctor` show it unchanged. */
export interface Health {
  ok: boolean;
  /** Which adapter, e.g. `kafka`, `sqlite`. */
  kind: string;
  /** One line for people: where it is, how full it is, or what is wrong. Never a secret. */
  detail: string;
  /** What a person can do when `ok` is false. */
  mend?: string;
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

/** How loaded the machine is: shown at the top of the console and by `/logs health`. */
export interface SystemHealth {
  /** Empty where there is no GPU or nothing that tells about it. */
  gpus: {
    name: string;
    memoryUsedMb?: number;
    memoryTotalMb?: number;
    powerW?: number;
    temperatureC?: number;
    /** 0..1 */
    utilisation?: number;
  }[];
  /** `load` 0..1 over all cores. */
  cpu: { load: number; cores: number };
  memory: { usedMb: number; totalMb: number };
  /** Epoch milliseconds of the reading. */
  at: number;
}
