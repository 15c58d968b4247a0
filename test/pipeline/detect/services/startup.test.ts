import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Anomaly } from '../../../../src/domain/alert/anomaly.ts';
import { createDetector, type Detector } from '../../../../src/pipeline/detect/detector.ts';
import { brokenFromTheStart } from '../../../../src/pipeline/detect/services/startup.ts';
import { createMiner } from '../../../../src/pipeline/mining/miner.ts';
import { createNormalizer } from '../../../../src/pipeline/normalize/normalize.ts';
import { linesOf, pipelineWithSink } from '../../harness.ts';

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
  return withoutTallies(sink.anomalies);
}
/** Lines as they come to a process that goes on. */
async function received(lines: string[], source: string): Promise<Anomaly[]> {
  const { pipeline, sink } = pipelineWithSink();
  await pipeline.take(linesOf(lines, source), { source: 'tail' });
  return withoutTallies(sink.anomalies);
}
/** What only counts further lines is no anomaly. */
const withoutTallies = (found: readonly Anomaly[]): Anomaly[] =>
  found.filter(({ detector }) => detector !== 'tally');
/** Seconds from the first line to the line at which the anomaly was certain. */
const after = ({ detected_at }: Anomaly): number => (Date.parse(detected_at!) - START) / 1_000;

/** Lines of one kind, one per second or per another step. */
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
      'exceptions by their full names, without a trace',
      Array.from({ length: 12 }, (_, i) => `${at(i)} java.net.ConnectException: refused, try ${i}`),
    ],
    [
      'errors with one frame each, in lines of their own',
      Array.from({ length: 12 }, (_, i) => [
        `${at(i * 2)} ERROR cannot pay order ${i}`,
        `${at(i * 2)} ERROR   at pay.Orders.read(Orders.java:44)`,
      ]).flat(),
    ],
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
    assert.match(found[0]![1].explanation, /12 of 12 lines are errors/);
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
      sink.anomalies.map(({ service, detector }) => [service, detector]),
      [
        ['pay', 'failing-start'],
        ['pay', 'tally'],
      ],
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
    assert.equal((await ingested(lines, 'error.log')).length, 1);
    const found = await received(lines, 'error.log');
    assert.equal(found.length, 1);
    // Another process, which has learned nothing yet, reports the same anomaly.
    const again = await received(failures(7_200, 7_500), 'error.log');
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
    const rest = [...second.add(records.slice(15)), ...second.flush()];
    assert.deepEqual(
      rest.map(({ detector, anomaly_status, count }) => [detector, anomaly_status, count]),
      [['tally', 'normal', 49]],
    );
  });
});

/** What runtimes write about an uncaught error. */
const CRASHES: Record<string, string[]> = {
  Python: [
    'Traceback (most recent call last):',
    '  File "/srv/pay/main.py", line 4, in <module>',
    '    from ledger import book',
    '  File "/srv/pay/ledger.py", line 1, in <module>',
    '    import psycopg',
    "ModuleNotFoundError: No module named 'psycopg'",
  ],
  Node: [
    'node:internal/modules/cjs/loader:1143',
    '  throw err;',
    '  ^',
    '',
    "Error: Cannot find module 'pg'",
    'Require stack:',
    '- /srv/pay/server.js',
    '    at Module._resolveFilename (node:internal/modules/cjs/loader:1140:15)',
    '    at Function.executeUserEntryPoint [as runMain] (node:internal/modules/run_main:81:12)',
    '    at node:internal/main/run_main_module:23:47 {',
    "  code: 'MODULE_NOT_FOUND',",
    "  requireStack: [ '/srv/pay/server.js' ]",
    '}',
    '',
    'Node.js v20.11.1',
  ],
  Java: [
    'Exception in thread "main" java.lang.IllegalStateException: no data source',
    '\tat pay.Config.read(Config.java:31)',
    '\tat pay.Main.main(Main.java:12)',
    'Caused by: java.io.FileNotFoundException: /etc/pay.yaml',
    '\tat java.base/java.io.FileInputStream.open0(Native Method)',
    '\t... 2 more',
  ],
};
/** How containers and system logs put a header before each line. */
const PREFIXES: Record<string, (text: string, second: number) => string> = {
  'docker logs -t': (text, second) => `${at(second)} ${text}`,
  CRI: (text, second) => `${at(second)} stderr F ${text}`,
  'docker JSON': (text, second) => JSON.stringify({ log: `${text}\n`, stream: 'stderr', time: at(second) }),
  syslog: (text, second) => `${at(second).slice(0, 19)}+00:00 node-1 pay[${second + 40}]: ${text}`,
  'syslog of errors': (text, second) => `<27>1 ${at(second)} node-1 pay ${second + 40} - - ${text}`,
  compose: (text, second) => `pay-1  | ${at(second)} ${text}`,
};
const FORMS = Object.entries(PREFIXES).flatMap(([prefix, put]) =>
  Object.entries(CRASHES).map(([language, crash]) => {
    const at = (second: number, lines = crash): string[] => lines.map((text) => put(text, second));
    return { name: `${language}, ${prefix}`, at, put };
  }),
);

describe('a program that ends with a trace, each line with a header of its own', () => {
  for (const { name, at } of FORMS)
    test(name, async () => {
      const loop = await ingested([0, 4, 8, 12].flatMap((second) => at(second)));
      assert.deepEqual(
        loop.map(({ detector, anomaly_status }) => [detector, anomaly_status]),
        [['failing-start', 'critical']],
      );
      assert.ok(after(loop[0]!) <= 30, String(after(loop[0]!)));
      const announced = await ingested(
        [0, 3, 6, 9, 12, 15].flatMap((second) => [...at(second, ['starting pay 1.4.2']), ...at(second + 1)]),
      );
      assert.deepEqual(
        announced.map(({ detector }) => detector),
        ['failing-start'],
      );
      assert.ok(after(announced[0]!) <= 30, String(after(announced[0]!)));
      assert.deepEqual(await ingested(at(0)), [], 'once and no more');
    });

  for (const crash of [
    ['file:///srv/pay/main.mjs:3', "throw new TypeError('no url');", '      ^', '', 'TypeError: no url'],
    [
      "/srv/pay/main.rb:3:in `require': no such file -- pg (LoadError)",
      "\tfrom /srv/pay/main.rb:3:in `<main>'",
    ],
    [
      'Unhandled exception. System.InvalidOperationException: no connection string',
      '   at Pay.Program.Main(String[] args) in /src/Program.cs:line 12',
      '   at Pay.Program.<Main>(String[] args)',
    ],
  ])
    test(crash[0]!, async () => {
      const found = await ingested(
        [0, 4, 8, 12].flatMap((second) => crash.map((text) => `${at(second)} ${text}`)),
      );
      assert.deepEqual(
        found.map(({ detector }) => detector),
        ['failing-start'],
      );
    });
});

describe('a trace that is no alarm', () => {
  const paid = (second: number): string => `paid order ${second} in ${second % 90} ms`;
  for (const { name, at, put } of FORMS) {
    const work = (from: number, to: number): string[] =>
      Array.from({ length: to - from }, (_, i) => put(paid(from + i), from + i));
    // Here each line has the level of a failure.
    if (name.endsWith('errors')) continue;
    test(name, async () => {
      assert.deepEqual(await ingested([...at(0), ...work(1, 60)]), [], 'one, then it works');
      assert.deepEqual(
        await ingested([...at(0), ...at(3), ...at(6), ...work(7, 60)]),
        [],
        'three, then it works',
      );
      assert.deepEqual(
        await ingested([...work(0, 30), ...at(30), ...work(31, 60)]),
        [],
        'one while it works',
      );
      const banner = [
        '  ____   __ _  _   _ ',
        ' |  _ \\ / _` || | | |',
        ' | |_) | (_| || |_| |',
        '  version 1.4.2',
      ];
      assert.deepEqual(
        await ingested(
          [0, 12, 24].flatMap((second) => [...at(second, banner), ...work(second + 1, second + 12)]),
        ),
        [],
        'a long banner',
      );
      const third = Array.from({ length: 60 }, (_, second) =>
        second % 3 === 2 ? at(second) : work(second, second + 1),
      );
      assert.deepEqual(await ingested(third.flat()), [], 'every third request fails');
    });
  }

  const threads = [
    'Full thread dump OpenJDK 64-Bit Server VM (21.0.1+12):',
    '"main" #1 prio=5 os_prio=0 tid=0x1 nid=0x7 waiting on condition',
    '   java.lang.Thread.State: TIMED_WAITING (sleeping)',
    '\tat java.lang.Thread.sleep(Native Method)',
    '\tat pay.Main.main(Main.java:12)',
    '"exec-1" #21 daemon prio=5 os_prio=0 tid=0x2 nid=0x8 runnable',
    '   java.lang.Thread.State: RUNNABLE',
    '\tat pay.Orders.read(Orders.java:44)',
  ];
  for (const [name, put] of Object.entries(PREFIXES).filter(([prefix]) => !prefix.endsWith('errors')))
    test(`threads that somebody asked for, ${name}`, async () => {
      const dump = (second: number): string[] => threads.map((text) => put(text, second));
      assert.deepEqual(await ingested([0, 5, 10, 15, 20].flatMap(dump)), []);
    });

  test('levels and columns that are filled up are no indentation', async () => {
    const lines = [0, 5, 10, 15, 20, 25].flatMap((second) => [
      `${at(second)} ERROR [main] pay.Orders java.lang.IllegalStateException: no order ${second}`,
      `${at(second)} ERROR [main] pay.Orders \tat pay.Orders.read(Orders.java:44)`,
      `${at(second + 1)} INFO  [main] pay.Orders   paid order ${second}`,
      `${at(second + 2)} INFO  paid order ${second}`,
    ]);
    assert.deepEqual(await ingested(lines), []);
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

test('a service that only fails is found beside others, however much it writes', async () => {
  for (const step of [2, 1, 0.2, 0.02]) {
    const shop = Array.from({ length: 600 }, (_, second) => `${at(second)} INFO [shop] sold order ${second}`);
    const broken = failures(600, 640, step).map((line) => line.replace('ERROR ', 'ERROR [pay] '));
    const found = await ingested([...shop, ...broken, `${at(700)} INFO [shop] sold order 700`]);
    assert.deepEqual(
      found.map(({ service, detector, anomaly_status }) => [service, detector, anomaly_status]),
      [['pay', 'failing-start', 'critical']],
      `every ${step} s`,
    );
  }
});

test('a service that works from its first line is no alarm because it writes much', async () => {
  const lines = works(0, 60, 0.05).map((line, index) =>
    index % 4 === 0 ? line.replace('INFO paid', 'WARN slow') : line,
  );
  assert.deepEqual(await ingested(lines), []);
});
