import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { StateStore } from '../../../src/backends/state/store.ts';
import type { Feedback } from '../../../src/domain/alert/feedback.ts';
import { feedbackOn } from '../../../src/domain/alert/feedback.ts';
import type { LogRecord } from '../../../src/domain/log/record.ts';
import { memoryState } from '../../fakes/state.ts';
import { pipelineWithSink } from '../harness.ts';
import { detector, record, START, traffic } from './harness.ts';

/** Sessions of three steps, two a second; from number `broken` on, every second session lacks the last step. */
function sessions(count: number, broken = Number.POSITIVE_INFINITY): LogRecord[] {
  const records: LogRecord[] = [];
  for (let i = 0; i < count; i++) {
    const id = `job-${5_000 + i * 3}`;
    const start = i / 2;
    records.push(record(start, 'info', `taken up ${id}`), record(start + 0.7, 'info', `worked on ${id}`));
    if (i < broken || i % 2 === 0) records.push(record(start + 1.5, 'info', `finished ${id} well`));
  }
  return records.sort((x, y) => x.timestamp - y.timestamp);
}

describe('sessions in the running detector', () => {
  test('those that break off are one anomaly that names a session and its numbers', () => {
    const watching = detector();
    const found = watching.add(sessions(3_000, 2_800));
    assert.ok(found.length >= 1 && found.length <= 5, String(found.length));
    assert.equal(found[0]!.detector, 'session');
    assert.match(
      found[0]!.explanation,
      /job-\d+: "finished job-… well" did not come after .* in 100 % of \d+ sessions/,
    );
    assert.ok(found[0]!.sample_lines!.length > 0);
  });

  test('in Korean as well', () => {
    const [found] = detector({ language: 'ko' }).add(sessions(3_000, 2_800));
    assert.match(found!.explanation, /메시지가 오지 않았어요/);
  });

  test('sessions that are as they should be are no news', () => {
    const watching = detector();
    assert.deepEqual([...watching.add(sessions(2_000)), ...watching.flush()], []);
  });
});

describe('state', () => {
  test('saved in the middle and restored, the rest gives what it would have given', () => {
    const records = sessions(3_000, 2_800);
    const cut = records.findIndex(({ timestamp }) => timestamp >= records[0]!.timestamp + 1_000_000);
    const whole = detector();
    whole.add(records.slice(0, cut));
    const saved = JSON.parse(JSON.stringify(whole.save()));
    const expected = [...whole.add(records.slice(cut)), ...whole.flush()];
    const restored = detector();
    restored.restore(saved);
    const found = [...restored.add(records.slice(cut)), ...restored.flush()];
    assert.deepEqual(
      found.map(({ detected_at, detector, service }) => [detected_at, detector, service]),
      expected.map(({ detected_at, detector, service }) => [detected_at, detector, service]),
    );
    assert.ok(expected.length > 0);
  });

  test('a problem that was told is not told again after a restart', () => {
    const before = detector();
    before.add(traffic(0, 300));
    const burst = Array.from({ length: 60 }, (_, i) => record(301 + i / 20, 'error', `retry ${i} failed`));
    const told = before.add(burst);
    assert.ok(told.length > 0);
    const after = detector();
    after.restore(JSON.parse(JSON.stringify(before.save())));
    const more = Array.from({ length: 20 }, (_, i) => record(304 + i / 20, 'error', `retry ${i} failed`));
    // Only its count is mended when the bucket closes: it was told before that, with the lines so far.
    const [mended, ...others] = [...after.add(more), ...after.flush()];
    assert.deepEqual(others, []);
    assert.deepEqual(mended?.template, told[0]?.template);
    assert.deepEqual(mended?.window?.from, told[0]?.window?.from);
    assert.equal(Number(told[0]?.count) + Number(mended?.count), 80);
  });
});

describe('what people say', () => {
  const alarm = (feedback: Feedback[]) => {
    const watching = detector();
    watching.add(traffic(0, 300));
    for (const one of feedback) watching.applyFeedback(one);
    watching.add([record(301, 'error', 'disk controller lost')]);
    return watching.flush();
  };
  const [anomaly] = alarm([]);
  const said = (verdict: Feedback['verdict'], id: string) => feedbackOn(anomaly!, verdict, { id, at: 1 });

  test('"false alarm" raises the threshold of that service, template and detector', () => {
    assert.equal(anomaly!.detector, 'new-template');
    assert.deepEqual(alarm([said('false_alarm', 'x')]), []);
    const other = { ...said('false_alarm', 'x'), service: 'b' };
    assert.equal(alarm([other]).length, 1);
  });

  test('"real" lowers it, and the same press counts once', () => {
    const confidence = (feedback: Feedback[]) => alarm(feedback)[0]!.confidence;
    assert.ok(confidence([said('real', 'x')]) > anomaly!.confidence);
    assert.equal(confidence([said('real', 'x'), said('real', 'x')]), confidence([said('real', 'x')]));
  });

  test('it is bounded: a grave problem is told whatever was said', () => {
    const watching = detector();
    watching.add([...traffic(0, 300), record(299, 'error', 'retry 1 failed')]);
    for (let i = 0; i < 50; i++)
      for (const name of ['error-burst', 'rate-change', 'new-template'])
        watching.applyFeedback({
          ...said('false_alarm', `${name}${i}`),
          detector: name,
          template: 'retry <*> failed',
        });
    const burst = Array.from({ length: 400 }, (_, i) => record(301 + i / 50, 'error', `retry ${i} failed`));
    assert.ok([...watching.add(burst), ...watching.flush()].length > 0);
  });
});

/** Lines of one partition: kinds of lines that differ by a name; one kind is an error that is usual. */
function lines(minutes: number, from: number, names: string[]): string[] {
  const out: string[] = [];
  for (let second = 0; second < minutes * 60; second += 1) {
    const at = new Date(START + (from * 60 + second) * 1_000).toISOString();
    const name = names[second % names.length]!;
    out.push(`${at} INFO user ${name} opened the basket of today`);
    out.push(`${at} INFO basket of ${name} was priced in ${10 + (second % 30)} ms`);
    if (second % 20 === 0) out.push(`${at} ERROR the label of ${name} was refused by the printer`);
  }
  return out;
}

/** A process of the consumer group; `read` gives it lines of one partition. */
async function member(state: StateStore) {
  const { pipeline, sink, deliver } = pipelineWithSink({ state });
  const live = await pipeline.startTimers();
  await pipeline.consume({ group: 'bongsu' });
  let offset = 0;
  return {
    sink,
    read: (texts: string[]) =>
      deliver(
        texts.map((text) => ({
          topic: 'log-stream',
          partition: 3,
          offset: String(offset++),
          value: Buffer.from(text),
          headers: {},
          timestamp: START,
        })),
      ),
    templates: () => new Set(sink.records.map(({ template }) => template!.id)),
    leave: () => live[Symbol.asyncDispose](),
  };
}

test('a partition that moves to another process relearns nothing: the same ids, and no news', async () => {
  const state = memoryState();
  const [first, second] = [await member(state), await member(state)];
  await first.read(lines(10, 0, ['ann', 'bob', 'eve']));
  assert.equal(first.templates().size, 3);
  await first.leave();
  // New names: a miner that begins anew would give these lines other ids.
  await second.read(lines(10, 10, ['kim', 'lee']));
  assert.deepEqual(second.templates(), first.templates());
  assert.deepEqual(second.sink.anomalies, []);
  await second.leave();
});

test('a template has one id in all partitions, so that one problem is one incident', async () => {
  const state = memoryState();
  const first = await member(state);
  await first.read(lines(1, 0, ['ann', 'bob']));
  await first.leave();
  const { pipeline, sink } = pipelineWithSink({ state });
  await using _live = await pipeline.startTimers();
  await pipeline.take(
    lines(1, 1, ['kim']).map((text, i) => ({ text, source: 'syslog', position: String(i) })),
    { source: 'syslog' },
  );
  assert.deepEqual(new Set(sink.records.map(({ template }) => template!.id)), first.templates());
});
