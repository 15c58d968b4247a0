import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { AppError } from '../../domain/errors.ts';
import { MINUTE } from '../../domain/time/units.ts';
import type { Log } from '../../log.ts';
import { connect, type OllamaEntry } from './ollama-client.ts';
import { callsTo, openVariant, removeVariant, variantName } from './ollama-tuner.ts';
import type { Lesson, Tuner } from './tuner.ts';

const SCRIPT = fileURLToPath(new URL('lora.py', import.meta.url));
const CALL_MS = 300_000;
/** A training that prints nothing for this long counts as hanging. */
const SILENT_MS = 30 * MINUTE;
/** If `progress` takes longer than this, the training is suspended. */
const HOLD_MS = 1_000;
const FILES = ['adapter_config.json', 'adapter_model.safetensors'] as const;

/**
 * Variants with an adapter that a Python program trains on this machine's GPU (or CPU); it needs torch, transformers and
 * peft. Ollama loads the adapter on top of its own copy of the model (`ADAPTER`). Where the memory is too small, the program
 * lowers its batch, then the rank. When it was killed and is run again, it goes on from its last checkpoint. It stands still
 * until `progress` resolves, so that a hot GPU can cool.
 */
export function loraTuner(
  entry: OllamaEntry,
  lora: { python: string; weights: string },
  log: Log,
  options: { epochs?: number; dir?: string } = {},
): Tuner {
  const call = callsTo(entry, CALL_MS);
  return {
    id: 'lora',
    base: entry.id ?? 'ollama',
    async train(lesson, { signal, progress }) {
      // Named after what is trained, so that another worker that takes the job over finds the checkpoint.
      const dir = join(options.dir ?? tmpdir(), `bongsu-lora-${lesson.task}-${lesson.version}`);
      await mkdir(dir, { recursive: true, mode: 0o700 });
      const data = join(dir, 'data.jsonl');
      await writeFile(data, linesOf(lesson), { mode: 0o600 });
      const args = ['--weights', lora.weights, '--data', data, '--out', dir];
      if (options.epochs) args.push('--epochs', String(options.epochs));
      const adapter = await run(lora.python, args, { signal, progress, log });
      const name = `${variantName(lesson)}-lora`;
      await call(signal, async (within) => {
        const adapters: Record<string, string> = {};
        for (const file of FILES)
          adapters[file] = await upload(entry.url, await readFile(join(adapter, file)), within);
        await connect(entry.url, within).create({
          model: name,
          from: entry.model,
          system: lesson.instruction,
          adapters,
          stream: false,
        });
      });
      await rm(dir, { recursive: true, force: true });
      return name;
    },
    open: (name) => openVariant(entry, name, log),
    remove: (name) => removeVariant(entry, name, call),
  };
}

const linesOf = ({ instruction, examples, promptOf }: Lesson): string =>
  examples
    .map(({ input, output }) => {
      const messages = [
        { role: 'system', content: instruction },
        { role: 'user', content: promptOf(input) },
        { role: 'assistant', content: JSON.stringify({ answer: output }) },
      ];
      return `${JSON.stringify({ messages })}\n`;
    })
    .join('');

/** Gives a file to Ollama; the client library has no call for it. */
async function upload(url: string, bytes: Uint8Array<ArrayBuffer>, signal: AbortSignal): Promise<string> {
  const digest = `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
  const response = await fetch(new URL(`/api/blobs/${digest}`, url), { method: 'POST', body: bytes, signal });
  await response.body?.cancel();
  if (!response.ok)
    throw new AppError('unavailable', `Ollama refused the adapter with status ${response.status}`);
  return digest;
}

/** The environment without anything that may be a secret: the training needs none. */
const plainEnvironment = (): NodeJS.ProcessEnv =>
  Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/TOKEN|KEY|SECRET|PASSW|CREDENTIAL|_URL$/i.test(name)),
  );

/**
 * Runs the program to its end.
 * @returns the folder of the adapter
 * @throws AppError `stopped` | `unavailable`
 */
async function run(
  python: string,
  args: string[],
  { signal, progress, log }: { signal: AbortSignal; progress: (fraction: number) => Promise<void>; log: Log },
): Promise<string> {
  const child = spawn(python, [SCRIPT, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    // Nothing is downloaded: weights and examples are on this machine.
    env: {
      ...plainEnvironment(),
      HF_HUB_OFFLINE: '1',
      TRANSFORMERS_OFFLINE: '1',
      HF_HUB_DISABLE_TELEMETRY: '1',
    },
  });
  const stop = (): void => void child.kill('SIGKILL');
  signal.addEventListener('abort', stop, { once: true });
  // A suspended program would not notice that nobody reads its output any more, and would keep its memory.
  process.once('exit', stop);
  let silence = setTimeout(stop, SILENT_MS);
  let adapter: string | undefined;
  let problem = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    problem = (problem + text).slice(-2_000);
  });
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once('error', () =>
      reject(
        new AppError('unavailable', `${python} cannot be run; set jobs.fineTune.lora.python`, {
          retryable: false,
        }),
      ),
    );
    child.once('close', resolve);
  });
  ended.catch(() => {});
  try {
    for await (const line of createInterface({ input: child.stdout })) {
      // While it is suspended it cannot print.
      clearTimeout(silence);
      const said = read(line);
      if (said.done) adapter = said.done;
      if (said.device) log.info({ device: said.device }, 'fine-tune: trains on this device');
      if (said.lowered) log.warn({ ...said }, 'fine-tune: out of memory, lowered');
      if (said.loss !== undefined) log.debug({ loss: said.loss, step: said.step }, 'fine-tune');
      if (said.step && said.steps) await pausedWhile(child, progress(said.step / said.steps));
      if (said.error) problem = said.error;
      silence = setTimeout(stop, SILENT_MS);
    }
    const code = await ended;
    signal.throwIfAborted();
    if (code === 0 && adapter) return adapter;
    const last = problem.trim().split('\n').at(-1) ?? '';
    throw new AppError('unavailable', `the LoRA training ended (${code ?? 'killed'}): ${last}`, {
      retryable: false,
    });
  } finally {
    clearTimeout(silence);
    signal.removeEventListener('abort', stop);
    process.removeListener('exit', stop);
    stop();
  }
}

/**
 * Waits for `held`; if that takes long, the program is suspended until then. Windows has no such signal: there the program runs
 * on until its output fills the pipe.
 */
async function pausedWhile(child: ChildProcess, held: Promise<void>): Promise<void> {
  if (process.platform === 'win32') return held;
  let stands = false;
  const timer = setTimeout(() => {
    stands = child.kill('SIGSTOP');
  }, HOLD_MS);
  try {
    await held;
  } finally {
    clearTimeout(timer);
    if (stands) child.kill('SIGCONT');
  }
}

function read(line: string): {
  done?: string;
  device?: string;
  lowered?: string;
  step?: number;
  steps?: number;
  loss?: number;
  error?: string;
} {
  try {
    return JSON.parse(line) as { done?: string };
  } catch {
    // Printed by a library.
    return {};
  }
}
