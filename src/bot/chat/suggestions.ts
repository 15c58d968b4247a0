import type { LogStore } from '../../backends/logs/store.ts';
import type { Log } from '../../log.ts';
import type { ChatHandlers } from './chat.ts';

/** The names of services are read again after this long. */
const NAMES_MS = 30_000;
const MOST_NAMES = 200;
const WINDOWS = ['15m', '30m', '1h', '6h', '24h', '7d'];
const SUGGESTIONS = 25;

/** What a half-typed argument of a slash command may become. Without the log store there are no suggestions. */
export function createSuggestions(logs: Pick<LogStore, 'counts'>, log: Log): ChatHandlers['complete'] {
  let known: { at: number; names: string[] } | undefined;

  async function serviceNames(): Promise<string[]> {
    if (!known || known.at < Date.now() - NAMES_MS) {
      const counts = await logs.counts({}, 'service', MOST_NAMES);
      known = { at: Date.now(), names: counts.map((entry) => entry.key) };
    }
    return known.names;
  }

  return async (option, typed) => {
    try {
      const all = option === 'window' ? WINDOWS : await serviceNames();
      const wanted = typed.toLowerCase();
      return all.filter((name) => name.toLowerCase().includes(wanted)).slice(0, SUGGESTIONS);
    } catch (error) {
      log.warn({ err: error }, 'no suggestions');
      return [];
    }
  };
}
