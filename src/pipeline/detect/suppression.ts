import type { Feedback } from '../../domain/alert/feedback.ts';
import { LruMap } from '../lru-map.ts';
import { against, poissonTail } from './statistics/odds.ts';

const MAX_HABITS = 5_000;
const MAX_BIASES = 5_000;
const MAX_HEARD = 2_000;
/**
 * Odds per bucket that something is news. What has come about once an hour so far reaches no alert by coming again.
 */
const NEWS = 0.001;
/** What came never yet counts as so many times: in the first minutes everything is new. */
const UNSEEN = 0.05;
/** Buckets without it after which it comes again. */
const ONCE = 60;
/** So many times the most there ever were in one bucket are news, however usual one of them is. */
const SURGE = 2;
const MIN_SURGE = 4;
const SURGE_CONFIDENCE = 0.9;

/** Steps in log-odds: one "false alarm" takes 0.62 to 0.38, one "real" takes 0.5 to 0.62. */
const STEP = { false_alarm: -1, real: 0.5 } as const;
const LEAST_BIAS = -3;
const MOST_BIAS = 1.5;

interface Habit {
  /** How often it came, and in which bucket last: what goes on for a while came once. */
  times: number;
  last: number;
  /** The most there were in one. */
  most: number;
}

export interface HabitsState {
  since: number | undefined;
  habits: [key: string, times: number, last: number, most: number][];
  biases: [key: string, bias: number][];
  heard: string[];
}

/**
 * What is usual of the detectors themselves: how often each finding comes by anyway, and what people said of it. A
 * harmless peculiarity of a system falls silent by itself, or by one press of "false alarm"; a surge of it does not.
 */
export function createHabits() {
  const habits = new LruMap<string, Habit>(MAX_HABITS);
  const biases = new LruMap<string, number>(MAX_BIASES);
  const heard = new LruMap<string, true>(MAX_HEARD);
  let since: number | undefined;

  const keyOf = (service: string, template: string, detector: string): string =>
    `${service}\u0000${template}\u0000${detector}`;

  return {
    /** Confidence that `count` findings of one key in bucket `bucket` are news at all. */
    news(key: string, count: number, bucket: number): number {
      since ??= bucket;
      const habit = habits.get(key);
      // What goes on is not held against itself.
      const going = habit !== undefined && bucket - habit.last <= ONCE ? 1 : 0;
      const mean = ((habit?.times ?? 0) - going + UNSEEN) / (Math.max(0, bucket - since) + 1);
      const news = against(poissonTail(1, mean), NEWS);
      const surges = count >= MIN_SURGE && count >= SURGE * (habit?.most ?? 1);
      return surges ? Math.max(news, SURGE_CONFIDENCE) : news;
    },
    /** Remembers, when a bucket is over, what came in it. */
    remember(key: string, count: number, bucket: number): void {
      const habit = habits.get(key) ?? { times: 0, last: Number.NEGATIVE_INFINITY, most: 0 };
      if (bucket - habit.last > ONCE) habit.times += 1;
      habit.last = bucket;
      habit.most = Math.max(habit.most, count);
      habits.set(key, habit);
    },
    /** The first bucket there was; earlier than any finding. */
    begin(bucket: number): void {
      since ??= bucket;
    },
    /** A confidence as people's judgements on this service, template and detector have moved it. */
    weighed(confidence: number, service: string, template: string, detector: string): number {
      const bias = biases.get(keyOf(service, template, detector));
      if (!bias || confidence <= 0) return confidence;
      const odds = (confidence / (1 - Math.min(confidence, 0.999))) * Math.exp(bias);
      return odds / (1 + odds);
    },
    /** Takes a judgement, each id once. */
    learn({ id, verdict, service, template, detector }: Feedback): void {
      if (heard.has(id)) return;
      heard.set(id, true);
      const key = keyOf(service, template, detector);
      const bias = (biases.get(key) ?? 0) + STEP[verdict];
      biases.set(key, Math.max(LEAST_BIAS, Math.min(MOST_BIAS, bias)));
    },
    save: (): HabitsState => ({
      since,
      habits: [...habits.entries()].map(([key, { times, last, most }]) => [key, times, last, most]),
      biases: [...biases.entries()],
      heard: [...heard.entries()].map(([id]) => id),
    }),
    restore(state: HabitsState): void {
      since = state.since;
      for (const [key, times, last, most] of state.habits) habits.set(key, { times, last, most });
      for (const [key, bias] of state.biases) biases.set(key, bias);
      for (const id of state.heard) heard.set(id, true);
    },
  };
}
export type Habits = ReturnType<typeof createHabits>;
