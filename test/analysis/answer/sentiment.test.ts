import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sentimentOf } from '../../../src/analysis/answer/sentiment.ts';
import { createAnalyst } from '../../../src/analysis/create-analyst.ts';
import { readerOver } from '../../../src/analysis/logs/reader.ts';
import { TEXT_REGRESSION } from '../../../src/jobs/fine-tune/regression.ts';
import { createLog } from '../../../src/log.ts';
import { recordsOfText } from '../../../src/pipeline/offline.ts';

const analyst = createAnalyst({
  logs: readerOver([]),
  models: [],
  language: 'en',
  timeZone: 'UTC',
  log: createLog('silent'),
});

async function sentiment(text: string): Promise<string> {
  for await (const event of analyst.assess(await recordsOfText(text, 'UTC'), { language: 'en' }))
    if (event.kind === 'answer') return event.answer.sentiment;
  throw new Error('no answer');
}

test('the sentiments of the fixed set, which no variant may get wrong either, hold without a model', async () => {
  for (const { task, input, output } of TEXT_REGRESSION)
    if (task === 'sentiment') assert.equal(await sentiment(input), output, input);
});

test('plain words of praise and anger, in both languages; all else is neutral', async () => {
  const told: [string, string][] = [
    ['This is terrible, worst service ever', 'negative'],
    ['정말 화가 납니다. 서비스가 최악이에요', 'negative'],
    ['not good at all', 'negative'],
    ['서비스가 좋지 않아요', 'negative'],
    ['Great service, thank you!', 'positive'],
    ['친절하게 도와주셔서 감사합니다', 'positive'],
    ['WARN response took 1900 ms, limit 1500 ms', 'neutral'],
    ['not bad', 'neutral'],
    ['user 7 signed in', 'neutral'],
    ['INFO GET /items 400 bad request', 'neutral'],
  ];
  for (const [text, expected] of told) assert.equal(await sentiment(text), expected, text);
});

test('one word among many lines says nothing of all; what fails is negative whatever is said beside it', () => {
  const lines = [
    { label: 'page served', count: 95 },
    { label: 'thank you for signing up', count: 5 },
  ];
  assert.equal(sentimentOf('normal', lines, 100), 'neutral');
  assert.equal(sentimentOf('critical', [{ label: 'recovered', count: 1 }], 1), 'negative');
});
