#!/usr/bin/env node
import { runCli } from './cli/program.ts';

// The first signal asks for an orderly stop; the second one ends the process at once.
const stop = new AbortController();
for (const name of ['SIGINT', 'SIGTERM'] as const)
  process.on(name, () => {
    if (stop.signal.aborted) process.exit(130);
    stop.abort();
  });
// It is no error when the reader of stdout ends first (`| head`).
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0);
  throw error;
});

const code = await runCli(process.argv.slice(2), stop.signal);
// Exits once all output is written: clients of vendors may keep sockets open although they were closed.
process.stdout.write('', () => process.exit(code));
