import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';

const ROOT = resolve(import.meta.dirname, '../..');

/** Starts `bongsu` as `npm run bongsu` does, with a pipe for its input. */
export function bongsu(args: string[]): ChildProcess {
  const { scripts } = JSON.parse(readFileSync(resolve(ROOT, 'package.json'), 'utf8')) as {
    scripts: { bongsu: string };
  };
  const [, ...own] = scripts.bongsu.split(' ');
  return spawn(
    process.execPath,
    [...own.map((arg) => (arg.endsWith('.ts') ? resolve(ROOT, arg) : arg)), ...args],
    {
      stdio: ['pipe', 'pipe', 'inherit'],
    },
  );
}

/** The resident memory of a process over time, in MiB; empty where there is no /proc. */
export function memoryOf(child: ChildProcess): { samples: number[]; stop(): void } {
  const samples: number[] = [];
  const timer = setInterval(() => {
    try {
      const status = readFileSync(`/proc/${child.pid}/status`, 'utf8');
      const resident = /VmRSS:\s+(\d+)/.exec(status)?.[1];
      // A process that is just ending has no memory any more.
      if (resident) samples.push(Number(resident) / 1_024);
    } catch {
      // Ended, or a system without /proc.
    }
  }, 100);
  return { samples, stop: () => clearInterval(timer) };
}

/** The JSON that a child prints; throws when it fails. */
export async function outputOf<T>(child: ChildProcess): Promise<T> {
  let out = '';
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    out += text;
  });
  const [code] = await once(child, 'close');
  if (code !== 0) throw new Error(`${child.spawnargs.slice(1).join(' ')} ended with ${code}`);
  return JSON.parse(out) as T;
}
