import type { Incident } from '../../domain/alert/incident.ts';

/** The parts of an incident in which another service can be named. */
export type CauseCandidate = Pick<
  Incident,
  'title' | 'issues' | 'explanation' | 'sampleLines' | 'service'
> & { correlation: Pick<Incident['correlation'], 'names'> };

/** More than any number of mentions: a detector that looked at all the evidence says so. */
const SAID_BY_DETECTOR = 1_000;
const patterns = new Map<string, RegExp>();
const PATTERNS_KEPT = 2_000;

/** The name as a word of its own: `order` is not named by `order-db` or `reorder`, but it is by `order에서`. */
function pattern(service: string): RegExp {
  const known = patterns.get(service);
  if (known) return known;
  const literal = service.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
  const made = new RegExp(`(?<![A-Za-z0-9_-])${literal}(?![A-Za-z0-9_-])`, 'iu');
  if (patterns.size >= PATTERNS_KEPT) patterns.clear();
  patterns.set(service, made);
  return made;
}

/**
 * How strongly an incident names a service as failing: 0 not at all, 1,000 when the detector says so, else the
 * number of its texts that mention it. A detector that fills `names` has decided; then mentions do not count.
 */
export function callsOut(incident: CauseCandidate, service: string): number {
  if (service.length < 2 || service === incident.service || service === 'unknown') return 0;
  const { names } = incident.correlation;
  if (names) {
    const wanted = service.toLowerCase();
    return names.some((name) => name.toLowerCase() === wanted) ? SAID_BY_DETECTOR : 0;
  }
  const word = pattern(service);
  return [incident.title, ...incident.issues.slice(1), incident.explanation, ...incident.sampleLines].filter(
    (text) => word.test(text),
  ).length;
}
