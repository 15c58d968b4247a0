// What the product says about one case: the command line, with its defaults, in a data folder of its own.
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const MAIN = resolve(import.meta.dirname, '../../../src/main.ts');
const LIMIT_MS = 180_000;

/** Parsed answers; `undefined` where a command printed no JSON. */
export interface Answers {
  incidents: unknown;
  why: unknown;
  summary: unknown;
}

/** @returns what the command printed, parsed; a failing command is an answer too, and may print nothing */
function call(args: string[]): Promise<unknown> {
  return new Promise((done) => {
    const options = { timeout: LIMIT_MS, maxBuffer: 1 << 28 };
    const child = execFile(
      process.execPath,
      ['--max-semi-space-size=16', MAIN, ...args],
      options,
      (_, stdout) => {
        try {
          done(JSON.parse(stdout));
        } catch {
          done(undefined);
        }
      },
    );
    child.stdin?.end();
  });
}

/** Reads the files in, lists all incidents, asks why, and asks for a summary, all without a model. */
export async function ask(files: string[]): Promise<Answers> {
  const scratch = mkdtempSync(join(tmpdir(), 'bongsu-first-contact-'));
  try {
    const path = join(scratch, 'config.json');
    writeFileSync(path, JSON.stringify({ dataDir: join(scratch, 'data'), models: [] }));
    const config = ['--json', '--config', path];
    await call(['ingest', ...files, ...config]);
    return {
      incidents: await call(['incidents', '--all', ...config]),
      why: await call(['why', '--no-model', ...config, '--logs', ...files]),
      summary: await call(['summarize', '--no-model', ...config, '--logs', ...files]),
    };
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}
