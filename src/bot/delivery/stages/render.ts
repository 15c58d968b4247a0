import type { ErrorCode } from '../../../domain/errors.ts';
import type { Message } from '../../../domain/question/message.ts';
import { MINUTE } from '../../../domain/time/units.ts';
import { sentence } from '../../views/replies.ts';
import type { Attempt, Stage } from '../attempt.ts';
import { type Delivery, settle } from '../delivery.ts';

/** Whether there is news of a removed message is asked again after at most this. */
const NEWS_POLL_MS = 10 * MINUTE;
/** After this many refusals a message is sent as one line: better that than nothing. */
const REFUSALS = 3;
/** The platform does not take the message as it is. */
const REFUSED: ReadonlySet<ErrorCode> = new Set(['malformed', 'too_large', 'internal']);

/** Makes the message from the incident as it is now. Where there is nothing to say, nothing is sent. */
export const render: Stage<Attempt> = async (attempt, context) => {
  const { stored } = attempt;
  const { alter, clock, fallback } = context;
  const delivery = stored.value;
  const rendered = await context.render(delivery);
  if (!rendered) {
    await settle(alter, stored);
    return 'done';
  }
  const { notBefore = 0 } = rendered;
  if (notBefore > clock.now()) {
    const due = Math.min(notBefore, clock.now() + NEWS_POLL_MS);
    await alter(stored.id, (now) => ({ ...now, due }));
    return 'done';
  }
  const { message } = rendered;
  attempt.rendered = {
    ...rendered,
    message: wasRefused(delivery) ? inOneLine(message) : fallback.explained(message, delivery),
  };
  return 'next';
};

const wasRefused = ({ attempts, problem }: Delivery): boolean =>
  attempts >= REFUSALS && problem !== undefined && REFUSED.has(problem);

const inOneLine = ({ summary, tone }: Message): Message => ({ ...sentence(summary), tone });
