import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createNormalizer } from '../../../src/pipeline/normalize/normalize.ts';

const NOW = Date.UTC(2026, 10, 26, 12, 0, 0);
const reader = () => {
  const normalize = createNormalizer({ timeZone: 'UTC', now: () => NOW });
  return (text: string, at: number) => normalize({ text, source: 'logs/front.log', position: String(at) });
};
const clock = (at: number): string => `05:1${Math.floor(at / 60)}:${String(at % 60).padStart(2, '0')}`;

test('a time in brackets behind other columns is the time of the line, once nearly all lines have one', () => {
  const read = reader();
  const records = Array.from({ length: 40 }, (_, at) =>
    read(
      `[w ${at % 3}|q ${at}] 10.4.7.5 {35 in 514} [Fri May 15 ${clock(at)} 2026] POST /parcels => 201`,
      at,
    ),
  );
  const last = records.at(-1)!;
  assert.equal(last.timestamp, Date.UTC(2026, 4, 15, 5, 10, 39));
  assert.equal(last.message, 'POST /parcels => 201');
  assert.equal(last.attributes.columns, '[w 0|q 39] 10.4.7.5 {35 in 514}');
});

test('a time in brackets that only some messages have is none of the line', () => {
  const read = reader();
  const records = Array.from({ length: 40 }, (_, at) =>
    read(at % 2 ? `job ${at} ran late [2026-05-15 ${clock(at)}] again` : `job ${at} is done`, at),
  );
  assert.equal(records.at(-1)!.timestamp, NOW);
});
