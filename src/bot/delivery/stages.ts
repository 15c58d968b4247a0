import type { Stored } from '../../backends/state/store.ts';
import type { AppError } from '../../domain/errors.ts';
import type { Attempt, DeliveryContext, Failure, Ready, Stage } from './attempt.ts';
import { type Delivery, routeOf } from './delivery.ts';
import { askParent } from './stages/ask-parent.ts';
import { avoidClosedChannel } from './stages/avoid-closed-channel.ts';
import { backOff } from './stages/back-off.ts';
import { editMessage } from './stages/edit-message.ts';
import { findPlace } from './stages/find-place.ts';
import { giveUp } from './stages/give-up.ts';
import { leaveToStorm } from './stages/leave-to-storm.ts';
import { lookUp } from './stages/look-up.ts';
import { markSending } from './stages/mark-sending.ts';
import { moveToFallback } from './stages/move-to-fallback.ts';
import { noteSent } from './stages/note-sent.ts';
import { postMessage } from './stages/post-message.ts';
import { reload } from './stages/reload.ts';
import { render } from './stages/render.ts';
import { waitForOtherSender } from './stages/wait-for-other-sender.ts';

// The way of a delivery from the outbox to a platform. Each stage is in the state store before the next one begins, so a
// crash between two of them loses nothing and posts nothing twice.

/** What to say, and where. These cost nothing on the platform. */
const PREPARE: readonly Stage<Attempt>[] = [
  // A channel that refused us a moment ago: an alert goes to the fallback at once.
  avoidClosedChannel,
  // The entry as it is now: since it was listed it may have been sent, changed or put off.
  reload,
  // A storm message contains this incident: that message is changed instead.
  leaveToStorm,
  // Another process sent it a moment ago, and it may still be on its way: wait.
  waitForOtherSender,
  // Its channel or thread. A thread that is not open yet is waited for.
  findPlace,
  // The message as it is now. Muted, joined to its cause or no news: nothing is sent.
  render,
];

/** What the platform is asked to do. */
const TRANSMIT: readonly Stage<Ready>[] = [
  // The message is on the platform: it is changed. If somebody removed it, it is posted again when there is news.
  editMessage,
  // It may have been posted before a crash: the platform is asked for its nonce.
  lookUp,
  // From here on it may be there, whatever happens to this process.
  markSending,
  postMessage,
  // Where it is and what it shows; a new thread leads to its incident, which is analysed.
  noteSent,
];

/** After a refusal. */
const FAIL: readonly Stage<Failure>[] = [
  // A reply did not find its thread: an edit of its parent message shows whether that still exists.
  askParent,
  // The channel needs a person: the message goes to the fallback. Without a fallback, health names the channel.
  moveToFallback,
  // A reply whose thread is gone for good.
  giveUp,
  // Later, again. An alert is tried for ever.
  backOff,
];

async function run<T>(stages: readonly Stage<T>[], attempt: T, context: DeliveryContext): Promise<boolean> {
  for (const stage of stages) if ((await stage(attempt, context)) === 'done') return false;
  return true;
}

/** @returns what can go out now; undefined when nothing can, and that is in the store */
export async function prepare(attempt: Attempt, context: DeliveryContext): Promise<Ready | undefined> {
  if (!(await run(PREPARE, attempt, context))) return undefined;
  const { term, stored, place, rendered } = attempt;
  const chat = context.chats.get(routeOf(stored.value).chat);
  return chat && place && rendered && { term, stored, chat, place, rendered };
}

/** Posts or edits. @throws what the chat throws; `fail` is then to be called */
export async function transmit(ready: Ready, context: DeliveryContext): Promise<void> {
  await run(TRANSMIT, ready, context);
}

/** Puts a failed delivery off, or on its way to the fallback. */
export async function fail(
  stored: Stored<Delivery>,
  error: AppError,
  context: DeliveryContext,
): Promise<void> {
  const begunAt = context.begun.get(stored.id);
  context.begun.delete(stored.id);
  await run(FAIL, { stored, error, begunAt }, context);
}
