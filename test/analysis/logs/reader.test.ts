import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { readerOver } from '../../../src/analysis/logs/reader.ts';
import {
  FILTERS,
  matches,
  plainCounts,
  plainRequests,
  randomRecords,
  round,
} from '../../contract/logs-reference.ts';

const records = randomRecords(2_000, 11);
const reader = readerOver(records);
const inTime = records.toSorted((a, b) => a.timestamp - b.timestamp);

describe('records in memory answer as a store does', () => {
  for (const { name, filter, words } of FILTERS)
    test(name, async () => {
      const expected = inTime.filter((entry) => matches(entry, filter, words));
      const { total, records: found } = await reader.search(filter, { limit: 5, order: 'oldest' });
      assert.equal(total, expected.length);
      assert.deepEqual(
        found.map(({ id }) => id),
        expected.slice(0, 5).map(({ id }) => id),
      );
      for (const by of ['service', 'level', 'error_code', 'host', 'endpoint'] as const)
        assert.deepEqual(await reader.counts(filter, by), plainCounts(expected, by), by);
      assert.deepEqual(round(await reader.requests(filter)), round(plainRequests(expected)));
    });
});
