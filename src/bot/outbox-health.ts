import type { Lease } from '../backends/state/lease.ts';
import type { StateStore } from '../backends/state/store.ts';
import type { ErrorCode } from '../domain/errors.ts';
import type { Health } from '../domain/health.ts';
import type { Clock } from './clock.ts';
import type { Lane } from './lane.ts';
import type { TroubleBook } from './trouble.ts';

/** A clock that is behind by more than this is worth a word. */
const BEHIND_MS = 5_000;
const COUNTED = 1_000;
const SET_CLOCK = 'set the clock of this machine; alerts go on by the time that has passed';

/** What `/health` says of the outbox: places that take nothing, what was given up, how much waits, who sends. */
export async function outboxHealth(options: {
  state: StateStore;
  lanes: ReadonlyMap<string, Lane>;
  trouble: TroubleBook;
  clock: Clock;
  lease: Pick<Lease, 'term' | 'problem'>;
}): Promise<Health> {
  const { state, lanes, trouble, clock, lease } = options;
  const kind = 'outbox';
  const claim = lease.problem();
  if (claim)
    return {
      ok: false,
      kind,
      detail: `this process cannot say that it is the one that sends: state store ${claim}`,
      mend: 'mend the state store; what waits is in it, and what comes in waits on the bus',
    };
  const { places, givenUp } = await trouble.read();
  const problems = new Map<string, string>();
  const codes = new Set<ErrorCode>();
  for (const [name, { problem }] of lanes) {
    if (!problem) continue;
    problems.set(name, problem);
    codes.add(problem);
  }
  for (const [name, { code, moved }] of Object.entries(places)) {
    problems.set(name, moved > 0 ? `${code}, ${moved} messages went to the fallback` : code);
    codes.add(code);
  }
  const details = [...problems].map(([name, what]) => `${name}: ${what}`);
  const behindMs = clock.behindMs();
  if (behindMs > BEHIND_MS)
    details.push(`the clock of this machine was set back by ${Math.round(behindMs / 1_000)} s`);
  const waiting = await state.list('outbox', { to: clock.now(), limit: COUNTED });
  const role = lease.term() ? '' : 'standing by, another process sends; ';
  const lost = givenUp > 0 ? `; ${givenUp} replies given up, their threads are gone` : '';
  const detail = `${role}${[...details, `${waiting.length} waiting`].join('; ')}${lost}`;
  if (details.length === 0) return { ok: true, kind, detail };
  return { ok: false, kind, detail, mend: problems.size > 0 ? mend(codes) : SET_CLOCK };
}

function mend(codes: ReadonlySet<ErrorCode>): string {
  if (codes.has('unauthorized')) return 'check the token';
  if (codes.has('forbidden')) return 'invite the bot to the channel and check its scopes';
  if (codes.has('not_found')) return 'check the configured channel';
  return 'nothing is lost: it is sent when the platform answers again';
}
