import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';

const MAIN = resolve(import.meta.dirname, '../../src/main.ts');
const PTY = resolve(import.meta.dirname, 'on_terminal.py');
/** Where no pseudo-terminal can be had, the program is told that its pipes are one. */
const PRETEND = `data:text/javascript,${encodeURIComponent(
  'for (const stream of [process.stdout, process.stderr]) Object.assign(stream, { isTTY: true, columns: 80 });',
)}`;
const hasPty = spawnSync('python3', ['-c', 'import pty']).status === 0;

/** A command that does not end by itself gets a Ctrl-C after so long. */
const ENOUGH_MS = 7_000;

/** All that one command line writes to a terminal, to both of its outputs, as its bytes stand there. */
export async function onTerminal(
  args: readonly string[],
  cwd: string,
): Promise<{ code: number; out: string }> {
  const node = hasPty ? [MAIN] : ['--import', PRETEND, MAIN];
  const [command, ...rest] = [...(hasPty ? ['python3', PTY] : []), process.execPath, ...node, ...args];
  const child = spawn(command!, rest, {
    cwd,
    env: { ...process.env, FORCE_COLOR: '1', NODE_NO_WARNINGS: '1' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const chunks: Buffer[] = [];
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => chunks.push(chunk));
  const timer = setTimeout(() => child.kill('SIGTERM'), ENOUGH_MS);
  const [code] = await once(child, 'close');
  clearTimeout(timer);
  // A terminal's own line ends have a CR.
  return { code, out: Buffer.concat(chunks).toString('utf8').replaceAll('\r\n', '\n') };
}
