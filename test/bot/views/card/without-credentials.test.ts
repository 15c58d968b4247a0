import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nameOf } from '../../../../src/bot/views/card/headline.ts';
import { withoutCredentials } from '../../../../src/bot/views/card/without-credentials.ts';
import { type Incident, openIncident } from '../../../../src/domain/alert/incident.ts';
import { speech } from '../../../../src/i18n/format.ts';
import { anomaly } from '../../fixtures.ts';

const SECRETS = [
  'opensesame',
  'eyJhbGciOiJIUzI1NiJ9',
  'AKIAIOSFODNN7EXAMPL',
  'a8f5f167f44f4964e6c998dee827110c',
];
const titled = (title: string, fields: Partial<Incident> = {}): Incident => ({
  ...openIncident(
    'i1',
    anomaly('pay', { detected_issues: [title], explanation: title, sample_lines: [title] }),
  ),
  ...fields,
});

test('title, cause and lines of an incident hold no credentials; the lines are the same otherwise', () => {
  const line =
    'login to postgres://pay:opensesame@db/pay failed, Authorization: Bearer eyJhbGciOiJIUzI1NiJ9.e30.x1y2z3';
  const incident = titled(line, {
    rootCause: {
      service: 'db',
      text: line,
      verdict: 'likely',
      confidence: 0.7,
      evidence: [line, 'plain line'],
    },
  });
  const shown = withoutCredentials(incident);
  const { title, issues, explanation, sampleLines, rootCause } = shown;
  const said = JSON.stringify({ title, issues, explanation, sampleLines, rootCause });
  for (const secret of SECRETS) assert.ok(!said.includes(secret), secret);
  assert.match(shown.title, /^login to postgres:\/\/pay:\[redacted\]@db\/pay failed/);
  assert.equal(shown.rootCause?.evidence[1], 'plain line');
  assert.deepEqual(incident.sampleLines, [line], 'the stored one keeps them');
});

test('a credential of which a title has only the beginning is not shown either', () => {
  for (const title of [
    'cannot open postgres://pay:openses…',
    'cannot open postgres://pay:opensesame…: timeout',
    'request refused, key AKIAIOSFODNN7EXA…',
    'request refused, eyJhbGciOiJIUzI1NiJ9.eyJzd…',
    'session a8f5f167f44f4964e6c9… is unknown',
  ]) {
    const shown = withoutCredentials(titled(title)).title;
    assert.doesNotMatch(shown, /openses|AKIAIO|eyJhbG|a8f5f1/, shown);
    assert.doesNotMatch(nameOf(withoutCredentials(titled(title)), speech('en', 'UTC')), /openses|AKIAIO/);
  }
});

test('what was cut off and is none stays', () => {
  for (const title of [
    'cannot reach http://inventory:8080…',
    'cannot reach http://inventory.shop.svc.cluster.local…',
    'ConnectionPoolTimeoutExceptionHandler…',
    'order 4711 was not found in the ware…',
  ])
    assert.equal(withoutCredentials(titled(title)).title, title);
});
