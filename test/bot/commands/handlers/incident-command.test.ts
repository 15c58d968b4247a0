import assert from 'node:assert/strict';
import { test } from 'node:test';
import { digestView } from '../../../../src/bot/views/digest.ts';
import { speech } from '../../../../src/i18n/format.ts';
import { type Reply, wordsOf } from '../../../fakes/chat.ts';
import { quietDigest } from '../../../fakes/digest.ts';
import { eventually } from '../../fixtures.ts';
import { actionsOf, last, said, startBot } from '../../harness.ts';

test('incident commands from anywhere by ID: whoever asked is answered, everybody reads it in the thread', async (t) => {
  const w = await startBot(t);
  const { id, thread } = await w.alert('payment');
  const replies = await w.chat.command(`resolve ${id} raised the pool`, { user: 'jun' });
  assert.equal(replies[0]!.to, 'asker');
  assert.match(said(replies), new RegExp(`payment is failing #${id}\njun resolved this`));
  await eventually(() =>
    assert.ok(
      w.chat.messages.some(
        ({ ref, message }) => ref.thread === thread && /raised the pool/.test(wordsOf(message)),
      ),
    ),
  );
  assert.match(said(await w.chat.command(`ack ${id}`)), /resolved already/);
  assert.match(said(await w.chat.command('ack 0000000000')), /There is no incident 0000000000/);
  assert.match(said(await w.chat.command('확인')), /어떤 장애인지 알려 주세요/);
  assert.match(said(await w.chat.command(`다시열기 ${id}`)), /다시 열었어요/);
  assert.equal((await w.incident(id)).lifecycle.state, 'open');
  await w.chat.press({ name: 'acknowledge', subject: id });
  assert.match(said(await w.chat.press({ name: 'acknowledge', subject: id })), /done already/);
});

test('lists: mine, by service, an incident’s page, mutes with their end', async (t) => {
  const w = await startBot(t);
  const { id, thread } = await w.alert('payment');
  const cart = await w.alert('cart');
  await w.chat.command('take', { thread, user: 'jun' });
  const mine = said(await w.chat.command('incidents mine', { user: 'jun' }));
  assert.match(mine, new RegExp(`1 incident\n[\\s\\S]*#${id}`));
  assert.doesNotMatch(mine, /cart/);
  assert.match(said(await w.chat.command('장애 내것', { user: 'mina' })), /그런 장애가 없어요/);
  assert.match(said(await w.chat.command('incidents service:cart all')), /cart is failing/);
  await w.chat.command(`resolve ${cart.id}`);
  assert.doesNotMatch(said(await w.chat.command('incidents')), /cart/);
  assert.match(said(await w.chat.command('incidents resolved')), /cart/);
  const page = said(await w.chat.command(`incident ${id}`));
  assert.match(page, /Taken by: jun[\s\S]*History\n[\s\S]*jun takes care of this/);

  await w.chat.command('mute 2h noisy', { thread, user: 'jun' });
  const wide = await w.chat.command('mute service:cart 1d deploy');
  assert.equal(wide[0]!.to, 'place');
  assert.match(said(wide), /everything of cart is muted until/);
  const mutes = await w.chat.command('mutes');
  assert.match(
    said(mutes),
    /2 mutes\n[\s\S]*1\. payment[^\n]*by jun \(noisy\)\n[^\n]*2\. everything of cart/,
  );
  for (const { action } of actionsOf(last(mutes[0]))) await w.chat.press(action);
  assert.match(said(await w.chat.command('음소거목록')), /음소거한 알림이 없어요/);
});

for (const name of ['slack', 'discord', 'console'] as const)
  test(`the mute of a digest silences the kind of problem, though its incident is over (${name})`, async (t) => {
    const w = await startBot(t, {}, { chat: name });
    const { id } = await w.alert('payment');
    await w.chat.command(`resolve ${id}`);
    const { title } = await w.incident(id);
    const noisiest = [{ incidentId: id, service: 'payment', title, alerts: 9 }];
    const [mute] = actionsOf(digestView({ ...quietDigest, quiet: false, noisiest }, speech('en', 'UTC')));
    assert.equal(mute!.label, 'Mute payment: payment is failing');
    const done = await w.chat.press(mute!.action, { user: 'jun' });
    assert.equal(done[0]!.to, 'place');
    assert.match(said(done), /payment is failing is muted until .*\/logs mutes lists all mutes/);
    assert.match(
      said(await w.chat.command('mutes')),
      /1 mute\n[\s\S]*payment: payment is failing: until [^\n]*by jun/,
    );
    await w.anomaly('payment');
    const again = await eventually(async () => {
      const all = await w.state.list('incident', {});
      const next = all.find(
        ({ value }) => value.service === 'payment' && value.lifecycle.state !== 'resolved',
      );
      return next?.value ?? assert.fail('not recorded');
    });
    assert.ok((again.mute?.until ?? 0) > Date.now(), 'what comes next of its kind is muted');
  });

test('more: everything else that can be done, by button, for whoever asked', async (t) => {
  const w = await startBot(t);
  const { id } = await w.alert('payment');
  const cart = await w.alert('cart');
  const more = await w.chat.press({ name: 'more', subject: id });
  assert.equal(more[0]!.to, 'asker');
  const buttons = actionsOf(last(more[0]));
  assert.ok(buttons.length <= 25);
  const press = async (label: RegExp): Promise<Reply[]> => {
    const found = buttons.find((button) => label.test(button.label)) ?? assert.fail(`no button ${label}`);
    return w.chat.press(found.action, { user: 'jun' });
  };
  await press(/^Mute 15 min$/);
  assert.equal((await w.incident(id)).lifecycle.history.at(-1)?.what, 'muted');
  await press(/^Real$/);
  assert.equal((await w.incident(id)).feedback.verdict, 'real');
  await press(/^Merge into cart/);
  assert.equal((await w.incident(id)).correlation.cause?.id, cart.id);
  await w.chat.press({ name: 'split', subject: id });
  assert.equal((await w.incident(id)).correlation.cause, undefined);
  await press(/^Mute payment 1 h$/);
  assert.ok((await w.incident(id)).mute?.id);
});

test('shadow: no thread, but the list says what would have been posted', async (t) => {
  const w = await startBot(t, { bot: { shadow: true } });
  const { chat, state } = w;
  await w.anomaly('payment');
  await eventually(async () => assert.equal((await state.list('incident', {})).length, 1));
  assert.equal((await state.list('outbox', {})).length, 0);
  assert.equal(chat.messages.length, 0);
  for (const asked of ['shadow', 'incidents shadow'])
    assert.match(said(await chat.command(asked)), /Would have been posted: 1\n[\s\S]*→ slack C1/, asked);
});

test('an escalation and an assignment call the person on their platform; log text calls nobody', async (t) => {
  const routes = [{ match: {}, platform: 'slack', mention: ['group:S1'] }];
  const w = await startBot(t, { routes });
  const { thread } = await w.alert('payment');
  const parent = w.chat.messages.find(({ ref }) => ref.id === thread)!;
  assert.deepEqual(parent.message.mentions, ['group:S1']);
  await w.chat.command('assign @Jun Lee', { thread, people: [{ id: 'U7', name: 'Jun Lee' }] });
  await eventually(() => {
    const note = w.chat.messages.find(({ message }) => /assigned this to Jun Lee/.test(wordsOf(message)));
    assert.deepEqual(note?.message.mentions, ['user:U7']);
  });
  await eventually(() => assert.match(wordsOf(parent.message), /Taken by: Jun Lee/));
});
