import { execFile, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';

const MAIN = resolve(import.meta.dirname, '../../src/main.ts');
/** Without the variables that connect chats: no test may reach a real one. */
const NO_CHATS = { SLACK_BOT_TOKEN: '', DISCORD_TOKEN: '' };

/** Runs one command line in a process of its own, and waits for its end. */
export function bongsu(
  args: readonly string[],
  options: { cwd?: string; env?: NodeJS.ProcessEnv } = {},
): Promise<{ code: number; out: string; err: string }> {
  const env = options.env ?? { ...process.env, ...NO_CHATS };
  return new Promise((done) => {
    execFile(process.execPath, [MAIN, ...args], { cwd: options.cwd, env }, (error, out, err) =>
      done({ code: error ? Number(error.code) : 0, out, err }),
    );
  });
}

const PTY = resolve(import.meta.dirname, 'pseudo_terminal.py');
/** Without a pseudo-terminal the program is made to believe that its pipes are terminals. */
const PRETEND = `data:text/javascript,${encodeURIComponent(
  'for (const stream of [process.stdout, process.stderr]) Object.assign(stream, { isTTY: true, columns: 80 });',
)}`;
const hasPty = spawnSync('python3', ['-c', 'import pty']).status === 0;

/** A command that does not end by itself gets a Ctrl-C after this time. */
const ENOUGH_MS = 7_000;

/** Runs one command line on a terminal. `out` is all that it writes there, to stdout and stderr, unchanged. */
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
  // A terminal puts a CR before each line end.
  return { code, out: Buffer.concat(chunks).toString('utf8').replaceAll('\r\n', '\n') };
}
