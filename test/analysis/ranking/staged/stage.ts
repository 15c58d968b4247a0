import { gatherEvidence } from '../../../../src/analysis/evidence/evidence.ts';
import { readerOver } from '../../../../src/analysis/logs/reader.ts';
import { findWindow } from '../../../../src/analysis/logs/window.ts';
import { rankCauses } from '../../../../src/analysis/ranking/rank.ts';
import type { Ranking } from '../../../../src/analysis/ranking/ranking.ts';
import { recordsOfLines } from '../../../../src/pipeline/offline.ts';

/** Lines of one service: from which second on, every how many seconds, how many, level, text; `#` is another number in each. */
export type Said = [service: string, from: number, every: number, count: number, level: string, text: string];

const NOON = Date.parse('2026-03-01T12:00:00Z');
/** The end of the lines of a case, in seconds. */
const END = 600;

/** A service that works, up to a second. */
export const works = (service: string, to = END): Said => [service, 0, 2, to / 2, 'INFO', 'handled item #'];

/** Reads the lines as files are read, one file per service, and ranks the causes. */
export async function staged(said: readonly Said[]): Promise<Ranking> {
  const lines = said.flatMap(([service, from, every, count, level, text], part) =>
    Array.from({ length: count }, (_, i) => {
      const at = NOON + (from + i * every) * 1_000 + ((part * 137) % 900);
      const filled = text.replaceAll('#', String(1_000 + ((i * 7_919 + part) % 8_999)));
      return { at, source: `${service}.log`, text: `${new Date(at).toISOString()} ${level} ${filled}` };
    }),
  );
  lines.sort((a, b) => a.at - b.at);
  const batch = lines.map(({ source, text }, i) => ({ source, text, position: String(i) }));
  const logs = readerOver(await recordsOfLines([batch], 'UTC'));
  const span = await findWindow(logs, {}, NOON + (END + 60) * 1_000);
  return rankCauses(await gatherEvidence(logs, span!));
}

/** The first cause as `service/kind`, `nothing` where there is none. */
export const firstOf = ({ causes: [first] }: Ranking): string =>
  first ? `${first.service}/${first.kind}` : 'nothing';

/** What came first where it is not as expected: a service, or `service/kind`. */
export async function wrongFirst(
  cases: readonly [want: string, lines: readonly Said[]][],
): Promise<string[]> {
  const out: string[] = [];
  for (const [want, lines] of cases) {
    const came = firstOf(await staged(lines));
    if (came !== want && came.split('/')[0] !== want) out.push(`${lines.at(-1)![5]}: ${came}, not ${want}`);
  }
  return out;
}
