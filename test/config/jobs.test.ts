import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseConfig } from '../../src/config.ts';

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

test('what is wrong is refused with its path', () => {
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
