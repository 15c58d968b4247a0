// Runs the tests of a folder with Node's own runner, so that its summary is the last thing printed.
// `test` leaves out the engine suite, which needs real servers.  Usage: node scripts/test.mjs FOLDER [FILTER…]
import { spawnSync } from 'node:child_process';
import { globSync } from 'node:fs';

const [folder, ...filters] = process.argv.slice(2);
const files = globSync(`${folder}/**/*.test.ts`)
  .map((file) => file.replaceAll('\\', '/'))
  .filter((file) => folder.startsWith('test/engines') || !file.startsWith('test/engines/'))
  .filter((file) => filters.every((filter) => file.includes(filter)))
  .sort();
if (files.length === 0) {
  console.error(`no test file in ${folder} matches ${filters.join(' ')}`);
  process.exit(1);
}
const result = spawnSync(
  process.execPath,
  [
    '--test',
    '--test-reporter=spec',
    `--test-timeout=${folder.startsWith('test/engines') ? 600_000 : 120_000}`,
    ...files,
  ],
  { stdio: ['ignore', 'inherit', 'inherit'], env: { ...process.env, NODE_NO_WARNINGS: '1' } },
);
process.exit(result.status ?? 1);
