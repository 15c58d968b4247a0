import type { Incident } from '../../domain/alert/incident.ts';

/** The parts of an incident in which another service can be named. */
export type CauseCandidate = Pick<
  Incident,
  'title' | 'issues' | 'explanation' | 'sampleLines' | 'service'
> & { correlation: Pick<Incident['correlation'], 'names'> };

/** More than any number of mentions: the detector, which saw all the evidence, says so. */
const SAID_BY_DETECTOR = 1_000;
const PATTERNS_KEPT = 2_000;

/** How strongly incidents blame services. The expressions for the names are cached. */
export class Blame {
  readonly #patterns = new Map<string, RegExp>();

  /**
   * How strongly an incident blames a service: 0 not at all, 1,000 when its detector does, else the number of its texts
   * that name the service. Where the detector gives names, only those count.
   */
  of(incident: CauseCandidate, service: string): number {
    if (service.length < 2 || service === incident.service || service === 'unknown') return 0;
    const { names } = incident.correlation;
    if (names) {
      const wanted = service.toLowerCase();
      return names.some((name) => name.toLowerCase() === wanted) ? SAID_BY_DETECTOR : 0;
    }
    const word = this.#pattern(service);
    return [
      incident.title,
      ...incident.issues.slice(1),
      incident.explanation,
      ...incident.sampleLines,
    ].filter((text) => word.test(text)).length;
  }

  /** Finds the name as a word of its own: `order-db` and `reorder` do not name `order`, but `order에서` does. */
  #pattern(service: string): RegExp {
    const known = this.#patterns.get(service);
    if (known) return known;
    const literal = service.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
    const made = new RegExp(`(?<![A-Za-z0-9_-])${literal}(?![A-Za-z0-9_-])`, 'iu');
    if (this.#patterns.size >= PATTERNS_KEPT) this.#patterns.clear();
    this.#patterns.set(service, made);
    return made;
  }
}
