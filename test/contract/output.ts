import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Anomaly } from '../../src/domain/alert/anomaly.ts';
import { AppError } from '../../src/domain/errors.ts';
import type { Output } from '../../src/pipeline/outputs/output.ts';

/** A receiver of a protocol, started and stopped at will on one address, that keeps the JSON it was given. */
export interface Receiver extends AsyncDisposable {
  received: unknown[];
  /** Resolves when at least `count` have arrived. */
  arrived(count: number): Promise<void>;
  stop(): Promise<void>;
  start(): Promise<void>;
  /** An output to this receiver. */
  open(): Output;
}

/** An anomaly with every optional field and hostile text, as a foreign producer may send it. */
export function sampleAnomaly(n: number): Anomaly {
  return {
    id: `an-${n}`,
    anomaly_status: n % 2 === 0 ? 'critical' : 'warning',
    confidence: 0.92,
    detected_issues: ['연결 실패', '재시도 "실패" ]\\'],
    explanation: `errors rose\nfrom 0 to ${n} <b>a minute</b>`,
    service: '주문',
    host: 'web-1',
    detected_at: '2026-01-01T00:00:00.123Z',
    window: { from: '2026-01-01T00:00:00.000Z', to: '2026-01-01T00:00:10.000Z' },
    template: { id: 't1', pattern: 'failed <*>' },
    sample_lines: ['ERROR failed 1'],
    score: 4.2,
    detector: 'error-burst',
    trace_id: '00112233445566778899aabbccddeeff',
    severity: 5,
    foreign: { kept: true },
  };
}

/** What every output does, on a receiver of its protocol. */
export function outputContract(
  name: string,
  start: () => Promise<Receiver>,
  options: { skip?: string | false } = {},
): void {
  const skip = options.skip ?? false;
  test(`output ${name}: anomalies arrive in order, as the JSON of the contract`, { skip }, async () => {
    await using receiver = await start();
    await using output = receiver.open();
    const anomalies = Array.from({ length: 250 }, (_, n) => sampleAnomaly(n));
    await output.send(anomalies.slice(0, 1));
    await output.send(anomalies.slice(1));
    await receiver.arrived(250);
    assert.deepEqual(receiver.received, anomalies);
  });

  test(`output ${name}: a receiver that is away is a retryable error, and works when it is back`, {
    skip,
  }, async () => {
    await using receiver = await start();
    await using output = receiver.open();
    await output.send([sampleAnomaly(1)]);
    await receiver.arrived(1);
    await receiver.stop();
    // A write without acknowledgement may still succeed on a connection whose end was not noticed yet.
    const error = await firstFailure(output);
    assert.ok(error instanceof AppError && error.retryable, String(error));
    await receiver.start();
    await whenItTakes(output);
    await output.send([sampleAnomaly(4)]);
    await receiver.arrived(3);
    assert.deepEqual(receiver.received.at(-1), sampleAnomaly(4));
  });

  test(`output ${name}: closing twice and without having sent`, { skip }, async () => {
    await using receiver = await start();
    const output = receiver.open();
    await output[Symbol.asyncDispose]();
    await output[Symbol.asyncDispose]();
    assert.deepEqual(receiver.received, []);
  });
}

const breath = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 10));

async function firstFailure(output: Output): Promise<unknown> {
  for (let n = 0; n < 100; n += 1) {
    try {
      await output.send([sampleAnomaly(2)]);
    } catch (error) {
      return error;
    }
    await breath();
  }
  return undefined;
}

/** Clients wait a moment before they connect again. */
async function whenItTakes(output: Output): Promise<void> {
  for (const start = Date.now(); ; await breath()) {
    try {
      return await output.send([sampleAnomaly(3)]);
    } catch (error) {
      if (!(error instanceof AppError && error.retryable) || Date.now() - start > 30_000) throw error;
    }
  }
}
