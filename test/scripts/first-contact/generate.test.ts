import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { type Draft, Log, settle } from '../../../scripts/eval/first-contact/case.ts';
import { DEV } from '../../../scripts/eval/first-contact/dev/all.ts';
import { createDraw } from '../../../scripts/eval/first-contact/draw.ts';
import { casesOf } from '../../../scripts/eval/first-contact/generate.ts';
import { HELD } from '../../../scripts/eval/first-contact/held/all.ts';
import { stamp } from '../../../scripts/eval/first-contact/stamp.ts';

const ALL = [...DEV, ...HELD];

const digests = (seed: number): Map<string, string> =>
  new Map(
    [...casesOf(ALL, seed)].map(({ name, files, truth }) => {
      const hash = createHash('sha256').update(JSON.stringify(truth));
      for (const bytes of files.values()) hash.update(bytes);
      return [name, hash.digest('hex')];
    }),
  );

test('the same seed writes the same bytes, another seed other ones', () => {
  const first = digests(7);
  assert.deepEqual(digests(7), first);
  for (const [name, digest] of digests(8)) assert.notEqual(digest, first.get(name), name);
});

test('no two families share a name', () => {
  assert.equal(new Set(ALL.map(({ name }) => name)).size, ALL.length);
});

test('every truth is what its files say', () => {
  for (const { name, files, truth } of casesOf(ALL, 3)) {
    const encoding = (bytes: Buffer) => (bytes.readUInt16LE(0) === 0xfeff ? 'utf16le' : 'utf8');
    const lines = [...files].flatMap(([file, bytes]) => {
      const raw = file.endsWith('.gz') ? gunzipSync(bytes) : bytes;
      return raw.toString(encoding(raw)).split('\n').slice(0, -1);
    });
    const { counts, broken } = truth;
    assert.equal(lines.length, counts.lines, name);
    assert.ok(Number(counts.entries) <= Number(counts.lines) && Number(counts.entries) > 100, name);
    const proofs = lines.filter((line) => truth.lines.some((one) => new RegExp(one, 'i').test(line)));
    assert.equal(proofs.length > 0, broken, name);
    assert.ok(proofs.length >= Number(counts.problem_lines), name);
    assert.equal(truth.culprit.length > 0 && truth.problem.length > 0, broken, name);
    if (truth.time_range && broken) {
      const [from, to] = truth.time_range;
      assert.ok(from <= truth.from! && truth.from! <= truth.to! && truth.to! <= to, name);
    }
    if (counts.requests !== undefined) assert.ok(Number(counts.errors_5xx) <= Number(counts.requests), name);
  }
});

test('a truth that the lines do not bear out is refused', () => {
  const draft = (ordinary: string, proof?: string): Draft => {
    const log = new Log();
    log.add(1000, ordinary);
    if (proof !== undefined) log.add(2000, proof, 'proof');
    return {
      kind: '',
      files: { 'a.log': log },
      culprit: ['a'],
      problem: ['full'],
      lines: ['disk full'],
      services: ['a'],
    };
  };
  assert.equal(settle('a', true, draft('all is well', 'Disk full')).truth.counts.problem_lines, 1);
  assert.throws(() => settle('a', true, draft('all is well', 'no room')), /matches no pattern/);
  assert.throws(() => settle('a', true, draft('disk full', 'disk full')), /an ordinary line matches/);
  assert.throws(() => settle('a', true, draft('all is well')), /0 lines of proof/);
  assert.throws(() => settle('a', false, draft('all is well', 'disk full')), /a proof matches no pattern/);
});

test('rows come out by time, and several lines of one call are one entry', () => {
  const log = new Log();
  log.add(Date.UTC(2026, 0, 2, 3, 4, 6), 'later');
  log.add(Date.UTC(2026, 0, 2, 3, 4, 5), 'failed\n  at a\n  at b', 'proof');
  const draft: Draft = {
    kind: '',
    files: { 'a.log': log },
    culprit: ['a'],
    problem: ['f'],
    lines: ['failed'],
    services: ['a'],
  };
  const { files, truth } = settle('a', true, draft);
  assert.equal(files.get('a.log')!.toString(), 'failed\n  at a\n  at b\nlater\n');
  assert.deepEqual(truth.counts, { lines: 4, entries: 2, problem_lines: 1 });
  assert.equal(truth.from, '2026-01-02T03:04:05.000Z');
  assert.deepEqual(truth.time_range, ['2026-01-02T03:04:05.000Z', '2026-01-02T03:04:06.000Z']);
});

test('times as logs write them', () => {
  const at = Date.UTC(2026, 7, 4, 15, 6, 7, 89);
  assert.equal(stamp(at, '%Y-%m-%d %H:%M:%S,%L'), '2026-08-04 15:06:07,089');
  assert.equal(stamp(at, '%b %e %I:%M %p'), 'Aug  4 3:06 PM');
  assert.equal(stamp(Date.UTC(2026, 0, 1, 0, 5), '%n/%D %I:%M %p'), '1/1 12:05 AM');
});

test('a draw settles everything by name and seed', () => {
  const one = (name: string, seed: number): number[] => {
    const draw = createDraw(name, seed);
    return [draw.int(0, 1e9), draw.between(5, 6), draw.around(10, 3)];
  };
  assert.deepEqual(one('a', 1), one('a', 1));
  assert.notDeepEqual(one('a', 1), one('b', 1));
  assert.notDeepEqual(one('a', 1), one('a', 2));
});
