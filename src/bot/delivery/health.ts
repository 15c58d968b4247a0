import type { Lease } from '../../backends/state/lease.ts';
import type { StateStore } from '../../backends/state/store.ts';
import type { ErrorCode } from '../../domain/errors.ts';
import type { Health } from '../../domain/health.ts';
import type { PlainWord } from '../../i18n/health.ts';
import { healthOf, type Phrase } from '../../i18n/health.ts';
import type { Clock } from './monotonic-clock.ts';
import type { Lane } from './rate-limiter.ts';
import type { TroubleBook } from './unreachable-channels.ts';

/** A clock that is behind by more than this is worth a word. */
const BEHIND_MS = 5_000;
const COUNTED = 1_000;

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
  if (claim) return healthOf(false, kind, [['unclaimed', { error: claim }]], ['mend.claim']);
  const { places, givenUp } = await trouble.read();
  const problems = new Map<string, Phrase>();
  const codes = new Set<ErrorCode>();
  for (const [place, { problem }] of lanes) {
    if (!problem) continue;
    problems.set(place, ['troubled', { place, code: problem }]);
    codes.add(problem);
  }
  for (const [place, { code, moved }] of Object.entries(places)) {
    problems.set(
      place,
      moved > 0 ? ['detoured', { place, code, count: moved }] : ['troubled', { place, code }],
    );
    codes.add(code);
  }
  const wrong = [...problems.values()];
  const behindMs = clock.behindMs();
  if (behindMs > BEHIND_MS) wrong.push(['behind', { seconds: Math.round(behindMs / 1_000) }]);
  const waiting = await state.list('outbox', { to: clock.now(), limit: COUNTED });
  const detail: Phrase[] = [
    ...(lease.term() ? [] : [['standby'] satisfies Phrase]),
    ...wrong,
    ['waiting', { count: waiting.length }],
    ...(givenUp > 0 ? [['givenUp', { count: givenUp }] satisfies Phrase] : []),
  ];
  if (wrong.length === 0) return healthOf(true, kind, detail);
  return healthOf(false, kind, detail, [problems.size > 0 ? mend(codes) : 'mend.clock']);
}

function mend(codes: ReadonlySet<ErrorCode>): PlainWord {
  if (codes.has('unauthorized')) return 'mend.token';
  if (codes.has('forbidden')) return 'mend.invite';
  return codes.has('not_found') ? 'mend.channel' : 'mend.later';
}
