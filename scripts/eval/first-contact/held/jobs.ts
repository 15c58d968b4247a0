// Jobs and devices, held-out group.
import { type Draft, type Family, Log } from '../case.ts';
import { type Draw, moments, rhythm, tell } from '../draw.ts';
import { createWorld } from '../names.ts';
import { stamp } from '../stamp.ts';

/** One task fails after its last attempt. Healthy: a task that succeeds at the second attempt. */
function airflow(draw: Draw, broken: boolean): Draft {
  const world = createWorld(draw);
  const story = tell(draw, [2, 3], [2, 4]);
  const log = new Log();
  const say = (at: number, where: string, level: string, text: string, tag?: 'proof' | 'effect'): void =>
    log.add(at, `[${stamp(at, '%Y-%m-%dT%H:%M:%S.%L')}+0000] {${where}} ${level} - ${text}`, tag);
  const dag = `${world.service}_daily`;
  const at0 = story.begin;
  for (const at of moments(draw, story.from, story.to, 4)) {
    const task = `load_${draw.pick(['customers', 'prices', 'stock', 'visits'])}`;
    say(
      at,
      'dagrun.py:630',
      'INFO',
      `Marking run <DagRun hourly_${draw.int(1, 9)} @ ${stamp(at, '%Y-%m-%d')}> successful`,
    );
    say(
      at + 50,
      'local_executor.py:135',
      'INFO',
      `Task hourly_${draw.int(1, 9)}.${task} finished with state success, ${draw.int(10, 9000)} rows`,
    );
    if (draw.chance(0.01)) {
      say(
        at + 900,
        'taskinstance.py:1824',
        'WARNING',
        `Task hourly_${draw.int(1, 9)}.${task} up for retry, attempt 1 of 3`,
      );
      say(
        at + 60_900,
        'local_executor.py:135',
        'INFO',
        `Task hourly_${draw.int(1, 9)}.${task} finished with state success at attempt 2`,
      );
    }
  }
  if (broken)
    say(
      at0,
      'taskinstance.py:1851',
      'ERROR',
      `Task ${dag}.export_${world.thing} failed after attempt 3 of 3\nTraceback (most recent call last):\n  File "/opt/dags/${dag}.py", line ${draw.int(30, 90)}, in export\n    total = sum(row["amount"] for row in rows)\nKeyError: 'amount'`,
      'proof',
    );
  if (broken)
    say(
      at0 + 300,
      'dagrun.py:606',
      'ERROR',
      `Marking run <DagRun ${dag} @ ${stamp(at0, '%Y-%m-%d')}> failed`,
      'effect',
    );
  return {
    kind: 'airflow scheduler',
    files: { 'scheduler.log': log },
    culprit: [
      'scheduler',
      'airflow',
      dag,
      `${dag}.export_${world.thing}`,
      `export_${world.thing}`,
      'taskinstance.py',
      'taskinstance',
    ],
    problem: ['KeyError|amount|task|job|export|fail'],
    lines: ['failed after attempt 3'],
    services: ['scheduler'],
    note: broken ? 'one task fails for good, one line proves it' : 'second attempts that succeed',
  };
}

/** Executors run out of heap. Healthy: executors lost to preemption, stages retried. */
function spark(draw: Draw, broken: boolean): Draft {
  const story = tell(draw, [1, 1.8], [8, 18]);
  const log = new Log();
  const say = (at: number, level: string, who: string, text: string, tag?: 'proof' | 'effect'): void =>
    log.add(at, `${stamp(at, '%y/%m/%d %H:%M:%S')} ${level} ${who}: ${text}`, tag);
  let task = draw.int(100, 900);
  for (const at of moments(draw, story.from, story.to, 1.4)) {
    task += 1;
    const stage = Math.floor(task / 200);
    say(
      at,
      'INFO',
      'TaskSetManager',
      `Finished task ${task % 200}.0 in stage ${stage}.0 (TID ${task}) in ${draw.int(200, 4000)} ms on 10.6.1.${draw.int(2, 40)} (executor ${draw.int(1, 12)}) (${task % 200}/200)`,
    );
    if (draw.chance(0.008))
      say(
        at + 50,
        'WARN',
        'TaskSetManager',
        `Lost task ${task % 200}.0 in stage ${stage}.0 (TID ${task}) (10.6.1.${draw.int(2, 40)} executor ${draw.int(1, 12)}): TaskKilled (another attempt succeeded)`,
      );
  }
  if (broken)
    for (const at of moments(draw, story.begin, story.end, 12)) {
      task += 1;
      say(
        at,
        'ERROR',
        'Executor',
        `Exception in task ${task % 200}.${draw.int(0, 3)} in stage ${Math.floor(task / 200)}.0 (TID ${task})\njava.lang.OutOfMemoryError: Java heap space\n\tat java.base/java.util.Arrays.copyOf(Arrays.java:3537)\n\tat org.apache.spark.unsafe.map.HashMapGrowthStrategy.grow(HashMapGrowthStrategy.java:31)`,
        'proof',
      );
      say(
        at + 100,
        'WARN',
        'TaskSetManager',
        `Requeueing task ${task % 200} of stage ${Math.floor(task / 200)}.0`,
        'effect',
      );
    }
  return {
    kind: 'spark driver',
    files: { 'driver.log': log },
    culprit: ['driver', 'spark', 'Executor'],
    problem: ['memory|heap|oom'],
    lines: ['OutOfMemoryError'],
    services: ['driver'],
    note: broken ? 'executors run out of heap' : 'attempts that were not needed any more',
  };
}

/** The compiler refuses one file. Healthy: the build passes, with notes. */
function gradle(draw: Draw, broken: boolean): Draft {
  const world = createWorld(draw);
  const log = new Log();
  let at = 0;
  const say = (text: string, tag?: 'proof' | 'effect'): void => {
    at += 10;
    log.add(at, text, tag);
  };
  const modules = Array.from(
    { length: 24 },
    (_, n) => `${draw.pick([world.service, world.other, 'common', 'web'])}-${n}`,
  );
  const victim = draw.int(14, 20);
  say('> Configure project :');
  for (const [index, module] of modules.entries())
    for (const task of [
      'processResources',
      'compileJava',
      'classes',
      'jar',
      'compileTestJava',
      'test',
      'check',
    ]) {
      if (broken && index === victim && task === 'compileJava') {
        say(`> Task :${module}:compileJava FAILED`, 'proof');
        say(
          `/src/${module}/src/main/java/Order.java:${draw.int(20, 90)}: error: cannot find symbol\n        return rate.apply(total);\n                   ^\n  symbol:   method apply(Money)\n  location: variable rate of type Rate\n1 error`,
          'proof',
        );
        say('FAILURE: Build failed with an exception.', 'proof');
        say(
          `* What went wrong:\nExecution failed for task ':${module}:compileJava'.\n> Compilation failed; see the compiler error output for details.`,
          'proof',
        );
        say('BUILD FAILED in 1m 12s', 'proof');
        return finishGradle(log, [module, 'compileJava', `:${module}:compileJava`, module.split('-')[0]!]);
      }
      say(
        `> Task :${module}:${task}${draw.weigh([
          ['', 5],
          [' UP-TO-DATE', 3],
          [' NO-SOURCE', 1],
          [' FROM-CACHE', 2],
        ])}`,
      );
      if (task === 'compileTestJava' && draw.chance(0.4))
        say(`Note: /src/${module}/src/test/java/ErrorTest.java uses or overrides a deprecated API.`);
    }
  say('BUILD SUCCESSFUL in 2m 41s');
  return finishGradle(log, []);
}

const finishGradle = (log: Log, culprit: string[]): Draft => ({
  kind: 'gradle console',
  files: { 'gradle.log': log },
  culprit: ['gradle', 'build', ...culprit],
  problem: ['compil|symbol|build|fail'],
  lines: [
    'compileJava.?.? ?FAILED',
    'cannot find symbol',
    'BUILD FAILED',
    'Compilation failed',
    'FAILURE: Build failed',
  ],
  services: ['gradle'],
  dated: false,
  note: culprit.length > 0 ? 'one file does not compile' : 'the build passes, with notes',
});

/** An application on a telephone crashes, once. Healthy: garbage collections, refused permissions. */
function logcat(draw: Draw, broken: boolean): Draft {
  const world = createWorld(draw);
  const story = tell(draw, [1, 1.5], [1, 2]);
  const log = new Log();
  const pack = `com.${world.domain.split('.')[0]}.${world.service}`;
  const say = (at: number, level: string, tagName: string, text: string, tag?: 'proof' | 'effect'): void =>
    log.add(
      at,
      text
        .split('\n')
        .map(
          (line) =>
            `${stamp(at, '%m-%d %H:%M:%S.%L')}  ${draw.int(900, 999)}  ${draw.int(900, 999)} ${level} ${tagName}: ${line}`,
        )
        .join('\n'),
      tag,
    );
  for (const at of moments(draw, story.from, story.to, 2))
    draw.weigh([
      [
        () =>
          say(at, 'D', 'SyncAdapter', `pulled ${draw.int(1, 60)} ${world.thing} in ${draw.int(80, 900)}ms`),
        5,
      ],
      [
        () =>
          say(
            at,
            'I',
            'art',
            `Background concurrent mark sweep GC freed ${draw.int(1000, 90_000)}(${draw.int(100, 900)}KB) AllocSpace objects, paused ${draw.int(1, 9)}.${draw.int(100, 999)}ms`,
          ),
        3,
      ],
      [
        () =>
          say(
            at,
            'W',
            'ActivityManager',
            `Unable to start service Intent { act=com.vendor.push } U=0: not found`,
          ),
        0.4,
      ],
      [() => say(at, 'E', 'WifiHal', 'get link layer stats: -3 not supported'), 0.5],
    ])();
  for (const at of rhythm(draw, story.from, story.to, 60))
    say(at, 'I', 'BatteryStats', `level ${draw.int(20, 90)}`);
  if (broken) {
    say(
      story.begin,
      'E',
      'AndroidRuntime',
      `FATAL EXCEPTION: main\nProcess: ${pack}, PID: ${draw.int(2000, 9000)}\njava.lang.IllegalStateException: cursor is closed\n\tat ${pack}.ui.ListScreen.bind(ListScreen.kt:${draw.int(20, 90)})`,
      'proof',
    );
    say(story.begin + 90, 'I', 'Process', 'Sending signal. SIG: 9', 'effect');
  }
  return {
    kind: 'android logcat',
    files: { 'logcat.txt': log },
    culprit: ['logcat', 'AndroidRuntime', pack, world.service],
    problem: ['fatal|exception|crash|cursor|IllegalState'],
    lines: ['FATAL EXCEPTION', 'cursor is closed'],
    services: ['logcat'],
    yearless: true,
    note: broken ? 'an application crashes once' : 'steady errors of a driver',
  };
}

export const JOBS: Family[] = [
  { name: 'airflow', make: airflow },
  { name: 'spark', make: spark },
  { name: 'gradle', make: gradle },
  { name: 'logcat', make: logcat },
];
