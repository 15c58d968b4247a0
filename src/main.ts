#!/usr/bin/env node
import { setFlagsFromString } from 'node:v8';
import { runCli } from './cli/program.ts';

// On a large machine V8 lets four times what is in use gather before it looks for garbage among older objects: a stream
// without an end would hold hundreds of megabytes it has no use for. (The room for young objects, by which such a
// machine is as generous, can only be said where Node is started: `--max-semi-space-size`, in package.json.)
setFlagsFromString('--heap-growing-percent=50');

// The first signal asks for an orderly stop; the second one means it.
const stop = new AbortController();
for (const name of ['SIGINT', 'SIGTERM'] as const)
  process.on(name, () => {
    if (stop.signal.aborted) process.exit(130);
    stop.abort();
  });
// A reader that went away (`| head`) is not an error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0);
  throw error;
});

const code = await runCli(process.argv.slice(2), stop.signal);
// Vendor clients may keep sockets open after they were closed; the work is done.
process.stdout.write('', () => process.exit(code));
