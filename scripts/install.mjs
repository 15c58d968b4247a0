// Runs before every npm script, on whatever Node npm itself runs on (20 or later): makes the two commands work on
// a fresh clone. Installs when node_modules is absent or older than the lock file; otherwise costs a few ms.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const stamp = `${root}node_modules/.bongsu-installed`;
const wanted = createHash('sha256')
  .update(readFileSync(`${root}package-lock.json`))
  .update(`${process.platform}-${process.arch}`)
  .digest('hex');

if (!existsSync(stamp) || readFileSync(stamp, 'utf8') !== wanted) {
  console.error('Installing dependencies (first run, about a minute) …');
  const result = spawnSync('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: root,
    stdio: ['ignore', 2, 2],
    shell: process.platform === 'win32',
  });
  if (result.status !== 0) {
    console.error('Installing failed: see npm’s message above. Nothing was started.');
    process.exit(1);
  }
  writeFileSync(stamp, wanted);
}

const pinned =
  existsSync(`${root}node_modules/.bin/node`) ||
  existsSync(`${root}node_modules/.bin/node.exe`) ||
  existsSync(`${root}node_modules/.bin/node.cmd`);
if (!pinned && Number(process.versions.node.split('.')[0]) < 24) {
  console.error(
    `Bongsu needs Node 24 here; this is ${process.version}. Install it from nodejs.org and run the command again.`,
  );
  process.exit(1);
}
