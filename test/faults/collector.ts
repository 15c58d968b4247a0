import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { openSqliteLogs } from '../../src/backends/logs/sqlite.ts';
import { createLog } from '../../src/log.ts';

const MAIN = resolve(import.meta.dirname, '../../src/main.ts');

/** A port nobody uses at this moment. */
export async function freePort(): Promise<number> {
  const probe = createServer();
  probe.listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as { port: number };
  await new Promise((done) => probe.close(done));
  return port;
}

/** The pipeline and all else in a process of its own, on a SQLite store in `dir`, to be killed at any moment. */
export async function collectorProcess(collect: object) {
  const dir = mkdtempSync(join(tmpdir(), 'bongsu-kill-'));
  const config = join(dir, 'config.json');
  writeFileSync(
    config,
    JSON.stringify({ models: [], http: { port: await freePort() }, logLevel: 'error', collect }),
  );
  let child: ChildProcess | undefined;
  return {
    dir,
    config,
    /** Resolves when it has said that it runs. */
    async start(): Promise<void> {
      const started = spawn(process.execPath, [MAIN, 'start', '--no-open', '--config', config], {
        stdio: ['ignore', 'pipe', 'inherit'],
        cwd: dir,
      });
      child = started;
      let said = '';
      await new Promise<void>((ready, reject) => {
        started.stdout.setEncoding('utf8').on('data', (text: string) => {
          said += text;
          if (said.includes('Bongsu is at')) ready();
        });
        started.once('exit', (code) => reject(new Error(`ended with ${code}: ${said}`)));
      });
    },
    async kill(): Promise<void> {
      if (!child || child.exitCode !== null || child.signalCode !== null) return;
      const ended = once(child, 'exit');
      child.kill('SIGKILL');
      await ended;
    },
    /** How often each line that fits `source` is in the store. */
    async stored(source: RegExp): Promise<Map<string, number>> {
      await using logs = await openSqliteLogs(
        { file: join(dir, 'data', 'logs.sqlite') },
        createLog('silent'),
      );
      const counts = new Map<string, number>();
      for await (const batch of logs.scan({}))
        for (const { line } of batch) if (source.test(line)) counts.set(line, (counts.get(line) ?? 0) + 1);
      return counts;
    },
    async [Symbol.asyncDispose]() {
      await this.kill();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}
export type CollectorProcess = Awaited<ReturnType<typeof collectorProcess>>;
