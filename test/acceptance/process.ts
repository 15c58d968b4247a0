import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';

const MAIN = resolve(import.meta.dirname, '../../src/main.ts');
/** Nothing listens there: Bongsu must be useful without a model. */
const NO_MODEL = { OLLAMA_API_URL: 'http://127.0.0.1:9', OPENAI_API_KEY: '' };

export interface BongsuProcess {
  /** `http://…` of its page. */
  address: string;
  /** What it printed so far. */
  lines: string[];
  /** Resolves with the exit code once the process has ended; null after SIGKILL. */
  end(signal: 'SIGTERM' | 'SIGKILL'): Promise<number | null>;
}

/** Runs `bongsu start` in `folder`. `lines` and `errors` fill while it runs; `ended` resolves with its exit code. */
export function spawnBongsu(folder: string, config: object | string, args: readonly string[] = []) {
  const file = join(folder, 'config.json');
  writeFileSync(file, typeof config === 'string' ? config : JSON.stringify(config));
  const child = spawn(process.execPath, [MAIN, 'start', '--config', file, ...args], {
    cwd: folder,
    env: { PATH: process.env.PATH, HOME: process.env.HOME, ...NO_MODEL },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const lines: string[] = [];
  const errors: string[] = [];
  const out = createInterface({ input: child.stdout }).on('line', (line) => lines.push(line));
  createInterface({ input: child.stderr }).on('line', (line) => errors.push(line));
  const ended = new Promise<number | null>((done) => child.once('close', done));
  return { child, out, lines, errors, ended };
}

/** Runs `bongsu start` as a person does, and waits until it says where it is. Throws when it ends before. */
export async function startBongsu(
  folder: string,
  config: object,
  args: readonly string[] = [],
): Promise<BongsuProcess> {
  const { child, out, lines, errors, ended } = spawnBongsu(folder, { http: { port: 0 }, ...config }, args);
  const address = await new Promise<string>((done, fail) => {
    out.on('line', (line) => {
      const [, found] = /^Bongsu is at (http:\S+)/.exec(line) ?? [];
      if (found) done(found);
    });
    ended.then((code) => fail(new Error(`bongsu ended with ${code}:\n${errors.slice(-20).join('\n')}`)));
  });
  return {
    address,
    lines,
    async end(signal) {
      child.kill(signal);
      return ended;
    },
  };
}
