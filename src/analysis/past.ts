import type { StateStore } from '../backends/state/store.ts';
import type { Incident } from '../domain/incident.ts';
import type { RankedCause } from './rank.ts';

const LOOKED_AT = 300;
const SIMILAR = 0.35;

/**
 * Notes of resolved incidents that resemble the cause: the same template, or words in common (Korean too),
 * the same service counting extra. Best first, newest first among equals.
 */
export async function similarPast(
  state: StateStore | undefined,
  cause: RankedCause | undefined,
): Promise<{ at: number; note: string }[]> {
  if (!state || !cause) return [];
  const stored = await state.list<Incident>('incident', { limit: LOOKED_AT, descending: true });
  const templates = new Set(cause.lines.flatMap((record) => record.template?.id ?? []));
  const words = wordsOf(cause.lines.map((record) => record.message).join(' '));
  const found: { at: number; note: string; score: number }[] = [];
  for (const { value } of stored) {
    if (value.state !== 'resolved') continue;
    const resolved = value.history.findLast((entry) => entry.what === 'resolved');
    const note = resolved?.note ?? value.history.findLast((entry) => entry.note)?.note;
    if (!resolved || !note) continue;
    const same = value.template && templates.has(value.template.id) ? 1 : 0;
    const text = [value.title, ...value.issues, ...value.sampleLines].join(' ');
    const score = same + overlap(words, wordsOf(text)) + (value.service === cause.service ? 0.2 : 0);
    if (score >= SIMILAR) found.push({ at: resolved.at, note, score });
  }
  return found.sort((a, b) => b.score - a.score || b.at - a.at).map(({ at, note }) => ({ at, note }));
}

const wordsOf = (text: string): Set<string> =>
  new Set((text.toLowerCase().match(/[a-z]{3,}|[가-힣]{2,}/g) ?? []).slice(0, 400));

/** Overlap coefficient: shared words over the smaller set. */
function overlap(a: Set<string>, b: Set<string>): number {
  if (a.size < 3 || b.size < 3) return 0;
  let shared = 0;
  for (const word of a) if (b.has(word)) shared += 1;
  return shared / Math.min(a.size, b.size);
}
