import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { onPath } from './provision.layout.ts';

export type Log = (line: string) => void;

/** Thrown when an engine cannot be had on this machine: reported as skipped, with its message as the reason. */
export class Unavailable extends Error {}

/** Refuses early, by name, when a tool that a recipe needs is not there. */
export function need(...tools: string[]): void {
  const absent = tools.filter((tool) => !onPath(tool));
  if (absent.length > 0) throw new Unavailable(`needs ${absent.join(', ')} on the PATH`);
}

/** Runs a command to its end; on failure throws with the last lines it printed. */
export async function sh(
  command: string,
  args: readonly string[],
  options: { cwd?: string; env?: NodeJS.ProcessEnv; minutes?: number } = {},
): Promise<string> {
  const child = spawn(command, args, {
    ...(options.cwd ? { cwd: options.cwd } : {}),
    env: { ...process.env, ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: (options.minutes ?? 15) * 60_000,
  });
  let out = '';
  let all = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    out += text;
    all = (all + text).slice(-20_000);
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    all = (all + text).slice(-20_000);
  });
  const [code, signal] = await new Promise<[number | null, string | null]>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (exit, by) => resolve([exit, by]));
  });
  if (code === 0) return out;
  const tail = all.trim().split('\n').slice(-12).join('\n');
  throw new Unavailable(`${command} ${args[0] ?? ''} failed (${signal ?? `exit ${code}`}):\n${tail}`);
}

/** Builds a folder beside its final place and renames it there when complete: half an install is never seen. */
export async function assemble(target: string, build: (folder: string) => Promise<void>): Promise<void> {
  if (existsSync(target)) return;
  const staging = `${target}.${randomBytes(4).toString('hex')}.tmp`;
  await mkdir(dirname(target), { recursive: true });
  await mkdir(staging);
  try {
    await build(staging);
    await rename(staging, target).catch((error: NodeJS.ErrnoException) => {
      // Another run finished the same folder first; its result is as good.
      if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error;
    });
  } finally {
    await rm(staging, { recursive: true, force: true });
  }
}

const POLICY = '/usr/sbin/policy-rc.d';
let updated: Promise<unknown> | undefined;

/** Installs Debian packages without letting their services start. */
export async function apt(packages: readonly string[], log: Log): Promise<void> {
  need('apt-get');
  if (process.getuid?.() !== 0)
    throw new Unavailable(`needs root to install; as root: apt-get install ${packages.join(' ')}`);
  // Another apt run may hold the lock for a while.
  const lock = ['-o', 'DPkg::Lock::Timeout=600'];
  updated ??= sh('apt-get', [...lock, 'update']);
  await updated;
  log(`apt-get install ${packages.join(' ')}`);
  const guarded = !existsSync(POLICY);
  // 101 = "action forbidden by policy": Debian's own way to install a daemon without starting it.
  if (guarded) await writeFile(POLICY, '#!/bin/sh\nexit 101\n', { mode: 0o755 });
  try {
    await sh('apt-get', [...lock, 'install', '-y', '--no-install-recommends', ...packages], {
      env: { DEBIAN_FRONTEND: 'noninteractive' },
      minutes: 30,
    });
  } finally {
    if (guarded) await rm(POLICY, { force: true });
  }
}
