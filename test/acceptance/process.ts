import { spawn } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import type { Language } from '../../src/domain/question/question.ts';

const MAIN = resolve(import.meta.dirname, '../../src/main.ts');
/** Nothing listens there: without a model the product must be useful all the same. */
const NO_MODEL = { OLLAMA_API_URL: 'http://127.0.0.1:9', OPENAI_API_KEY: '' };

export interface Running {
  address: string;
  /** What it printed so far. */
  lines: string[];
  /** Resolves with the exit code once the process has ended. */
  end(signal: 'SIGTERM' | 'SIGKILL'): Promise<number | null>;
}

/** Starts Bongsu as a person does (`bongsu start`), with its data in `folder`, and waits until it says where it is. */
export async function startBongsu(
  folder: string,
  language: Language,
  more: string[] = [],
  models: object[] = [{ kind: 'ollama' }],
): Promise<Running> {
  const config = join(folder, 'config.json');
  await writeFile(
    config,
    JSON.stringify({
      language,
      timeZone: 'Asia/Seoul',
      dataDir: 'data',
      http: { port: 0 },
      models,
    }),
  );
  const child = spawn(process.execPath, [MAIN, 'start', '--config', config, ...more], {
    cwd: folder,
    env: { PATH: process.env.PATH, HOME: process.env.HOME, ...NO_MODEL },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = new Promise<number | null>((done) => child.once('exit', done));
  const lines: string[] = [];
  const errors: string[] = [];
  createInterface({ input: child.stderr }).on('line', (line) => errors.push(line));
  const address = await new Promise<string>((done, fail) => {
    createInterface({ input: child.stdout }).on('line', (line) => {
      lines.push(line);
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
