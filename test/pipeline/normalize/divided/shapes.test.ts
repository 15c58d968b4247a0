import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { createShapes, notePart } from '../../../../src/pipeline/normalize/divided/shapes.ts';

test('the values of columns do not keep their lines in memory', () => {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const shapes = createShapes();
  collect();
  const before = process.memoryUsage().heapUsed;
  const MEGABYTE = 2 ** 20;
  for (let at = 0; at < 40; at++) {
    const line = `a value of one column ${at}|${'x'.repeat(MEGABYTE)}`;
    notePart(shapes.of(`source ${at}`, '| 0 date 0', at), 0, line.slice(0, line.indexOf('|')), true);
  }
  collect();
  assert.ok(process.memoryUsage().heapUsed - before < 10 * MEGABYTE);
  assert.equal(
    shapes.of('source 7', '| 0 date 0', 8).columns[0]!.values!.has('a value of one column 7'),
    true,
  );
});
