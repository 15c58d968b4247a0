import type { Incident } from '../../../domain/alert/incident.ts';
import { redactCredentials } from '../../../masking/redact.ts';

/**
 * An incident as lists, reports and programs may show it: its texts are those of logs and of other producers, and whoever reads
 * a list needs no credentials. The stored incident keeps its lines as they are.
 */
export function withoutCredentials(incident: Incident): Incident {
  const { rootCause, alerts } = incident;
  return {
    ...incident,
    title: redactCredentials(incident.title),
    issues: incident.issues.map(redactCredentials),
    explanation: redactCredentials(incident.explanation),
    sampleLines: incident.sampleLines.map(redactCredentials),
    ...(rootCause
      ? {
          rootCause: {
            ...rootCause,
            ...(rootCause.text === undefined ? {} : { text: redactCredentials(rootCause.text) }),
            evidence: rootCause.evidence.map(redactCredentials),
          },
        }
      : {}),
    ...(alerts
      ? {
          alerts: {
            ...alerts,
            list: alerts.list.map(({ url, ...alert }) => ({
              ...alert,
              name: redactCredentials(alert.name),
              ...(url === undefined ? {} : { url: redactCredentials(url) }),
            })),
          },
        }
      : {}),
  };
}
