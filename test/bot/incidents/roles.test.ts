import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openRegistry } from '../../../src/backends/state/registry.ts';
import { HTTP_CALLER, readAudit, tunePut } from '../../../src/bot/incidents/audit.ts';
import { openIncident } from '../../../src/domain/alert/incident.ts';
import type { TuningRecord } from '../../../src/domain/job/job.ts';
import { wordsOf } from '../../fakes/chat.ts';
import { anomaly, eventually } from '../fixtures.ts';
import { said, startBot } from '../harness.ts';

test('roles: who only looks is refused in one line, and that is in the audit log', async (t) => {
  const w = await startBot(t, { roles: { responder: ['U1'], admin: ['U2'] } });
  const { id, thread } = await w.alert('payment');
  const refused = await w.chat.command(`resolve ${id}`, { userId: 'U3', user: 'eve' });
  assert.equal(refused[0]!.to, 'asker');
  assert.match(said(refused), /needs the role “responder”/);
  assert.match(said(await w.chat.press({ name: 'mute', subject: id }, { userId: 'U3' })), /“responder”/);
  assert.equal((await w.incident(id)).lifecycle.history.length, 1);
  // They may ask.
  assert.match(said(await w.chat.command('incidents', { userId: 'U3' })), /1 open incident/);
  await w.chat.command('ack', { thread, userId: 'U1', user: 'mina' });
  assert.equal((await w.incident(id)).lifecycle.owner, 'mina');
  assert.match(said(await w.chat.command('mute service:payment 1h', { userId: 'U1' })), /“admin”/);
  assert.match(said(await w.chat.command('audit', { userId: 'U1' })), /“admin”/);
  const audit = await w.chat.command('audit', { userId: 'U2' });
  assert.equal(audit[0]!.to, 'asker');
  assert.match(
    said(audit),
    /mina \(U1\) · acknowledged · #[0-9a-f]{10}[\s\S]*eve \(U3\) · refused · “resolve” · ← slack C1/,
  );
  assert.equal((await readAudit(w.state, { incident: id })).length, 1);
  // What an admin silenced goes on for the others when a responder wants to hear of one incident again.
  await w.chat.command('mute service:payment 1h', { userId: 'U2' });
  const heard = await w.chat.press({ name: 'unmute', subject: id }, { userId: 'U1' });
  const muteId = /goes on until [^;]*; \/logs unmute (m[0-9a-f]{10})/.exec(said(heard))?.[1];
  assert.equal((await w.incident(id)).mute?.until, undefined);
  assert.match(said(await w.chat.command('mutes', { userId: 'U1' })), /everything of payment/);
  for (const words of [`unmute ${muteId}`, 'unmute service:payment', `unmute ${id} service`])
    assert.match(said(await w.chat.command(words, { userId: 'U1' })), /“admin”/, words);
  assert.match(said(await w.chat.command(`unmute ${muteId}`, { userId: 'U2' })), /payment has ended/);
  assert.match(said(await w.chat.command('mutes', { userId: 'U1' })), /Nothing is muted/);
  // A mute of one kind of problem may be ended by whoever may make it.
  const kind = said(await w.chat.command(`mute ${id} template 1h`, { userId: 'U1' }));
  assert.match(kind, /is muted until/);
  assert.match(said(await w.chat.command(`unmute ${id} template`, { userId: 'U1' })), /has ended/);
  // Trainings too.
  for (const words of ['tune now', '학습 되돌리기 알림'])
    assert.match(said(await w.chat.command(words, { userId: 'U1' })), /“admin”/, words);
  assert.match(said(await w.chat.command('tune', { userId: 'U1' })), /What serves/);
  // Jobs too.
  const drop = await w.chat.press({ name: 'job-drop', subject: 'job-1' }, { userId: 'U3' });
  assert.match(said(drop), /“responder”/);
  assert.match(said(await w.chat.command('jobs drop job-1', { userId: 'U3' })), /“responder”/);
});

test('trainings and rollbacks are in the audit log, with who was refused', async (t) => {
  const w = await startBot(t, { roles: { responder: ['U1'], admin: ['U2'] } });
  const registry = openRegistry(w.state);
  const model = { kind: 'model', base: 'small', name: 'summary:1' } as const;
  const record = {
    target: 'summary',
    trainer: 'ollama',
    at: 1,
    night: '2026-11-27',
    promoted: true,
  } as const;
  const card = {} as TuningRecord['card'];
  await registry.add({ ...record, card, reason: 'better', tuned: model }, undefined);
  await w.chat.command('tune now anomaly', { userId: 'U1', user: 'mina' });
  await w.chat.command('tune now anomaly', { userId: 'U2', user: 'lead' });
  assert.match(
    said(await w.chat.command('tune back summary', { userId: 'U2', user: 'lead' })),
    /serves again/,
  );
  // Nothing was done, so nothing is noted.
  await w.chat.command('tune back summary', { userId: 'U2', user: 'lead' });
  await w.state.commit({ put: [tunePut(HTTP_CALLER, 'now', 90)] });
  for (const words of ['audit', '감사']) {
    const audit = said(await w.chat.command(words, { userId: 'U2' }));
    assert.match(audit, /mina \(U1\) · refused · “tune now anomaly” · ← slack C1/);
    assert.match(audit, /lead \(U2\) · tune · now anomaly · ← slack C1/);
    assert.equal(audit.match(/lead \(U2\) · tune · back summary · ← slack C1/g)?.length, 1);
    assert.match(audit, /HTTP \(http\) · tune · now · ← http/);
  }
});

test('rolling back the alerts model in chat says what it had hidden, and opens its threads', async (t) => {
  for (const [words, told] of [
    ['tune back alerts', /kept 1 alert quiet .*[\s\S]*mail is failing/],
    ['학습 되돌리기 알림', /알리지 않았던 알림이 1건[\s\S]*mail is failing/],
  ] as const) {
    const w = await startBot(t, { language: words.startsWith('tune') ? 'en' : 'ko' });
    const registry = openRegistry(w.state);
    const model = { weights: {}, bias: -3, slope: 1, offset: 0, quietBelow: 0.5, trainedAt: 5 };
    const record = { target: 'alerts', trainer: 'embedded', at: 5, night: 'n', promoted: true } as const;
    const card = {} as TuningRecord['card'];
    await registry.add({ ...record, card, reason: 'better', tuned: { kind: 'alerts', model } }, undefined);
    const quietReason = {
      likeness: 'family',
      rejected: 8,
      needed: 8,
      real: 0,
      chance: 0.1,
      model: 5,
    } as const;
    const hidden = { ...openIncident('0123456789', anomaly('mail')), suppression: { reason: quietReason } };
    await w.state.commit({
      put: [{ kind: 'incident', id: hidden.id, value: hidden, rank: hidden.activity.lastSeen }],
    });
    assert.match(said(await w.chat.command(words, { userId: 'U2' })), told);
    await eventually(() => {
      const posts = w.chat.messages.map(({ message }) => wordsOf(message));
      assert.ok(
        posts.some((text) => text.includes('#0123456789')),
        'its thread',
      );
      assert.ok(
        posts.some((text) => /rolled back|되돌려서/.test(text)),
        'why only now',
      );
    });
  }
});
