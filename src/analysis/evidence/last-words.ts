import { isError } from '../../domain/log/record.ts';
import { isLastWords } from '../logs/failure.ts';
import type { FailureGroup } from './failure-groups.ts';
import type { ServiceFacts } from './services.ts';

/** A service has fallen silent if others go on for so long after its last line. */
const SILENT_MS = 20_000;
/** Its last words come this close to its last line. */
const MOMENT_MS = 10_000;
/** Who says it more often does not end by it. */
const TIMES = 5;

/** Marks the groups whose lines say that their program ends, after which it wrote nothing while others went on. */
export function withLastWords(
  groups: readonly FailureGroup[],
  services: readonly ServiceFacts[],
): FailureGroup[] {
  const lastOf = new Map(services.map(({ service, last }) => [service, last]));
  const latest = Math.max(0, ...services.map(({ last }) => last));
  return groups.map((group) => {
    const last = lastOf.get(group.service) ?? latest;
    const ended =
      group.count <= TIMES &&
      latest - last > SILENT_MS &&
      last - group.last < MOMENT_MS &&
      group.lines.every(({ level, message }) => isError(level) && isLastWords(message));
    return ended ? { ...group, ended: true } : group;
  });
}
