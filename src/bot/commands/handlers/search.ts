import type { LiveMessage } from '../../chat/chat.ts';
import { searchView } from '../../views/replies.ts';
import { type CommandInvocation, commandWindow, type Services } from '../context.ts';

const HITS = 20;
const TIMEOUT_MS = 20_000;

/** `search`: the newest lines that contain all words. */
export async function search(
  services: Services,
  invocation: CommandInvocation,
  live: LiveMessage,
): Promise<void> {
  const { chat, command, speech } = invocation;
  const window = await commandWindow(services, invocation);
  const page = await services.logs.search(
    { ...window, text: command.text, ...(command.services ? { services: command.services } : {}) },
    { limit: HITS, signal: AbortSignal.any([services.signal, AbortSignal.timeout(TIMEOUT_MS)]) },
  );
  await live.finish(searchView(chat.shown?.(page) ?? page, speech));
}
