import type { Ready, Stage } from '../attempt.ts';
import { putEntry } from '../delivery.ts';

/** Notes in the store that it is posted now. A process that finds this note later looks the message up first. */
export const markSending: Stage<Ready> = async ({ stored, sent, term }, { state, alter, clock }) => {
  const { id, version, value: delivery } = stored;
  if (sent || delivery.sending !== undefined) return 'next';
  const mark = { sending: clock.now(), by: term.id };
  const marked = putEntry(id, { ...delivery, ...mark }, version);
  if ((await state.commit({ put: [marked] })) === 'done') return 'next';
  // It changed meanwhile, which an edit will show. It is still posted, unless it was sent already or is in a storm message.
  let mine = true;
  await alter(id, (now) => {
    mine = !now.ref && !now.storm && now.sending === undefined;
    return mine ? { ...now, ...mark } : now;
  });
  return mine ? 'next' : 'done';
};
