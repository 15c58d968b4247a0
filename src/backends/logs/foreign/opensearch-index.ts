import { Client, errors } from '@opensearch-project/opensearch';
import { AppError, type ErrorCode } from '../../../domain/errors.ts';
import type { Log } from '../../../log.ts';
import { READ_MS, statusError } from '../elasticsearch-client.ts';
import { accessFault, authorityOf, placeOf, type ServerAccess } from '../server-access.ts';
import type { ForeignIndex } from './foreign-index.ts';
import { SearchIndex, type SearchRequest } from './search-index.ts';

/**
 * Indices, aliases or data streams of others on an OpenSearch (2.4 or later, which have points in time).
 * @param options.index a name or a pattern, several with commas
 * @throws AppError `config_invalid` when the file of the certificate authority cannot be read
 */
export function openForeignOpenSearch(options: ServerAccess & { index: string }, log: Log): ForeignIndex {
  const place = placeOf(options);
  const client = new Client({
    node: options.url,
    maxRetries: 0,
    requestTimeout: READ_MS,
    ...(options.ca === undefined ? {} : { ssl: { ca: authorityOf(options.ca) } }),
  });
  const request: SearchRequest = async ({ method, path, query, body }, signal) => {
    const asked = client.transport.request({
      method,
      path,
      ...(query ? { querystring: query } : {}),
      ...(body ? { body } : {}),
    });
    const abort = (): void => asked.abort();
    signal?.addEventListener('abort', abort, { once: true });
    if (signal?.aborted) abort();
    try {
      return (await asked).body;
    } catch (error) {
      throw openSearchError(error, place);
    } finally {
      signal?.removeEventListener('abort', abort);
    }
  };
  const server = {
    kind: 'opensearch',
    place,
    request,
    pit: {
      path: (indices: string) => `/${indices}/_search/point_in_time`,
      id: 'pit_id',
      close: (id: string) => ({ path: '/_search/point_in_time', body: { pit_id: [id] } }),
    },
    certificate: () => accessFault(options),
    close: () => client.close(),
  };
  return new SearchIndex(server, options.index, log);
}

/**
 * An error of the client as an AppError, by its type and status. Its own errors carry the whole request with credentials: none
 * is kept as a cause.
 * @param place of the server, as shown to people: without a password
 */
function openSearchError(error: unknown, place: string): AppError {
  if (error instanceof AppError) return error;
  const as = (code: ErrorCode, what: string) => new AppError(code, `OpenSearch at ${place} ${what}`);
  if (error instanceof errors.RequestAbortedError) return as('stopped', 'was not waited for');
  if (error instanceof errors.TimeoutError) return as('timeout', 'did not answer in time');
  if (error instanceof errors.ConnectionError || error instanceof errors.NoLivingConnectionsError)
    return as('unavailable', 'cannot be reached');
  if (!(error instanceof errors.ResponseError)) return as('internal', 'gave an unexpected error');
  const body = error.body as { error?: { type?: string } } | undefined;
  return statusError(error.statusCode ?? 0, body?.error?.type ?? '', as);
}
