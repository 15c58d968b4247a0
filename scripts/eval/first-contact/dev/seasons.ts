// An application over days and one over weeks: nights, batches and weekends are no trouble.
import { type Draft, type Family, Log } from '../case.ts';
import type { Draw } from '../draw.ts';
import { createWorld } from '../names.ts';
import { stamp } from '../stamp.ts';
import { weeks } from '../weeks.ts';

/** Seventeen days of an office, with a nightly and a weekly run. */
function office(draw: Draw): Draft {
  const world = createWorld(draw);
  const log = new Log();
  const say = (at: number, level: string, text: string): void =>
    log.add(at, `${stamp(at, '%Y-%m-%d %H:%M:%S')} ${level} [${world.service}] ${text}`);
  const { singles, nightly, weekly } = weeks(draw, 17);
  for (const at of singles) {
    say(at, 'INFO', `${world.person} saved ${world.thing.slice(0, -1)} ${draw.int(1000, 99_999)}`);
    if (draw.chance(0.02))
      say(at + 700, 'WARN', `${world.thing.slice(0, -1)} ${draw.int(1000, 99_999)} has no due date`);
  }
  for (const at of nightly) {
    for (let n = 0; n < 120; n += 1)
      say(at + n * 900 + draw.int(0, 500), 'INFO', `reindexed block ${n} in ${draw.int(20, 90)} ms`);
    say(at + 120_000, 'INFO', 'nightly run finished');
  }
  for (const at of weekly)
    for (let n = 0; n < 300; n += 1)
      say(at + n * 1500 + draw.int(0, 900), 'INFO', `exported ${draw.int(10, 900)} rows of ${world.thing2}`);
  return {
    kind: 'application over seventeen days',
    files: { [`${world.service}.log`]: log },
    culprit: [],
    problem: [],
    lines: [],
    services: [world.service],
    note: 'nights, weekends, a nightly and a weekly run',
  };
}

export const SEASONS: Family[] = [{ name: 'office-weeks', only: 'healthy', make: office }];
