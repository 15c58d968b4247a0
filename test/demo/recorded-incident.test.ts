import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { INCIDENT_MINUTES, recordedIncident } from '../../src/demo/recorded-incident.ts';
import type { Anomaly } from '../../src/domain/alert/anomaly.ts';
import type { LogRecord } from '../../src/domain/log/record.ts';
import { inBatches, type SourceLine } from '../../src/domain/log/source-line.ts';
import { pipelineWithSink } from '../pipeline/harness.ts';

const ENDS_AT = Date.UTC(2026, 10, 21, 6, 0, 0);
const VICTIMS = ['gateway', 'order', 'cart', 'payment'];
/** Minutes since the recording began. */
const minute = (iso: string): number => (Date.parse(iso) - ENDS_AT) / 60_000 + INCIDENT_MINUTES;

for (const seed of [1, 7])
  describe(`recorded incident, seed ${seed}`, () => {
    let lines: SourceLine[];
    let records: LogRecord[];
    let anomalies: Anomaly[];
    before(async () => {
      lines = [...recordedIncident({ seed, endsAt: ENDS_AT })];
      const { pipeline, sink } = pipelineWithSink({ language: 'ko' });
      await pipeline.run(inBatches(lines));
      ({ records, anomalies } = sink);
    });
    const critical = (service: string) =>
      anomalies.filter((anomaly) => anomaly.service === service && anomaly.anomaly_status === 'critical');

    test('is a recording of 20 minutes in time order, the same for the same seed', () => {
      assert.ok(lines.length >= 20_000 && lines.length <= 40_000, String(lines.length));
      assert.deepEqual([...new Set(records.map(({ service }) => service))].sort(), [
        'cart',
        'gateway',
        'inventory',
        'order',
        'payment',
        'search',
      ]);
      let last = 0;
      for (const { timestamp } of records) {
        // Formats without milliseconds stand at the beginning of their second.
        assert.ok(timestamp >= last - 1_000);
        last = Math.max(last, timestamp);
      }
      assert.ok(records[0]!.timestamp >= ENDS_AT - INCIDENT_MINUTES * 60_000 - 1_000 && last < ENDS_AT);
      assert.equal(new Set(records.map(({ id }) => id)).size, records.length);
      const again = recordedIncident({ seed, endsAt: ENDS_AT });
      for (const line of lines.slice(0, 500)) assert.deepEqual(again.next().value, line);
    });

    test('the culprit is critical early', () => {
      const first = critical('inventory')[0];
      assert.ok(first && minute(first.detected_at) < 13.5, first?.detected_at);
      assert.ok(first.sample_lines!.some((line) => line.includes('53300') || line.includes('풀 고갈')));
      assert.deepEqual(first.names, []);
    });

    test('victims lead to the culprit', () => {
      const named = new Map<string, Set<string>>();
      for (const { service, names } of anomalies) {
        if (!named.has(service)) named.set(service, new Set());
        for (const name of names as string[]) named.get(service)!.add(name);
      }
      const reaches = (service: string, seen: string[] = []): boolean =>
        service === 'inventory' ||
        (!seen.includes(service) &&
          [...(named.get(service) ?? [])].some((next) => reaches(next, [...seen, service])));
      for (const victim of VICTIMS) {
        assert.ok(
          anomalies.some(({ service }) => service === victim),
          victim,
        );
        assert.ok(reaches(victim), `${victim} names ${[...named.get(victim)!]}`);
      }
    });

    test('nothing is critical before the incident or in the healthy service, and there is no flood', () => {
      assert.deepEqual(critical('search'), []);
      for (const anomaly of anomalies)
        if (anomaly.anomaly_status === 'critical') assert.ok(minute(anomaly.detected_at) > 12.9);
      // What only counts further lines of a known problem is told to nobody.
      const told = anomalies.filter(({ detector }) => detector !== 'tally');
      assert.ok(told.length < 60, String(told.length));
      const places = told.map(({ service, template, detected_at }) =>
        [service, template?.id, Math.floor(Date.parse(detected_at) / 10_000)].join(),
      );
      // Once, and once more when its bucket closes, with the whole count of what was told while it was open.
      for (const place of places) assert.ok(places.filter((other) => other === place).length <= 2, place);
      assert.equal(new Set(anomalies.map(({ id }) => id)).size, anomalies.length);
    });

    test('one service is known by one template while it is critical', () => {
      for (const service of ['inventory', ...VICTIMS])
        assert.equal(new Set(critical(service).map(({ template }) => template?.id)).size, 1, service);
    });

    test('sample lines are verbatim lines of the stream', () => {
      const texts = new Set(lines.map(({ text }) => text));
      for (const { sample_lines } of anomalies)
        for (const line of sample_lines ?? []) assert.ok(texts.has(line), line);
    });
  });
