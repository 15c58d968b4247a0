import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createMiner } from '../../../src/pipeline/mining/miner.ts';
import { templatesOf } from '../../../src/pipeline/offline.ts';
import { collect, linesOf } from '../harness.ts';
import { maskTokens } from './harness.ts';

/** The templates of lines as `bongsu templates` gives them: an id for each line, and the patterns at the end. */
async function mined(lines: string[]): Promise<{ ids: string[]; patterns: string[] }> {
  const { online, final } = templatesOf(
    (async function* () {
      yield linesOf(lines);
    })(),
  );
  const rows = (await collect(online)).flat();
  const ids = rows.map(({ id }) => id);
  return { ids, patterns: [...new Set(rows.map((row) => final(row).template))] };
}
const distinct = (ids: string[]): number => new Set(ids).size;
const at = (second: number): string => new Date(Date.UTC(2026, 10, 21, 10) + second * 1_000).toISOString();

/** Different errors: each must have a template of its own. */
const ERRORS = [
  'database connection lost',
  'certificate expired',
  'certificate revoked',
  'Failed to pull image',
  'Error syncing pod, skipping',
  'no space left on device',
  "can't read the ledger",
  '디스크가 가득 찼어요',
  '결제 서버에 연결할 수 없어요',
];

describe('a quoted message is text', () => {
  const formats: [name: string, line: (error: string, i: number) => string][] = [
    [
      'klog',
      (e, i) =>
        `E0507 11:59:${10 + (i % 50)}.725681    3089 pod_workers.go:1300] "${e}" pod="ns/x-${i}" podUID="u${i}"`,
    ],
    [
      'klog with an error',
      (e, i) =>
        `E0507 11:59:29.725681 3089 a.go:1] "${e}" err="rpc error: code = Unknown desc = try ${i}" pod="ns/a-${i}"`,
    ],
    ['time and level', (e, i) => `${at(i)} ERROR "${e}" host=db${i} zone=z${i} rack=r${i} shelf=s${i}`],
    ['zap console', (e, i) => `${at(i)}\terror\tstore/pool.go:${i + 10}\t"${e}"\t{"pod": "x-${i}"}`],
    ['Go slog', (e, i) => `time=${at(i)} level=ERROR msg="${e}" host=db${i}`],
    ['a message key and one pair', (e, i) => `${at(i)} msg="${e}" host=db${i}`],
    ['an error key and one pair', (e, i) => `${at(i)} ERROR err="${e}" host=db${i}`],
    ['another key before', (e, i) => `${at(i)} user="Kim Min Su" message="${e}" try=${i}`],
    ['Python repr', (e, i) => `${at(i)} ERROR OSError(${28 + i}, "${e}")`],
    ['a dictionary', (e, i) => `${at(i)} ERROR {"error": "${e}", "try": ${i}, "host": "db-${i}"} dropped`],
    ['behind a colon', (e, i) => `${at(i)} ERROR worker ${i}: "${e}"`],
    ['in a sentence', (e, i) => `${at(i)} WARN job ${i} ended with "${e}" after ${i} ms`],
    ['a list', (e, i) => `${at(i)} ERROR failures: ["${e}", "try-${i}"]`],
    ['a bracket before', (e, i) => `${at(i)} ERROR [req-${i}a77] "${e}" shard=${i}`],
    ['quoted text that quotes', (e, i) => `${at(i)} ERROR "${e}: \\"web-${i}\\"" pod="p-${i}"`],
    ['without an end', (e, i) => `${at(i)} ERROR "${e} host=db${i}`],
  ];
  for (const [name, line] of formats)
    test(name, async () => {
      const lines: string[] = [];
      for (let i = 0; i < 8; i++) for (const error of ERRORS) lines.push(line(error, i));
      const { ids, patterns } = await mined(lines);
      assert.equal(distinct(ids), ERRORS.length, patterns.join('\n'));
      // Each line of one error has the template with the text of that error.
      for (const [k, error] of ERRORS.entries()) {
        assert.equal(distinct(ids.filter((_, i) => i % ERRORS.length === k)), 1, patterns.join('\n'));
        assert.ok(
          patterns.some((pattern) => pattern.includes(error)),
          `${error}\n${patterns.join('\n')}`,
        );
      }
    });

  test('in single quotes too', async () => {
    const { ids } = await mined(
      ERRORS.filter((error) => !error.includes("'")).map((error, i) => `ERROR '${error}' host=web${i}`),
    );
    assert.equal(distinct(ids), ids.length);
  });

  test('one word at the start, where only pairs follow', async () => {
    const { ids, patterns } = await mined(
      ['Starting', 'Stopping', 'Starting', 'Stopping'].map(
        (word, i) => `I0507 11:59:29.725681 3089 a.go:1] "${word}" component="c${i}" shard=${i} zone=z${i}`,
      ),
    );
    assert.deepEqual(ids, [ids[0], ids[1], ids[0], ids[1]], patterns.join('\n'));
  });
});

describe('a quoted value is a variable', () => {
  const cases: [message: string, masked: string][] = [
    ['open "C:\\Program Files\\x y" ok', 'open "<*>" ok'],
    ['dir="C:\\temp\\" file=a', 'dir="<*>" file=a'],
    ['lock taken, tag="View Lock"', 'lock taken, tag="<*>"'],
    ['pull failed image="nginx" err="no such host found"', 'pull failed image="<*>" err="<*>"'],
    ['seen "Sat Nov 21 15:04:05 2026" twice', 'seen "<*>" twice'],
    ['"kim" logged in', '"<*>" logged in'],
    ['agent "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko)"', 'agent "<*>"'],
    ["it's fine, don't worry", "it's fine, don't worry"],
  ];
  for (const [message, masked] of cases)
    test(message, () => assert.equal(maskTokens(message).join(' '), masked));

  test('what people search for becomes one, and errors behind it do not', () => {
    const word = (n: number): string =>
      [...String(n * 7_919)].map((digit) => 'abcdefghij'[Number(digit)]).join('');
    const searches = createMiner();
    for (let i = 0; i < 400; i++) searches.add(`search for "${word(i)} red ${word(3 * i)}" gave ${i} hits`);
    assert.ok(searches.size <= 66, String(searches.size));
    const { pattern, count } = searches.add('search for "some new thing" gave 5 hits');
    assert.deepEqual([pattern, count > 300], ['search for "<*>" gave <*> hits', true]);
    const errors = createMiner();
    for (let i = 0; i < 400; i++)
      errors.add(`job ${i} ended with "${ERRORS[i % ERRORS.length]}" after ${i} ms`);
    assert.equal(errors.size, ERRORS.length);
  });
});
