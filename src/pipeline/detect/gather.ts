import type { Finding } from './lines/line-detectors.ts';
import type { ServiceState } from './services/service-window.ts';
import type { Signal } from './services/signal.ts';
import type { Habits } from './suppression.ts';

/** Findings below this say nothing, not even together. */
const LEAST = 0.3;
/** Findings of one kind in a bucket that add to each other. */
const MOST_ADDED = 5;

/**
 * The findings of a service's open bucket as signals: those of one kind are one, the more of them the surer (they may
 * have one harmless cause, so each adds less), and no surer than that they are news at all.
 */
export function signalsOf(service: ServiceState, habits: Habits): Signal[] {
  const byKey = new Map<string, Finding[]>();
  for (const finding of service.findings) {
    // What is rare is for reading over a file: a start, a deployment would wake someone. What is new is judged above.
    if (finding.confidence < LEAST || finding.detector === 'rare-template') continue;
    const same = byKey.get(finding.key);
    if (same) same.push(finding);
    else byKey.set(finding.key, [finding]);
  }
  return [...byKey].map(([key, same]) => {
    const strongest = same.reduce((most, other) => (other.confidence > most.confidence ? other : most));
    const more = Math.min(MOST_ADDED, same.length) - 1;
    const together = 1 - (1 - strongest.confidence) * (1 - strongest.confidence / 2) ** more;
    return {
      detector: strongest.detector,
      score: strongest.score,
      confidence: Math.min(together, habits.news(key, same.length, service.bucket)),
      count: same.length,
      usual: 0,
      error: false,
      finding: strongest,
      ...(strongest.template
        ? {
            template: {
              ...strongest.template,
              level: 'info' as const,
              samples: [...new Set(same.map(({ line }) => line).filter((line) => line !== ''))].slice(0, 3),
            },
          }
        : {}),
    };
  });
}

/** Remembers what came in a bucket that is over. */
export function rememberFindings(service: ServiceState, habits: Habits): void {
  if (service.findings.length === 0) return;
  const counts = new Map<string, number>();
  for (const { key, confidence } of service.findings)
    if (confidence >= LEAST) counts.set(key, (counts.get(key) ?? 0) + 1);
  for (const [key, count] of counts) habits.remember(key, count, service.bucket);
}
