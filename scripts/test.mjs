// Runs the tests of a folder with Node's own runner, so that its summary is the last thing printed.
// `test` leaves out the suites that need real servers or minutes: test/engines and test/faults.  Usage: node scripts/test.mjs FOLDER [FILTER…]
import { spawnSync } from 'node:child_process';
import { globSync } from 'node:fs';
import { availableParallelism } from 'node:os';

const [folder, ...filters] = process.argv.slice(2);
const files = globSync(`${folder}/**/*.test.ts`)
  .map((file) => file.replaceAll('\\', '/'))
  .filter((file) => folder !== 'test' || !/^test\/(engines|faults)\//.test(file))
  .filter((file) => filters.every((filter) => file.includes(filter)))
  .sort();
if (files.length === 0) {
  console.error(`no test file in ${folder} matches ${filters.join(' ')}`);
  process.exit(1);
}
const engines = !/^test\/?$/.test(folder);
const result = spawnSync(
  process.execPath,
  [
    `--import=${new URL('watchdog.mjs', import.meta.url)}`,
    '--test',
    '--test-reporter=spec',
    `--test-timeout=${engines ? 600_000 : 120_000}`,
    // Most of a test's time is waiting; engines are heavy, one file of them at a time.
    `--test-concurrency=${engines ? 1 : Math.max(3, availableParallelism() - 1)}`,
    // Vendors' clients of real servers may keep a timer; a test of ours that leaves one open is a defect.
    ...(engines ? ['--test-force-exit'] : []),
    ...files,
  ],
  {
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...process.env, NODE_NO_WARNINGS: '1', TEST_FILE_MINUTES: engines ? '12' : '4' },
  },
);
process.exit(result.status ?? 1);
