// Systems in which nothing is wrong, or nothing that the logs could tell.
import { FAULT, type Scenario } from './scenario.ts';
import { END, ONSET } from './world.ts';

export const QUIET: Scenario[] = [
  { name: 'nothing but the usual', play: () => undefined },
  {
    name: 'not all there at the start',
    play(w) {
      const [one, two] = w.apps;
      w.repeat(
        one!,
        [1_000, 4_000],
        400,
        'error',
        () => `dial tcp: lookup ${two} on 10.0.0.2:53: no such host`,
      );
      return undefined;
    },
  },
  {
    name: 'a rolling restart',
    play(w) {
      for (const [i, app] of w.apps.entries()) {
        w.say(app, ONSET + i * 20_000, 'info', 'received SIGTERM, draining');
        w.say(app, ONSET + i * 20_000 + 4_000, 'info', `listening on :${w.port(app)}`);
      }
      return undefined;
    },
  },
  {
    name: 'requests that only take longer',
    play(w) {
      w.repeat(w.apps[0]!, FAULT, 2_000, 'info', (i) => `request ${i} done in ${4_000 + (i % 900)} ms`);
      return undefined;
    },
  },
  {
    name: 'people who mistype',
    play(w) {
      w.repeat(
        w.apps[1]!,
        [10_000, END],
        4_000,
        'warn',
        (i) => `login failed for account ${i % 70}: wrong password`,
      );
      return undefined;
    },
  },
  {
    name: 'one odd error',
    play(w) {
      w.say(w.apps[2]!, ONSET, 'error', 'could not parse the header of one request');
      return undefined;
    },
  },
];
