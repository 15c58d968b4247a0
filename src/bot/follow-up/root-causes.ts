import type { Analyst } from '../../analysis/analyst.ts';
import type { Incident } from '../../domain/alert/incident.ts';
import type { Language } from '../../domain/question/question.ts';
import type { Log } from '../../log.ts';
import { whyOf } from './explanation.ts';
import { type AnalysisOptions, incidentWindow } from './incident-analysis.ts';

/** So many incidents are looked into after files were read; the others are when somebody opens them. */
const MOST = 10;

/**
 * Ranks the causes of incidents that have none yet, each over its own window, without a model.
 * @param incidents the worst first
 */
export async function findCauses(
  incidents: readonly Incident[],
  options: Pick<AnalysisOptions, 'causeFound' | 'signal'> & {
    analyst: Pick<Analyst, 'ask'>;
    language: Language;
    log: Log;
  },
): Promise<void> {
  const { analyst, causeFound, language, signal, log } = options;
  for (const incident of incidents.filter(({ rootCause }) => !rootCause).slice(0, MOST)) {
    signal.throwIfAborted();
    const question = whyOf(incident, incidentWindow(incident), language);
    try {
      for await (const event of analyst.ask(question, { signal, lane: 'batch', useModel: false }))
        if (event.kind === 'draft' && event.cause) await causeFound(incident.id, event.cause);
    } catch (error) {
      if (signal.aborted) throw error;
      log.warn({ err: error, incident: incident.id }, 'the causes of an incident could not be ranked');
    }
  }
}
