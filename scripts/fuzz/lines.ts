import assert from 'node:assert/strict';
import { recordedIncident } from '../../src/demo/recorded-incident.ts';
import { LEVELS, MAX_LINE } from '../../src/domain/log/record.ts';
import type { SourceLine } from '../../src/domain/log/source-line.ts';
import { createMiner, minerState } from '../../src/pipeline/mining/miner.ts';
import { createMessageReader, createNormalizer } from '../../src/pipeline/normalize/normalize.ts';

/** Lines of forms the recorded incident does not have. */
const FORMS = [
  '<165>1 2026-11-21T15:04:05.1Z web2 nginx 77 - [x@1 a="]\\""] disk slow',
  '<27>Nov 21 15:04:05 web1 sshd[123]: Failed password for root',
  '[Sat Nov 21 15:04:05 2026] [error] child 7 exited',
  '4711 node-7 disk state 1795241045 1 full',
  '20261121-15:04:05:606|Steps|4711|counted 35',
  'E1121 15:04:05.123456   77 pool.go:55] refused',
  '[   12.345678] usb 1-1: new device',
  '{"ts":1795241045.12,"lvl":"warn","msg":"slow \\u00e9","n":{"a":[1,2]}}',
  'ts=2026-11-21T06:04:05Z level=warn service=cart msg="slow \\"call\\"" n=3',
  '10.0.0.1 - - [21/Nov/2026:15:04:05 +0900] "GET /a?b=1 HTTP/1.1" 503 512 "-" "curl/8" 0.1',
  '2026년 11월 21일 (토) 오후 3시 4분 5초 오류 재고 3건 부족',
  '1578 bytes (1.54 KB) sent, <1 sec, 00:05, at Sat Nov 21 15:04:05 2026 (uid=0)',
];
const PIECES = [
  ...[
    '\u0000',
    '\u001b[31m',
    '\ud83d',
    '\ufeff',
    '\u202e',
    '\n\tat a.b',
    '오류',
    '<*>',
    '<34>1 ',
    '%s',
    '\\"',
  ],
  ...['"', "'", '[', ']', '(', '{', '}', '=', '<', '>', '|', ':', '/', '\\', '-', '.', ',', '@', '#'],
  ...['2026-02-30T99:99:99Z', '999999999999999999999', '00:00', '1e400', '0x', '-1', '12/31/99 '],
  ...['{"time":-1e300,"level":"오류","msg":"x"}', ' '.repeat(300), 'a='.repeat(200), '[['.repeat(500)],
];

/** Mutated lines without end, the same for the same seed. */
export function* mutatedLines(seed: number): Generator<string> {
  let state = seed >>> 0;
  const random = (below: number): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return (state >>> 8) % below;
  };
  const bases = [...FORMS];
  let nth = 0;
  for (const { text } of recordedIncident({ seed: 3, endsAt: Date.UTC(2026, 0, 1) }))
    if (nth++ % 10 === 0) bases.push(text);
  for (;;) {
    let text = bases[random(2) === 0 ? random(FORMS.length) : random(bases.length)]!;
    for (let n = random(5); n > 0; n--) {
      const at = random(text.length + 1);
      const kind = random(6);
      if (kind === 0) text = text.slice(0, at) + PIECES[random(PIECES.length)] + text.slice(at);
      else if (kind === 1) text = text.slice(0, at) + text.slice(at + random(20));
      else if (kind === 2) text = text.slice(at) + text.slice(0, at);
      else if (kind === 3)
        text = text.slice(0, at) + String.fromCharCode(random(0x10000)) + text.slice(at + 1);
      else if (kind === 4) text += bases[random(bases.length)]!.slice(random(40));
      else if (text.length < 4_000) text += text.slice(at, at + random(200)).repeat(random(30));
    }
    yield text;
  }
}

/** Longest time for one line: far beyond what a line takes on a busy machine, far below an expression that runs away. */
const HANG_MS = 5_000;

/** Mutated lines through normalizer and miner: no exception, no hang, bounded and valid results. */
export async function fuzzLines(count: number, seed: number): Promise<string> {
  const now = () => Date.UTC(2026, 10, 21);
  const normalize = createNormalizer({ timeZone: 'Asia/Seoul', now });
  const messageOf = createMessageReader('Asia/Seoul');
  const miner = createMiner();
  let slowest = 0;
  let position = 0;
  for (const text of mutatedLines(seed)) {
    if (position++ === count) break;
    const line: SourceLine = { text, source: `source-${position % 7}`, position: String(position) };
    const started = performance.now();
    try {
      const record = normalize(line);
      assert.ok(Number.isSafeInteger(record.timestamp) && record.timestamp >= 0, 'time');
      assert.ok(record.line.length <= MAX_LINE && record.message.length <= MAX_LINE, 'length');
      assert.ok(LEVELS.includes(record.level) && record.service.length > 0, 'level and service');
      assert.equal(messageOf(line), record.message, 'one message');
      const { id, pattern } = miner.add(record.message);
      assert.ok(/^[0-9a-f]{12}$/.test(id) && pattern.length <= MAX_LINE, 'template');
      const took = performance.now() - started;
      assert.ok(took < HANG_MS, 'time taken');
      slowest = Math.max(slowest, took);
    } catch (cause) {
      throw new Error(`line ${position} of seed ${seed}: ${JSON.stringify(text)}`, { cause });
    }
  }
  const state = minerState.parse(JSON.parse(JSON.stringify(miner.save())));
  const again = createMiner();
  again.restore(state);
  assert.equal(again.size, miner.size);
  return `${count} lines of seed ${seed}, ${miner.size} templates, slowest line ${slowest.toFixed(0)} ms`;
}
