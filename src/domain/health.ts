import { HEALTH_WORDS, type HealthWord } from '../i18n/health.ts';
import type { Language } from './question/question.ts';

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
  said?: { detail: Phrase[]; mend?: Phrase };
}

/** A word of the catalogue with what is filled in. */
export type Phrase = [word: HealthWord, values?: Record<string, string | number>];

/** One phrase in words. */
export const healthText = (language: Language, [word, values = {}]: Phrase): string =>
  HEALTH_WORDS[language][word].replace(/\{(\w+)\}/g, (_, name: string) => String(values[name] ?? ''));
const inWords = (language: Language, phrases: readonly Phrase[]): string =>
  phrases.map((one) => healthText(language, one)).join(', ');

/** Health said in words of the catalogue; `detail` and `mend` are English, for programs and logs. */
export function healthOf(ok: boolean, kind: string, detail: Phrase[], mend?: Phrase): Health {
  return {
    ok,
    kind,
    detail: inWords('en', detail),
    ...(mend ? { mend: healthText('en', mend) } : {}),
    said: { detail, ...(mend ? { mend } : {}) },
  };
}

/** The same for people of a language. A word of another version of the program stays English. */
export function healthIn(language: Language, health: Health): Health {
  const { said } = health;
  const known = (phrases: readonly Phrase[]) => phrases.every(([word]) => word in HEALTH_WORDS[language]);
  if (!said || !known([...said.detail, ...(said.mend ? [said.mend] : [])])) return health;
  return {
    ...health,
    detail: inWords(language, said.detail),
    ...(said.mend ? { mend: healthText(language, said.mend) } : {}),
  };
}

/** Without these the rest still works: answers come without a model, alerts wait in the outbox for their chat. */
const OPTIONAL =
  /^(models?|chats?|slack|discord|outbox|send|syslog|beats|otlp|files|dead letters|refused lines)\b/i;

/** `ok`: all are well. `degraded`: only a model or a chat is missing. `down`: a backend that everything needs is missing. */
export function overall(backends: Record<string, Health>): 'ok' | 'degraded' | 'down' {
  const missing = Object.entries(backends).filter(([, health]) => !health.ok);
  if (missing.length === 0) return 'ok';
  return missing.every(([name]) => OPTIONAL.test(name)) ? 'degraded' : 'down';
}

/** What stands for the models where there is none and none was asked for: the rest is whole without. */
export const NO_MODEL = healthOf(true, 'none', [['noModel']]);

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
