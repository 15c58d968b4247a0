import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseConfig } from '../../src/config/config.ts';

const refused = (jobs: object, path: RegExp) =>
  assert.throws(() => parseConfig({ jobs }), { code: 'config_invalid', message: path });

test('schedules, zones and teams have defaults', () => {
  const { jobs } = parseConfig({});
  assert.equal(jobs.collect.schedule, '0 1 * * *');
  assert.equal(jobs.fineTune.schedule, '0 2 * * *');
  assert.deepEqual(jobs.digest.teams, [{ name: 'all' }]);
  const own = {
    name: '결제',
    services: ['pay'],
    chat: 'slack',
    channel: 'C2',
    language: 'ko',
    timeZone: 'Asia/Seoul',
  };
  assert.deepEqual(parseConfig({ jobs: { digest: { teams: [own] } } }).jobs.digest.teams, [own]);
  assert.equal(parseConfig({ jobs: { collect: { schedule: 'off' } } }).jobs.collect.schedule, 'off');
});

test('thresholds have the defaults they always had, and can be changed', () => {
  const { jobs } = parseConfig({});
  const gate = { trainAtLeast: 20, testAtLeast: 20, testAtMost: 60, tolerance: 0.05 };
  assert.deepEqual(jobs.fineTune.gate, gate);
  assert.deepEqual(jobs.analyze, { askAboveUsd: 0.5, atOnce: 2, keepDays: 30 });
  assert.equal(jobs.digest.keepDays, 90);
  assert.equal(jobs.gpu.sampleSeconds, 30);
  const own = parseConfig({ jobs: { fineTune: { gate: { trainAtLeast: 50, tolerance: 0 } } } });
  assert.deepEqual(own.jobs.fineTune.gate, { ...gate, trainAtLeast: 50, tolerance: 0 });
});

test('what is wrong is refused with its path', () => {
  refused({ fineTune: { gate: { trainAtLeast: 0 } } }, /jobs\.fineTune\.gate\.trainAtLeast/);
  refused({ fineTune: { gate: { tolerance: 5 } } }, /jobs\.fineTune\.gate\.tolerance/);
  refused({ fineTune: { gate: { testAtMost: 10 } } }, /jobs\.fineTune\.gate\.testAtMost: must not be below/);
  refused({ analyze: { atOnce: 0 } }, /jobs\.analyze\.atOnce/);
  refused({ analyze: { keepDays: 0 } }, /jobs\.analyze\.keepDays/);
  refused({ digest: { keepDays: 1.5 } }, /jobs\.digest\.keepDays/);
  refused({ gpu: { sampleSeconds: 1 } }, /jobs\.gpu\.sampleSeconds/);
  refused(
    { collect: { schedule: '0 25 * * *' } },
    /jobs\.collect\.schedule: neither "off" nor five crontab fields/,
  );
  refused({ digest: { day: 'every day' } }, /jobs\.digest\.day/);
  refused({ digest: { teams: [] } }, /jobs\.digest\.teams/);
  refused({ digest: { teams: [{}, {}] } }, /two teams of one name/);
  refused(
    { digest: { teams: [{ timeZone: 'Mars' }] } },
    /jobs\.digest\.teams\.0\.timeZone: not an IANA time zone/,
  );
  refused(
    { collect: { topic: 'log-stream' } },
    /jobs\.collect\.topic: "log-stream" is read by Bongsu itself/,
  );
  refused({ gpu: { pauseAboveC: 70 } }, /jobs\.gpu\.resumeBelowC/);
});
