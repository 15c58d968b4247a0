import { checkTerm, type Ready, type Rendered, type Stage } from '../attempt.ts';
import { nonceOf } from '../delivery.ts';

/** Posts the message, with the nonce by which it is found again. */
export const postMessage: Stage<Ready> = async (ready, context) => {
  if (ready.sent) return 'next';
  const { stored, chat, place, rendered, term } = ready;
  const { id, value: delivery } = stored;
  checkTerm(term, context);
  context.begun.set(id, context.clock.now());
  const ref = await chat.post(place, rendered.message, {
    nonce: nonceOf(id, delivery),
    ...threadOption(rendered),
  });
  context.metrics.messagesSent.inc({ chat: chat.name, operation: 'post' });
  ready.sent = { ref, shown: delivery.wanted, told: rendered.told };
  return 'next';
};

/** The title of the thread to open, as `post` and `find` of a chat take it. */
export const threadOption = ({ opensThread }: Rendered): { opensThread?: string } =>
  opensThread === undefined ? {} : { opensThread };
