#!/usr/bin/env node
// The `bongsu` command. Runs src/main.ts on the pinned Node 24 where the calling Node is older.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const main = fileURLToPath(new URL('../src/main.ts', import.meta.url));
if (Number(process.versions.node.split('.')[0]) >= 24) {
  await import(new URL('../src/main.ts', import.meta.url));
} else {
  // The binary itself, not npm's shim beside it: on Windows that is a script.
  const os = process.platform === 'win32' ? 'win' : process.platform;
  const binary = process.platform === 'win32' ? 'node.exe' : 'node';
  const pinned = fileURLToPath(
    new URL(`../node_modules/node-${os}-${process.arch}/bin/${binary}`, import.meta.url),
  );
  if (!existsSync(pinned)) {
    console.error(`bongsu needs Node 24; this is ${process.version}`);
    process.exit(1);
  }
  const child = spawn(pinned, ['--max-semi-space-size=16', main, ...process.argv.slice(2)], {
    stdio: 'inherit',
  });
  // Whoever stops this process means the one behind it, which stops in order. A Ctrl-C reaches both by itself.
  for (const name of ['SIGTERM', 'SIGHUP']) process.on(name, () => child.kill(name));
  process.on('SIGINT', () => {});
  child.on('error', (error) => {
    console.error(`bongsu cannot run ${pinned}: ${error.message}`);
    process.exit(1);
  });
  child.on('exit', (code, signal) => {
    if (!signal) process.exit(code ?? 1);
    process.removeAllListeners(signal);
    process.kill(process.pid, signal);
  });
}
