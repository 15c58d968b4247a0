import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { AppError } from '../../../../src/domain/errors.ts';
import { type DetectLine, detectIn } from '../../../../src/pipeline/detect/detect-lines.ts';
import { collect, linesOf } from '../../harness.ts';

const at = (ms: number): string => new Date(Date.UTC(2026, 10, 21) + ms).toISOString();
const hex = (i: number, length: number): string =>
  ((i + 7) * 2_654_435_761).toString(16).padStart(length, 'b').slice(-length);
const uuid = (i: number): string =>
  `${hex(i, 8)}-${hex(i * 3, 4)}-4${hex(i * 5, 3)}-8${hex(i * 7, 3)}-${hex(i * 11, 8)}${hex(i * 13, 4)}`;

const STEPS = ['claim accepted', 'image created', 'network bound', 'machine started'];
/** Machines with four steps, one started every four seconds; those in `BROKEN` stop after the second step. */
const BROKEN = [330, 370, 410];
function machines(line: (value: string, step: string) => string, value: (i: number) => string): string[] {
  const events: [number, string][] = [];
  for (let i = 0; i < 450; i++)
    for (const [n, step] of (BROKEN.includes(i) ? STEPS.slice(0, 2) : STEPS).entries())
      events.push([i * 4_000 + n * 2_000, line(value(i), step)]);
  return events.sort((a, b) => a[0] - b[0]).map(([ms, text]) => `${at(ms)} ${text}`);
}

async function found(lines: string[], key?: string): Promise<DetectLine[]> {
  const batches = (async function* () {
    yield linesOf(lines, 'vm.log');
  })();
  return collect(detectIn(batches, key === undefined ? {} : { key }));
}
const sessions = (rows: DetectLine[]): string[] => [
  ...new Set(
    rows.filter(({ anomaly, detector }) => anomaly && detector === 'session').map(({ Session }) => Session!),
  ),
];

describe('sessions by a key that a person names', () => {
  const forms: [name: string, key: string, line: (value: string, step: string) => string][] = [
    ['in a header', 'instance', (value, step) => `INFO vm [instance: ${value}] ${step}`],
    ['a pair', 'instance', (value, step) => `INFO vm instance=${value} ${step}`],
    ['a quoted pair', 'instance', (value, step) => `INFO vm ${step} instance="${value}", all well`],
    ['behind a space', 'instance', (value, step) => `INFO vm ${step} for instance ${value}.`],
    ['in brackets', 'instance', (value, step) => `INFO vm ${step} instance(${value})`],
    ['Korean', '인스턴스', (value, step) => `INFO 인스턴스: ${value} ${step}`],
  ];
  const values: [name: string, value: (i: number) => string][] = [
    ['UUID', uuid],
    ['integer', (i) => String(70_000 + i)],
    ['hexadecimal', (i) => hex(i, 12)],
    ['path', (i) => `/var/vm/n${i}/disk`],
    ['address', (i) => `10.1.${i >> 8}.${i & 255}`],
    ['word', (i) => `vm-${'abcdefghijkl'[i % 12]}${i}x`],
  ];
  for (const [form, key, line] of forms)
    test(`${form}: values of any form`, async () => {
      for (const [name, value] of values) {
        const lines = machines(line, value);
        const rows = await found(lines, key);
        assert.equal(rows[0]!.Session, value(0), name);
        assert.deepEqual(sessions(rows), BROKEN.map(value), name);
      }
    });

  test('a field of JSON, by its name or the last part of it', async () => {
    for (const [, value] of values)
      for (const key of ['instance', 'vm.instance']) {
        const lines = machines(
          (one, step) => JSON.stringify({ vm: { instance: one }, msg: step }),
          value,
        ).map((text) => `{"time":"${text.slice(0, 24)}",${text.slice(26)}`);
        assert.deepEqual(sessions(await found(lines, key)), BROKEN.map(value));
      }
  });

  test('the kind of an id, as without a key', async () => {
    const lines = machines((value, step) => `INFO vm [instance: ${value}] ${step}`, uuid);
    assert.deepEqual(sessions(await found(lines, 'uuid')), BROKEN.map(uuid));
    // Without a key, some sessions pass before it is known which ids bind lines together.
    assert.deepEqual(sessions(await found(lines)).slice(0, 2), BROKEN.map(uuid).slice(0, 2));
    const prefixed = machines(
      (value, step) => `INFO vm ${value} ${step}`,
      (i) => `blk_-${9_000 + i}`,
    );
    assert.deepEqual(
      sessions(await found(prefixed, 'blk_')),
      BROKEN.map((i) => `blk_-${9_000 + i}`),
    );
  });

  const spellings: [name: string, keys: string[], line: (value: string, step: string) => string][] = [
    [
      'JSON, nested',
      ['instance_id', 'INSTANCEID', 'ctx.vm.instanceId', 'VM.instance-id', 'instance id'],
      (value, step) => JSON.stringify({ msg: step, ctx: { vm: { instanceId: value } } }),
    ],
    ['a pair', ['InstanceId', 'instance-id'], (value, step) => `INFO vm instance_id=${value} ${step}`],
    ['a header', ['x-request-id', 'requestId'], (value, step) => `INFO vm X-Request-Id: ${value} ${step}`],
    ['a word', ['order', 'ORDER'], (value, step) => `INFO vm ${step} of Order ${value}`],
    ['an element', ['instance'], (value, step) => `INFO vm <e><Instance>${value}</Instance> ${step}</e>`],
    ['Korean', ['주문번호'], (value, step) => `INFO vm ${step} (주문번호: ${value})`],
    ['Korean, in two words', ['주문_번호'], (value, step) => `INFO vm 주문 번호=${value} ${step}`],
  ];
  for (const [form, keys, line] of spellings)
    test(`in another spelling than lines have it: ${form}`, async () => {
      for (const key of keys) {
        const lines = machines(line, uuid).map((text) =>
          text.includes(' {') ? `{"time":"${text.slice(0, 24)}",${text.slice(26)}` : text,
        );
        assert.deepEqual(sessions(await found(lines, key)), BROKEN.map(uuid), key);
      }
    });

  test('as a line has it, where it has it in two spellings', async () => {
    const lines = machines((value, step) => `INFO vm ID=${step.length} id=${value} Id:7 ${step}`, uuid);
    assert.deepEqual(sessions(await found(lines, 'id')), BROKEN.map(uuid));
  });

  test('a key that no line has is said at the end', async () => {
    const lines = machines((value, step) => `INFO vm [instance: ${value}] ${step}`, uuid);
    await assert.rejects(found(lines, 'inst'), (error: unknown) => {
      assert.ok(error instanceof AppError);
      assert.equal(error.code, 'not_found');
      assert.match(error.message, /none of 1794 lines has the key "inst"/);
      return true;
    });
  });
});
