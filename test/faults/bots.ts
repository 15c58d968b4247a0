import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import type { Sent } from './load.ts';
import type { Platform } from './platform.ts';

const MAIN = resolve(import.meta.dirname, '../../src/main.ts');
const CHILD = resolve(import.meta.dirname, 'child.ts');
const START_MS = 60_000;

/** A bot in a process of its own. */
export interface BotProcess {
  readonly pid: number;
  /** `http://…` of its own interface. */
  readonly address: string;
  /** Ends it at once, as a power cut would. */
  kill(): Promise<void>;
  /** Asks it to end. */
  stop(): Promise<void>;
  health(): Promise<Record<string, { ok: boolean; detail: string }>>;
}

/** Folders and processes of one run, gone at its end. */
export class Workshop implements AsyncDisposable {
  readonly dir = mkdtempSync(join(tmpdir(), 'bongsu-faults-'));
  readonly #children = new Set<ChildProcess>();
  #configs = 0;
  /** However the test process ends, unless it is killed: no bot outlives it. */
  readonly #clear = (): void => {
    for (const child of this.#children) child.kill('SIGKILL');
    rmSync(this.dir, { recursive: true, force: true, maxRetries: 5 });
  };

  constructor() {
    process.once('exit', this.#clear);
  }

  /** A config file of its own. */
  config(raw: Record<string, unknown>): string {
    this.#configs += 1;
    const file = join(this.dir, `config-${this.#configs}.json`);
    const dataDir = join(this.dir, `data-${this.#configs}`);
    writeFileSync(
      file,
      JSON.stringify({ models: [], http: { port: 0 }, dataDir, logLevel: 'error', ...raw }),
    );
    return file;
  }

  /** The state file of a config on SQLite. */
  stateOf(config: string): string {
    return join(config.replace(/config-(\d+)\.json$/, 'data-$1'), 'state.sqlite');
  }

  /** `bongsu start` as people run it, or the test's own bot where `broker` says what it is fed with. */
  async start(
    config: string,
    env: Record<string, string>,
    how: { broker?: Broker; broken?: string; preload?: string; limitBytes?: number } = {},
  ): Promise<BotProcess> {
    const { broker, broken, preload } = how;
    const args = [
      ...(preload ? ['--import', preload] : []),
      ...(broker
        ? [CHILD, config, ...(broken ? [broken] : [])]
        : [MAIN, 'start', '--no-open', '--config', config]),
    ];
    const child = spawn(process.execPath, args, {
      cwd: this.dir,
      env: { ...process.env, ...env, NODE_NO_WARNINGS: '1' },
      stdio: [
        'ignore',
        'pipe',
        process.env.BONGSU_FAULTS_LOG ? 'inherit' : 'ignore',
        ...(broker ? ['ipc' as const] : []),
      ],
    });
    this.#children.add(child);
    child.once('exit', () => this.#children.delete(child));
    const known = Promise.withResolvers<string>();
    known.promise.catch(() => {});
    child.once('exit', (code, signal) => known.reject(new Error(`a bot ended with ${signal ?? code}`)));
    const timer = setTimeout(() => known.reject(new Error('a bot did not start in time')), START_MS);
    createInterface({ input: child.stdout! }).on('line', (line) => {
      if (process.env.BONGSU_FAULTS_LOG) process.stderr.write(`${line}\n`);
      const match = /at (http:\/\/\S+)/.exec(line);
      if (match) known.resolve(match[1]!);
    });
    if (broker) {
      broker.connect(child);
      child.on('message', (message) => {
        const { address } = message as { address?: string };
        if (address) known.resolve(address);
      });
    }
    const address = await known.promise.finally(() => clearTimeout(timer));
    const end = async (signal: NodeJS.Signals): Promise<void> => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const gone = once(child, 'exit');
      child.kill(signal);
      await gone;
    };
    return {
      pid: child.pid!,
      address,
      kill: () => end('SIGKILL'),
      stop: () => end('SIGTERM'),
      async health() {
        const response = await fetch(`${address}/health`, { signal: AbortSignal.timeout(20_000) });
        return ((await response.json()) as { backends: Record<string, { ok: boolean; detail: string }> })
          .backends;
      },
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const child of [...this.#children]) {
      const gone = once(child, 'exit');
      child.kill('SIGKILL');
      await gone;
    }
    process.off('exit', this.#clear);
    this.#clear();
  }
}

/** The test process as a broker: keeps what was not acknowledged, and gives it to the next bot again, in order. */
export class Broker {
  readonly #log: { id: string; value: string; at: number; offset: number }[] = [];
  /** The first offset that is not acknowledged. */
  #committed = 0;
  #child: ChildProcess | undefined;
  #listening = false;
  #flying: { batch: number; to: number } | undefined;
  #batches = 0;
  static readonly #BATCH = 50;

  connect(child: ChildProcess): void {
    this.#child = child;
    this.#listening = false;
    this.#flying = undefined;
    child.on('message', (message) => {
      if (child !== this.#child) return;
      const { listening, done } = message as { listening?: boolean; done?: number };
      if (listening) this.#listening = true;
      if (done !== undefined && done === this.#flying?.batch) {
        this.#committed = this.#flying.to;
        this.#flying = undefined;
      }
      this.#feed();
    });
    child.once('exit', () => {
      if (child === this.#child) this.#child = undefined;
    });
  }

  /** Sets the clock of a bot that has `clock.ts` preloaded, epoch ms. */
  setClock(clock: number): void {
    this.#child?.send({ clock }, () => {});
  }

  publish(due: readonly Sent[], at = Date.now()): void {
    for (const { id, value } of due) this.#log.push({ id, value, at, offset: this.#log.length });
    this.#feed();
  }

  #feed(): void {
    if (!this.#child?.connected || !this.#listening || this.#flying) return;
    const messages = this.#log.slice(this.#committed, this.#committed + Broker.#BATCH);
    if (messages.length === 0) return;
    this.#batches += 1;
    this.#flying = { batch: this.#batches, to: this.#committed + messages.length };
    // A bot that dies just now is told nothing; what it had is sent again to the next.
    this.#child.send({ batch: this.#batches, messages }, () => {});
  }
}

/** Sends each anomaly when it is due; resolves when all are out. */
export async function play(sent: Sent[], publish: (due: Sent[]) => Promise<void> | void): Promise<void> {
  const start = Date.now();
  for (let next = 0; next < sent.length; ) {
    const now = Date.now() - start;
    let end = next;
    while (end < sent.length && sent[end]!.after <= now) end += 1;
    const due = sent.slice(next, end);
    for (const one of due) one.at = Date.now();
    if (due.length > 0) await publish(due);
    next = end;
    await new Promise((done) => setTimeout(done, 20));
  }
}

/** What all runs have in common: alerts into three Slack channels. */
export const slackConfig = (routes: unknown): Record<string, unknown> => ({
  chats: [{ kind: 'slack', channel: 'C0FIRST', mode: 'socket' }],
  routes,
});

export type { Platform };
