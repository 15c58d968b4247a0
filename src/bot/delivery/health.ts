import type { ErrorCode } from '../../domain/errors.ts';
import type { Health } from '../../domain/health.ts';
import { healthOf, type Phrase, type PlainWord } from '../../i18n/health.ts';
import type { DeliveryContext } from './attempt.ts';
import type { RateLimiter } from './rate-limiter.ts';

/** If the machine's clock was set back by at least this much, health reports it. */
const BEHIND_MS = 5_000;
const COUNTED = 1_000;

/** The outbox in `/health`: channels that refuse us, replies that were given up, how much waits, and who sends. */
export async function outboxHealth(
  { state, unreachable, clock, lease }: DeliveryContext,
  limiters: ReadonlyMap<string, RateLimiter>,
): Promise<Health> {
  const kind = 'outbox';
  const claim = lease.problem();
  if (claim) return healthOf(false, kind, [['unclaimed', { error: claim }]], ['mend.claim']);
  const { places, givenUp } = await unreachable.read();
  const problems = new Map<string, Phrase>();
  const codes = new Set<ErrorCode>();
  for (const [place, { problem }] of limiters) {
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
