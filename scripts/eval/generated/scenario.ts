// The parts of a kind of failure.
import { END, ONSET, type World } from './world.ts';

export interface Scenario {
  name: string;
  /**
   * Adds the failure to a healthy system.
   * @returns the service that is the cause; undefined when the logs do not show it
   */
  play(world: World): string | undefined;
  /** A line that proves it. */
  proof?: RegExp;
}

/** From its beginning to the end of the logs. */
export const FAULT: [number, number] = [ONSET, END];
/** Callers write many more complaints than the culprit; the gateway writes the most. */
export function callers(world: World, culprit: string, text: (i: number) => string, ko = false): void {
  const { apps, gateway, repeat } = world;
  for (const app of apps.filter((name) => name !== culprit).slice(0, 2))
    repeat(app, [ONSET + 3_000, END], 2_000, 'error', text);
  repeat(gateway, [ONSET + 5_000, END], 900, 'error', (i) =>
    ko ? `요청 처리 실패 GET /v1/${i % 9} 502` : `GET /v1/${apps[i % 2]} 502 upstream error`,
  );
}
/** The usual culprit. */
export const first = (world: World): string => world.apps[0]!;
/** A scenario whose culprit is found before it is played. */
export const by =
  (play: (world: World, culprit: string) => void, who = first) =>
  (world: World): string => {
    const culprit = who(world);
    play(world, culprit);
    return culprit;
  };
export const db = (world: World): string => world.db;
