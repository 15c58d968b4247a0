#!/usr/bin/env node
// The `bongsu` command. Runs src/main.ts on the pinned Node 24 where the calling Node is older.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const main = fileURLToPath(new URL('../src/main.ts', import.meta.url));
if (Number(process.versions.node.split('.')[0]) >= 24) {
  await import(main);
} else {
  const pinned = fileURLToPath(new URL('../node_modules/.bin/node', import.meta.url));
  const node = existsSync(pinned) ? pinned : undefined;
  if (!node) {
    console.error(`bongsu needs Node 24; this is ${process.version}`);
    process.exit(1);
  }
  const result = spawnSync(node, [main, ...process.argv.slice(2)], { stdio: 'inherit' });
  process.exit(result.status ?? 1);
}
