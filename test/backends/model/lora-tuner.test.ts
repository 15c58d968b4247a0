import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { pino } from 'pino';
import { loraTuner } from '../../../src/backends/model/lora-tuner.ts';
import { parseConfig } from '../../../src/config.ts';

const [entry] = parseConfig({ models: [{ kind: 'ollama' }] }).models.filter(({ kind }) => kind === 'ollama');

test('the training program gets no secret of ours from the environment', {
  skip: process.platform === 'win32' ? 'a shell script' : false,
}, async (t) => {
  const dir = await mkdtemp(join(tmpdir(), 'bongsu-lora-'));
  process.env.SLACK_BOT_TOKEN = 'xoxb-not-for-others';
  t.after(async () => {
    delete process.env.SLACK_BOT_TOKEN;
    await rm(dir, { recursive: true, force: true });
  });
  const python = join(dir, 'python');
  await writeFile(
    python,
    '#!/bin/sh\necho "{\\"error\\":\\"[$SLACK_BOT_TOKEN] [$HF_HUB_OFFLINE]\\"}"\nexit 1\n',
    {
      mode: 0o700,
    },
  );
  assert.ok(entry?.kind === 'ollama');
  const tuner = loraTuner(entry, { python, weights: dir }, pino({ level: 'silent' }), { dir });
  const lesson = {
    task: 'sentiment',
    instruction: 'i',
    examples: [],
    promptOf: String,
    version: '1',
  } as const;
  await assert.rejects(
    tuner.train(lesson, { signal: new AbortController().signal, progress: async () => {} }),
    { code: 'unavailable', message: 'the LoRA training ended (1): [] [1]' },
  );
});
