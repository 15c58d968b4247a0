import { openBackends } from '../../../stores.ts';
import type { Context } from '../../context.ts';
import { printJson } from '../../output.ts';

const PAGE = 1_000;

/**
 * `audit`: the audit log as JSON lines, oldest first.
 * @param options.since ms back from now
 */
export async function audit(
  context: Context,
  options: { since?: number; incident?: string },
): Promise<number> {
  const { config, log, signal } = context;
  await using backends = await openBackends(config, log, { models: [] });
  const seen = new Set<string>();
  for (let from = options.since === undefined ? 0 : Date.now() - options.since; ; ) {
    signal.throwIfAborted();
    const page = await backends.state.list('audit', { from, limit: PAGE });
    // The next page begins at the time of this page's last entry, so it may repeat some entries.
    const fresh = page.filter(({ id }) => !seen.has(id));
    seen.clear();
    for (const { id } of page) seen.add(id);
    for (const { value } of fresh)
      if (!options.incident || value.incident === options.incident.replace(/^#/, ''))
        await printJson({ ...value, at: new Date(value.at).toISOString() });
    if (page.length < PAGE || fresh.length === 0) return 0;
    from = page.at(-1)!.rank;
  }
}
