import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readAudit } from '../../src/bot/incidents/audit.ts';
import type { Incident } from '../../src/domain/alert/incident.ts';
import { ACTION_NAMES } from '../../src/domain/question/message.ts';
import { personOf } from '../../src/web/guard.ts';
import { buttonsOf, eventually, Person, runApp } from './harness.ts';

const SECRET = 'abcdefghijklmnopqrstuv';
const cookie = `bongsu_session=${SECRET}`;

/** Buttons and commands that only look or ask. */
const LOOKS = new Set<string>(['why', 'summarize', 'more', 'show', 'stop', 'retry', 'job-stop']);

test('a viewer of the page changes nothing, by no route, button or command; who may is told apart', async () => {
  await using running = await runApp({ raw: { roles: { admin: [personOf(SECRET)] } } });
  const { app } = running;
  const post = (path: string, body: unknown, headers: Record<string, string> = {}): Promise<Response> =>
    fetch(app.address + path, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body),
    });
  await app.backends.bus.publish('log-anomalies', [
    {
      key: 'payment',
      value: JSON.stringify({
        anomaly_status: 'critical',
        confidence: 0.9,
        detected_issues: ['the bank refuses'],
        explanation: 'the bank refuses',
        service: 'payment',
      }),
    },
  ]);
  const viewer = new Person(app.address);
  const alert = await viewer.sees(/the bank refuses/);
  const id = buttonsOf(alert.message)[0]!.subject;
  const incident = async (): Promise<Incident> => (await app.backends.state.get('incident', id))!.value;
  const before = await incident();
  const refusals = async (): Promise<number> =>
    (await readAudit(app.backends.state)).filter(({ what }) => what === 'refused').length;

  let expected = 0;
  for (const name of ACTION_NAMES) {
    await viewer.press({
      name,
      subject: id,
      ...(name === 'merge' ? { value: id } : {}),
      ...(name === 'mute' ? { value: '3600000' } : {}),
    });
    if (!LOOKS.has(name)) expected += 1;
  }
  for (const words of [
    `resolve ${id}`,
    `ack ${id}`,
    'mute service:payment 1h',
    'audit',
    'tune now',
    'tune back alerts',
    'jobs drop job-1',
    'jobs retry job-1',
  ]) {
    await viewer.say(`/logs ${words}`);
    expected += 1;
  }
  for (const path of ['/replay', '/fine-tune']) {
    const response = await post(path, {});
    assert.equal(response.status, 403);
    assert.match(
      ((await response.json()) as { detail: string }).detail,
      /needs the role admin.*roles\.admin/,
    );
    expected += 1;
  }
  await eventually('every refusal', async () => ((await refusals()) >= expected ? true : undefined));
  assert.equal(await refusals(), expected);
  const now = await incident();
  assert.deepEqual(
    [now.lifecycle.state, now.lifecycle.history, now.mute?.until, now.lifecycle.owner],
    [before.lifecycle.state, before.lifecycle.history, before.mute?.until, before.lifecycle.owner],
  );

  // The same by whom the configuration names.
  const trained = await post('/fine-tune', {}, { cookie });
  assert.equal(trained.status, 202);
  const replayed = await post('/replay', {}, { cookie });
  assert.equal(replayed.status, 200);
  await replayed.body?.cancel();
  assert.ok(
    (await readAudit(app.backends.state)).some(
      ({ what, who }) => what === 'tune' && who.id === personOf(SECRET),
    ),
  );
});
