import type { LogStore } from '../../backends/logs/store.ts';
import type { Incident } from '../../domain/alert/incident.ts';

/** The status from which the server is to blame for a failed request. */
const SERVER_ERROR = 500;

/**
 * How many requests the service of an incident answered from its first sign to its last, and how many of them failed;
 * undefined where its lines are about no requests. Throws AppError of the log store.
 */
export async function requestsOf(
  { service, activity }: Pick<Incident, 'service' | 'activity'>,
  logs: Pick<LogStore, 'requests'>,
): Promise<Incident['requests']> {
  const { firstSeen, lastSeen } = activity;
  const { requests, statuses } = await logs.requests({
    from: firstSeen,
    to: lastSeen + 1,
    services: [service],
  });
  if (requests === 0 || statuses.length === 0) return undefined;
  const failed = statuses.reduce((sum, { status, count }) => (status >= SERVER_ERROR ? sum + count : sum), 0);
  return { total: requests, failed };
}
