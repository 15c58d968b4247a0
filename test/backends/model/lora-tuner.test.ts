import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep, setImmediate as turn } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { pino } from 'pino';
import { loraTuner } from '../../../src/backends/model/lora-tuner.ts';
import { parseConfig } from '../../../src/config/config.ts';
import type { SystemHealth } from '../../../src/domain/health.ts';
import type { JobProgress } from '../../../src/domain/job/job.ts';
import { createGpuGate, gated } from '../../../src/jobs/gpu/gpu-gate.ts';

const [entry] = parseConfig({ models: [{ kind: 'ollama' }] }).models.filter(({ kind }) => kind === 'ollama');
const lesson = {
  task: 'sentiment',
  instruction: 'i',
  examples: [],
  promptOf: String,
  version: '1',
} as const;
const { signal } = new AbortController();

/** A tuner whose Python is this shell script; it may write beside itself. */
async function tunerOf(t: TestContext, script: string) {
  const dir = await mkdtemp(join(tmpdir(), 'bongsu-lora-'));
  t.after(() => rm(dir, { recursive: true, force: true }));
  const python = join(dir, 'python');
  await writeFile(python, `#!/bin/sh\n${script}`, { mode: 0o700 });
  assert.ok(entry?.kind === 'ollama');
  const tuner = loraTuner(entry, { python, weights: dir }, pino({ level: 'silent' }), { dir });
  return { tuner, python };
}

test('the training program gets no secret of ours from the environment', {
  skip: process.platform === 'win32' ? 'a shell script' : false,
}, async (t) => {
  process.env.SLACK_BOT_TOKEN = 'xoxb-not-for-others';
  t.after(() => {
    delete process.env.SLACK_BOT_TOKEN;
  });
  const { tuner } = await tunerOf(
    t,
    'echo "{\\"error\\":\\"[$SLACK_BOT_TOKEN] [$HF_HUB_OFFLINE]\\"}"\nexit 1\n',
  );
  await assert.rejects(tuner.train(lesson, { signal, progress: async () => {} }), {
    code: 'unavailable',
    message: 'the LoRA training ended (1): [] [1]',
  });
});

/** Half of a training, then one that goes on when it may, or by itself at last; its end is an error, so that no server is needed. */
const TRAINING = `echo $$ > "$0.pid"
echo '{"step":1,"steps":2}'
i=0
while [ ! -e "$0.go" ] && [ $i -lt 400 ]; do sleep 0.05; i=$((i + 1)); done
echo '{"error":"at its end"}'
exit 1
`;
const END = { code: 'unavailable', message: 'the LoRA training ended (1): at its end' };
const linux = { skip: process.platform === 'linux' ? false : 'reads /proc' };

/** `T`: it stands still; undefined: it is gone. */
async function stateOf(pid: string): Promise<string | undefined> {
  const stat = await readFile(`/proc/${pid.trim()}/stat`, 'utf8').catch(() => undefined);
  return stat && /\) (\S)/.exec(stat)?.[1];
}

test(
  'a training that runs hot stands still until the GPU is cool, says why, and goes on where it was',
  linux,
  async (t) => {
    const { tuner, python } = await tunerOf(t, TRAINING);
    const states: (string | undefined)[] = [];
    // A GPU that is hot from the first step on, and cools only when nothing runs on it.
    const read = async (): Promise<SystemHealth> => {
      const pid = await readFile(`${python}.pid`, 'utf8').catch(() => '');
      const state = pid ? await stateOf(pid) : 'cold';
      states.push(state);
      if (state === 'T') await writeFile(`${python}.go`, '');
      const temperatureC = state === 'cold' || state === 'T' || state === undefined ? 60 : 92;
      return {
        gpus: [{ name: 'H200', temperatureC }],
        cpu: { load: 0, cores: 1 },
        memory: { usedMb: 1, totalMb: 2 },
        at: 0,
      };
    };
    const gate = createGpuGate({ read, limits: { pauseAboveC: 85, resumeBelowC: 75 }, pollMs: 5 });
    const told: JobProgress[] = [];
    const job = gated<'fine-tune'>(
      gate,
      0,
      async (_, context) => {
        const progress = (fraction: number) =>
          context.progress({ fraction: fraction / 2, step: 'tune.sentiment' });
        throw await tuner.train(lesson, { signal, progress }).catch((error: unknown) => error);
      },
      0,
    );
    const progress = async (said: JobProgress): Promise<void> => void told.push(said);
    const context = { id: 'j', attempt: 1, attempts: 1, signal, progress };
    await assert.rejects(async () => job({ day: 'a', language: 'en' }, context), END);
    assert.equal(states.at(-1), 'T', `it ran on: ${states.join(' ')}`);
    const step = { fraction: 0.25, step: 'tune.sentiment' };
    assert.deepEqual(told[0], { ...step, paused: { reason: 'hot', value: 92, limit: 85 } });
    assert.deepEqual(told.at(-1), step);
  },
);

test(
  'a training that is held for longer than one may be silent is not taken for one that hangs',
  linux,
  async (t) => {
    const { tuner, python } = await tunerOf(t, TRAINING);
    t.mock.timers.enable({ apis: ['setTimeout'] });
    const progress = async (): Promise<void> => {
      await turn();
      t.mock.timers.tick(3_600_000);
      await writeFile(`${python}.go`, '');
    };
    await assert.rejects(tuner.train(lesson, { signal, progress }), END);
  },
);

/** As much of the libraries as the program needs until it loads something, which never ends. */
const LIBRARIES = {
  torch: 'class cuda:\n  is_available = staticmethod(lambda: False)\ndef set_num_threads(n): pass\n',
  peft: 'LoraConfig = PeftModel = get_peft_model = None\n',
  transformers:
    'import time\nAutoModelForCausalLM = None\nclass AutoTokenizer:\n  from_pretrained = staticmethod(lambda path: time.sleep(120))\n',
};
/** Starts the program, stops it as for heat once it speaks, and says its process id. */
const WORKER = `const program = require('node:child_process').spawn('python3', process.argv.slice(1));
program.stdout.once('data', () => { program.kill('SIGSTOP'); console.log(program.pid); });`;

const python3 = spawnSync('python3', ['--version']).status === 0 ? linux : { skip: 'needs python3' };

test(
  'a training that stands still ends with its worker, also where that one is killed',
  python3,
  async (t) => {
    const dir = await mkdtemp(join(tmpdir(), 'bongsu-lora-'));
    t.after(() => rm(dir, { recursive: true, force: true }));
    await mkdir(join(dir, 'libraries'));
    for (const [name, text] of Object.entries(LIBRARIES))
      await writeFile(join(dir, 'libraries', `${name}.py`), text);
    const script = fileURLToPath(new URL('../../../src/backends/model/lora.py', import.meta.url));
    const args = ['-e', WORKER, script, '--weights', dir, '--data', dir, '--out', dir];
    const env = { ...process.env, PYTHONPATH: join(dir, 'libraries'), PYTHONDONTWRITEBYTECODE: '1' };
    const worker = spawn(process.execPath, args, { env, stdio: ['ignore', 'pipe', 'inherit'] });
    const [said] = (await once(worker.stdout, 'data')) as [Buffer];
    const pid = String(said).trim();
    worker.kill('SIGKILL');
    await once(worker, 'exit');
    let state = await stateOf(pid);
    for (let tries = 0; tries < 100 && state && state !== 'Z'; tries += 1) {
      await sleep(20);
      state = await stateOf(pid);
    }
    const left = state !== undefined && state !== 'Z';
    if (left) process.kill(Number(pid), 'SIGKILL');
    assert.equal(left, false);
  },
);
