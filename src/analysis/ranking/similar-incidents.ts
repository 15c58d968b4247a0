import type { StateStore } from '../../backends/state/store.ts';
import type { HistoryEntry, Incident } from '../../domain/alert/incident.ts';
import { DAY } from '../../domain/time/units.ts';
import type { RankedCause } from './ranking.ts';

/** A note that a person wrote when resolving a similar incident. */
export interface PastFix {
  /** When it was resolved, epoch milliseconds. */
  at: number;
  note: string;
  /** How many later incidents people resolved after this note was shown to them. */
  helped: number;
}

/** Which earlier incidents' notes were shown for an incident: state kind `advice`, by the incident's id. */
interface Advice {
  at: number;
  /** Ids of the earlier incidents. */
  from: string[];
}

const LOOKED_AT = 300;
const SHOWN = 2;
const ADVICE_KEPT_MS = 365 * DAY;
/** Share of the weight of the words that two texts must have in common. */
const SIMILAR = 0.35;
/** If the new note has less in common with the shown one than this, another remedy was found. */
const SAME_NOTE = 0.2;
/**
 * How much each time that a note helped adds to its score: of equally similar notes, the one that helped more often comes first.
 */
const HELPED = 0.1;

/**
 * Notes of resolved incidents that resemble the cause: the same template, or words in common (Korean too; rare words weigh more);
 * the same service adds to it. Best first, newest first among equals. The notes that are shown for an incident are stored, so
 * that its resolution counts for them.
 * @param incidentId the incident that the question is about; it is never compared with itself
 */
export async function similarPast(
  state: StateStore | undefined,
  cause: RankedCause | undefined,
  options: { incidentId?: string; now?: number } = {},
): Promise<PastFix[]> {
  if (!state || !cause) return [];
  const { incidentId, now = Date.now() } = options;
  const [stored, shown] = await Promise.all([
    state.list('incident', { limit: LOOKED_AT, descending: true }),
    state.list('advice', { limit: LOOKED_AT, descending: true }),
  ]);
  const incidents = new Map(stored.map(({ value }) => [value.id, value]));
  const templates = new Set(cause.lines.flatMap((record) => record.template?.id ?? []));
  const texts = new Map([...incidents].map(([id, incident]) => [id, wordsOf(textOf(incident))]));
  const weigh = rarity([...texts.values()]);
  const words = wordsOf(cause.lines.map((record) => record.message).join(' '));
  const found: (PastFix & { id: string; score: number })[] = [];
  for (const [id, incident] of incidents) {
    if (incident.lifecycle.state !== 'resolved' || id === incidentId) continue;
    const resolved = resolution(incident);
    const note = resolved?.note ?? incident.lifecycle.history.findLast((entry) => entry.note)?.note;
    if (!resolved || !note) continue;
    const same = incident.identity.template && templates.has(incident.identity.template.id) ? 1 : 0;
    const alike = same + overlap(words, texts.get(id)!, weigh);
    const score = alike + (incident.service === cause.service ? 0.2 : 0);
    if (score < SIMILAR) continue;
    const helped = shown.filter(
      ({ id: later, value }) => value.from.includes(id) && hasHelped(incidents.get(later), value, note),
    ).length;
    found.push({ id, at: resolved.at, note, helped, score: score + HELPED * Math.log2(1 + helped) });
  }
  const best = found.sort((a, b) => b.score - a.score || b.at - a.at).slice(0, SHOWN);
  if (incidentId && best.length > 0) {
    const value: Advice = { at: now, from: best.map(({ id }) => id) };
    await state.commit({
      put: [{ kind: 'advice', id: incidentId, value, rank: now, ttlMs: ADVICE_KEPT_MS }],
    });
  }
  return best.map(({ at, note, helped }) => ({ at, note, helped }));
}

const textOf = ({ title, issues, sampleLines }: Incident): string =>
  [title, ...issues, ...sampleLines].join(' ');

/** The entry by which a person resolved it; undefined if it ended by itself. */
const resolution = (incident: Incident): HistoryEntry | undefined =>
  incident.lifecycle.history.findLast((entry) => entry.what === 'resolved' && entry.who !== 'bongsu');

/** Whether a person resolved the incident after the note was shown, and did not write a note about another remedy. */
function hasHelped(later: Incident | undefined, advice: Advice, note: string): boolean {
  const resolved = later?.lifecycle.state === 'resolved' ? resolution(later) : undefined;
  if (!resolved || resolved.at < advice.at) return false;
  if (!resolved.note) return true;
  return overlap(wordsOf(resolved.note), wordsOf(note), () => 1, 1) >= SAME_NOTE;
}

/** Words of Latin letters, and pairs of Korean syllables, which do not depend on endings. */
function wordsOf(text: string): Set<string> {
  const out = new Set<string>();
  for (const [word] of text.toLowerCase().matchAll(/[a-z]{3,}|[가-힣]{2,}/g)) {
    if (out.size >= 400) break;
    if (word < '가') out.add(word);
    else for (let i = 0; i + 1 < word.length; i += 1) out.add(word.slice(i, i + 2));
  }
  return out;
}

/** The weight of a word: a rare word counts more than one that all texts have. */
function rarity(texts: readonly ReadonlySet<string>[]): (word: string) => number {
  const holders = new Map<string, number>();
  for (const text of texts) for (const word of text) holders.set(word, (holders.get(word) ?? 0) + 1);
  return (word) => Math.log(1 + (texts.length + 1) / (holders.get(word) ?? 1));
}

/** Weighted overlap coefficient: the common weight divided by the smaller of the two weights; 0 for texts with too few words. */
function overlap(
  a: ReadonlySet<string>,
  b: ReadonlySet<string>,
  weigh: (word: string) => number,
  fewest = 3,
): number {
  if (a.size < fewest || b.size < fewest) return 0;
  const sum = (words: Iterable<string>): number => [...words].reduce((all, word) => all + weigh(word), 0);
  return sum([...a].filter((word) => b.has(word))) / Math.min(sum(a), sum(b));
}
