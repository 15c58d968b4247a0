import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Anomaly } from '../../../src/domain/anomaly.ts';
import { brokenFromTheStart } from '../../../src/pipeline/detect/beginning.ts';
import { createDetector, type Detector } from '../../../src/pipeline/detect.ts';
import { createMiner } from '../../../src/pipeline/mine.ts';
import { createNormalizer } from '../../../src/pipeline/normalize.ts';
import { linesOf, pipelineWithSink } from '../fakes.ts';

const START = Date.UTC(2026, 10, 21, 9);
const at = (seconds: number): string => new Date(START + seconds * 1_000).toISOString();
const open = (): Detector =>
  createDetector({
    warmup: 200,
    bucketMs: 10_000,
    warning: 0.6,
    critical: 0.85,
    language: 'en',
    timeZone: 'UTC',
  });

/** Lines through the whole pipeline, as `ingest` reads a file. */
async function ingested(lines: string[], source = 'pay.log'): Promise<Anomaly[]> {
  const { pipeline, sink } = pipelineWithSink();
  await pipeline.run([linesOf(lines, source)]);
  return sink.anomalies;
}
/** Seconds from the first line to the one at which an anomaly was certain. */
const after = ({ detected_at }: Anomaly): number => (Date.parse(detected_at!) - START) / 1_000;

/** A line per second, or of another step, of one kind. */
const failures = (from: number, to: number, step = 1): string[] => {
  const lines: string[] = [];
  for (let second = from; second < to; second += step)
    lines.push(`${at(second)} ERROR cannot reach database db-1 attempt ${second}`);
  return lines;
};
const works = (from: number, to: number, step = 1): string[] => {
  const lines: string[] = [];
  for (let second = from; second < to; second += step)
    lines.push(`${at(second)} INFO paid order ${second} in ${second % 90} ms`);
  return lines;
};

describe('a service that is broken from its first second', () => {
  const cases: [name: string, lines: string[]][] = [
    ['an error a second', failures(0, 60)],
    ['an error every five seconds', failures(0, 60, 5)],
    ['many at once, then silence', failures(0, 3, 0.25)],
    [
      'a banner before each attempt',
      [0, 4, 8, 12, 16, 20].flatMap((second) => [
        `${at(second)} INFO starting pay 1.4.2`,
        `${at(second + 1)} ERROR cannot read the configuration`,
        `${at(second + 1)} ERROR no secret of the name db`,
        `${at(second + 2)} ERROR giving up`,
      ]),
    ],
    [
      'as many lines of each start as failures',
      [0, 4, 8, 12, 16, 20].flatMap((second) => [
        `${at(second)} INFO starting pay 1.4.2`,
        `${at(second + 1)} ERROR no secret of the name db`,
      ]),
    ],
    [
      'more lines of each start than failures',
      [0, 5, 10, 15, 20, 25].flatMap((second) => [
        `${at(second)} INFO [main] starting pay 1.4.2 with pid ${second + 40}`,
        `${at(second + 1)} INFO [main] listening on port 8080`,
        `${at(second + 1)} WARN [main] context was not made, cancelling`,
        `${at(second + 2)} ERROR [main] application run failed\n\tat pay.Config.read(Config.java:31)`,
      ]),
    ],
    [
      'Korean starts',
      [0, 4, 8, 12, 16, 20].flatMap((second) => [
        `${at(second)} INFO 결제 서비스를 시작해요 (pid ${second + 40})`,
        `${at(second)} INFO 설정을 읽어요`,
        `${at(second + 1)} ERROR 데이터베이스에 연결할 수 없어요`,
      ]),
    ],
    ['a fatal line', [`${at(0)} FATAL cannot bind to port 8080`, ...works(1, 40)]],
    ['a fatal line among its first', [...works(0, 3), `${at(3)} FATAL out of file handles`, ...works(4, 40)]],
    [
      'Korean',
      Array.from({ length: 12 }, (_, i) => `${at(i)} [오류] 결제 서버에 연결할 수 없어요 (${i}번째)`),
    ],
    [
      'JSON',
      Array.from({ length: 12 }, (_, i) =>
        JSON.stringify({ time: at(i * 2), level: 'error', service: 'pay', msg: `token refused, try ${i}` }),
      ),
    ],
  ];
  for (const [name, lines] of cases)
    test(`is told within 30 seconds, once: ${name}`, async () => {
      const found = await ingested(lines);
      assert.equal(found.length, 1, JSON.stringify(found.map(({ explanation }) => explanation)));
      assert.equal(found[0]!.anomaly_status, 'critical');
      assert.ok(after(found[0]!) <= 30, String(after(found[0]!)));
    });

  test('is told by the clock where nothing more comes', () => {
    const detector = open();
    const normalize = createNormalizer({ timeZone: 'UTC' });
    const miner = createMiner();
    const records = linesOf(failures(0, 3, 0.25), 'pay.log').map((line) => {
      const record = normalize(line);
      return { ...record, template: miner.add(record.message).template };
    });
    assert.deepEqual(detector.add(records), []);
    const found: [second: number, anomaly: Anomaly][] = [];
    for (let second = 3; second <= 60; second += 2)
      for (const anomaly of detector.tick(START + second * 1_000)) found.push([second, anomaly]);
    assert.equal(found.length, 1);
    assert.ok(found[0]![0] <= 30, String(found[0]![0]));
    assert.equal(found[0]![1].anomaly_status, 'critical');
    assert.match(found[0]![1].explanation, /12 of 12 lines are failures/);
  });

  test('is told beside services that work', async () => {
    const { pipeline, sink } = pipelineWithSink();
    const mixed = [];
    for (let second = 0; second < 120; second++) {
      const shop = `${at(second)} INFO sold item ${second}`;
      mixed.push(...linesOf([shop, shop, shop], 'shop.log'));
      if (second >= 60) mixed.push(...linesOf([failures(second, second + 1)[0]!], 'pay.log'));
    }
    await pipeline.run([mixed]);
    assert.deepEqual(
      sink.anomalies.map(({ service }) => service),
      ['pay'],
    );
    assert.ok(after(sink.anomalies[0]!) <= 90);
  });
});

describe('what is no alarm', () => {
  const cases: [name: string, lines: string[]][] = [
    ['one error, then it works', [...failures(0, 1), ...works(1, 120)]],
    ['eight seconds of errors, then it works', [...failures(0, 8), ...works(8, 120)]],
    ['very many errors in its first seconds, then it works', [...failures(0, 4, 0.1), ...works(4, 120)]],
    ['two errors and nothing more', failures(0, 2)],
    [
      'three starts that failed, then it works',
      [
        ...[0, 6, 12].flatMap((second) => [
          `${at(second)} INFO starting pay`,
          ...failures(second, second + 1),
        ]),
        `${at(18)} INFO starting pay`,
        ...works(19, 120),
      ],
    ],
    [
      'starts that work, each after a failure has ended the last one',
      [0, 20, 40, 60, 80, 100, 120].flatMap((second) => [
        `${at(second)} INFO starting pay`,
        ...works(second + 1, second + 18),
        ...failures(second + 18, second + 19),
        `${at(second + 19)} INFO stopped`,
      ]),
    ],
    [
      'every third request fails',
      Array.from({ length: 60 }, (_, second) =>
        second % 3 === 2 ? failures(second, second + 1) : works(second, second + 1),
      ).flat(),
    ],
    [
      'work that ends in a failure every other time',
      Array.from({ length: 12 }, (_, i) => [
        `${at(i * 5)} INFO run ${i} begins`,
        `${at(i * 5 + 1)} INFO read ${i * 17} rows`,
        ...(i % 2 === 0 ? failures(i * 5 + 2, i * 5 + 3) : [`${at(i * 5 + 2)} INFO run ${i} is done`]),
      ]).flat(),
    ],
    [
      'a file read from its middle',
      [...failures(0, 2), ...works(2, 60), ...failures(60, 61), ...works(61, 120)],
    ],
  ];
  for (const [name, lines] of cases) test(name, async () => assert.deepEqual(await ingested(lines), []));

  test('an error log by nature is told once, however long it is, and not again after a restart', async () => {
    const lines = failures(0, 24 * 3_600, 30).map((line, i) => line.replace('database', `upstream-${i % 4}`));
    const found = await ingested(lines, 'error.log');
    assert.equal(found.length, 1);
    // Another process, which has learned nothing yet, says the same thing of it.
    const again = await ingested(failures(7_200, 7_300), 'error.log');
    assert.equal(again[0]!.id, found[0]!.id);
  });

  test('what was told is not told again by a process that goes on', () => {
    const miner = createMiner();
    const normalize = createNormalizer({ timeZone: 'UTC' });
    const records = linesOf(failures(0, 60), 'pay.log').map((line) => {
      const record = normalize(line);
      return { ...record, template: miner.add(record.message).template };
    });
    const first = open();
    assert.equal(first.add(records.slice(0, 15)).length, 1);
    const second = open();
    second.restore(JSON.parse(JSON.stringify(first.save())));
    assert.deepEqual([...second.add(records.slice(15)), ...second.flush()], []);
  });
});

test('the chance that failures are chance: never where half of the lines are good, sure with many', () => {
  assert.equal(brokenFromTheStart(50, 100), 0);
  assert.ok(brokenFromTheStart(1, 1) < 0.6);
  assert.ok(brokenFromTheStart(5, 5) >= 0.85);
  assert.ok(brokenFromTheStart(2_000, 2_100) <= 0.95);
  assert.ok(brokenFromTheStart(5_010, 10_000) < 0.6);
  assert.ok(brokenFromTheStart(20, 25) < brokenFromTheStart(25, 25));
});
