import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Anomaly } from '../../../src/domain/alert/anomaly.ts';
import { maskedOutput } from '../../../src/pipeline/outputs/masked-output.ts';
import type { Output } from '../../../src/pipeline/outputs/output.ts';
import { sampleAnomaly } from '../../contract/output.ts';

test('a receiver gets no credentials, unless nothing is to be hidden', async () => {
  const secret = ['Autumn', 'r7x2p9'].join('$');
  const got: Anomaly[] = [];
  const output: Output = {
    name: 'mqtt',
    endpoint: 'here',
    send: async (anomalies) => void got.push(...anomalies),
    [Symbol.asyncDispose]: async () => {},
  };
  const anomaly = {
    ...sampleAnomaly(1),
    explanation: `${secret} refused`,
    sample_lines: [`password=${secret}`],
  };
  await maskedOutput(output, 'secrets').send([anomaly]);
  assert.deepEqual(got, [
    { ...anomaly, explanation: '[redacted] refused', sample_lines: ['password=[redacted]'] },
  ]);
  assert.equal(maskedOutput(output, 'none'), output);
});
