import { MINUTE } from '../../../domain/time/units.ts';
import type { Ready, Stage } from '../attempt.ts';
import { isAlert, nonceOf } from '../delivery.ts';
import { threadOption } from './post-message.ts';

/** The clocks of the platform and of this machine may differ by this much: an hour of summer time, and some minutes. */
const SKEW_MS = 65 * MINUTE;

/** Asks the platform for a message that was posted before, when it is not known whether it arrived. */
export const lookUp: Stage<Ready> = async (ready) => {
  const { stored, chat, place, rendered } = ready;
  const { id, value: delivery } = stored;
  if (ready.sent || delivery.sending === undefined) return 'next';
  const nonce = nonceOf(id, delivery);
  const found = await chat.find(place, nonce, delivery.sending - SKEW_MS, threadOption(rendered));
  if (!found) return 'next';
  chat.attach?.(found, rendered.message, nonce);
  // The message on the platform has the content of that time; if it may have changed since, it is edited next.
  const mayHaveChanged = isAlert(delivery) || delivery.wanted > 1;
  ready.sent = { ref: found, shown: mayHaveChanged ? delivery.wanted - 1 : delivery.wanted };
  return 'next';
};
