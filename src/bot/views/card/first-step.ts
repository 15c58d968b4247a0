import { failureKind, isRoot, isUnanswered, isVague } from '../../../analysis/logs/failure.ts';
import type { Incident } from '../../../domain/alert/incident.ts';
import type { FailureKind } from '../../../domain/log/failure-kind.ts';
import type { Speech } from '../../../i18n/format.ts';
import { knownCause, oneLine } from './headline.ts';

/** Characters of each text in which the kind of failure is looked for. */
const READ = 1_000;
const SERVICE = 60;

/**
 * The kind of failure that its texts report, undefined if they report none. What the service itself lacks comes before what it
 * waits for in vain, and that before the mere word `failed`.
 */
function kindOf({ title, issues, sampleLines, explanation }: Incident): FailureKind | undefined {
  const kinds = [title, ...sampleLines, ...issues, explanation].flatMap(
    (text) => failureKind(text.slice(0, READ)) ?? [],
  );
  return kinds.find(isRoot) ?? kinds.find((kind) => !isVague(kind)) ?? kinds[0];
}

/** The one thing to do first, from the advice for its kind of failure. */
export function firstStep(incident: Incident, { say }: Speech): string {
  const cause = knownCause(incident);
  const kind = cause?.kind ?? kindOf(incident);
  const service = oneLine(cause?.service ?? incident.service, SERVICE);
  const hasLines = incident.sampleLines.length > 0 || (cause?.evidence.length ?? 0) > 0;
  if (!hasLines && (!kind || isVague(kind))) return say['first.noLines'](service);
  if (!kind) return say['first.error'](service);
  if (cause || !isUnanswered(kind)) return say[`first.${kind}`](service);
  // It says that something else did not answer: what that is, only its lines tell.
  const target = incident.correlation.names?.find((name) => name !== incident.service);
  return target ? say[`first.${kind}`](oneLine(target, SERVICE)) : say['first.unanswered'](service);
}
