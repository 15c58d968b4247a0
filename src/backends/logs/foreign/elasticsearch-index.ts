import { toAppError } from '../../../domain/errors.ts';
import type { Log } from '../../../log.ts';
import { createClient, elasticError, READ_MS } from '../elasticsearch-client.ts';
import { Ownership } from '../elasticsearch-ownership.ts';
import { accessFault, placeOf, type ServerAccess } from '../server-access.ts';
import type { ForeignIndex } from './foreign-index.ts';
import { SearchIndex, type SearchRequest } from './search-index.ts';

/**
 * Indices, aliases or data streams of others on an Elasticsearch (8.x or 9.x).
 * @param options.index a name or a pattern, several with commas
 * @throws AppError `config_invalid` when the file of the certificate authority cannot be read
 */
export function openForeignElasticsearch(options: ServerAccess & { index: string }, log: Log): ForeignIndex {
  const place = placeOf(options);
  const client = createClient(options, READ_MS);
  const request: SearchRequest = async ({ method, path, query, body }, signal) => {
    try {
      return await client.transport.request(
        { method, path, ...(query ? { querystring: query } : {}), ...(body ? { body } : {}) },
        signal ? { signal } : {},
      );
    } catch (error) {
      throw elasticError(error, place);
    }
  };
  const server = {
    kind: 'elasticsearch',
    place,
    request,
    pit: {
      path: (indices: string) => `/${indices}/_pit`,
      id: 'id',
      close: (id: string) => ({ path: '/_pit', body: { id } }),
    },
    certificate: () => accessFault(options),
    close: () => client.close(),
  };
  return new SearchIndex(server, options.index, log);
}

/**
 * Whether a name stands for indices that others made. Where the server is away, or has no such index, they are taken for ours.
 * @param withinMs how long the server may take
 */
export async function isOfOthers(
  options: ServerAccess & { index: string },
  log: Log,
  withinMs: number,
): Promise<boolean> {
  const { index } = options;
  const place = placeOf(options);
  const client = createClient(options, withinMs);
  try {
    return await new Ownership({ client, index, place, log }).isOthers();
  } catch (error) {
    if (toAppError(elasticError(error, place)).code !== 'unauthorized') return false;
    // Who may only read documents may not look at the mapping; we may always look at what we made ourselves.
    await using foreign = openForeignElasticsearch(options, log);
    return await foreign.fields().then(
      ({ indices }) => indices.length > 0,
      () => false,
    );
  } finally {
    await client.close();
  }
}
