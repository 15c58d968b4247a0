import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { createLedger } from '../../src/analysis/ledger.ts';
import { openMemoryBus } from '../../src/backends/bus/memory.ts';
import { openRegistry } from '../../src/backends/state/registry.ts';
import type { StateStore } from '../../src/backends/state/store.ts';
import { HTTP_CALLER, readAudit, tunePut } from '../../src/bot/audit.ts';
import { createBot } from '../../src/bot/bot.ts';
import type { Chat } from '../../src/bot/chat.ts';
import { type Control, parseControl } from '../../src/bot/commands/parse-control.ts';
import { speech } from '../../src/bot/i18n/speech.ts';
import { digestView } from '../../src/bot/views/digest.ts';
import { parseConfig } from '../../src/config.ts';
import type { Incident } from '../../src/domain/incident.ts';
import type { Message } from '../../src/domain/message.ts';
import type { TuningRecord } from '../../src/domain/tuning.ts';
import { createMetrics } from '../../src/metrics.ts';
import { type FakeChat, fakeChat, type Reply, wordsOf } from '../fakes/chat.ts';
import { quietDigest } from '../fakes/digest.ts';
import { memoryState } from '../fakes/state.ts';
import { anomaly, eventually, fakeAnalyst, fakeLogs, fakeQueue, log } from './fixtures.ts';

const NO_BUDGET = { usd: null, usdPerUser: null, tokens: null, tokensPerUser: null };

interface World {
  chat: FakeChat;
  state: StateStore;
  publish(service: string): Promise<void>;
  /** Opens an incident of a service; resolves with its id and thread. */
  alert(service: string): Promise<{ id: string; thread: string }>;
  incident(id: string): Promise<Incident>;
}

async function world(
  t: TestContext,
  raw: Record<string, unknown> = {},
  name: Chat['name'] = 'slack',
): Promise<World> {
  const state = memoryState();
  const bus = openMemoryBus(log);
  const chat = fakeChat({ name });
  const bot = createBot({
    bus,
    state,
    logs: fakeLogs(),
    queue: fakeQueue(),
    analyst: fakeAnalyst(),
    ledger: createLedger({ state, budget: NO_BUDGET, timeZone: 'UTC' }),
    chats: [chat],
    config: parseConfig({ incidents: { debounceMs: 0 }, ...raw }),
    backendsHealth: async () => ({}),
    systemHealth: async () => ({
      gpus: [],
      cpu: { load: 0, cores: 1 },
      memory: { usedMb: 0, totalMb: 0 },
      at: 0,
    }),
    metrics: createMetrics(),
    log,
  });
  await bot.start();
  t.after(async () => {
    await bot.stop();
    await bus[Symbol.asyncDispose]();
  });
  const incident = async (id: string): Promise<Incident> =>
    (await state.get<Incident>('incident', id))?.value ?? assert.fail(`no incident ${id}`);
  const publish = (service: string): Promise<void> =>
    bus.publish('log-anomalies', [{ key: service, value: JSON.stringify(anomaly(service)) }]);
  return {
    chat,
    state,
    incident,
    publish,
    async alert(service) {
      await publish(service);
      return eventually(() => {
        const parent = chat.messages.find(
          ({ ref, message }) => ref.id === ref.thread && message.summary.startsWith(`${service}: `),
        );
        const id = /#([0-9a-f]{10})/.exec(parent ? wordsOf(parent.message) : '')?.[1];
        assert.ok(parent?.ref.thread && id);
        return { id, thread: parent.ref.thread };
      });
    },
  };
}

const last = (replies: Reply[]): Message => replies[0]!.states.at(-1)!;
const said = (replies: Reply[]): string => wordsOf(last(replies));
const actionsOf = (message: Message) =>
  message.blocks.flatMap((block) => (block.kind === 'buttons' ? block.buttons : []));

test('controls by word, in both languages; questions and other words are none', () => {
  const ID = '0123456789';
  const OTHER = 'abcdefabcd';
  const forms: [string, Control][] = [
    [`ack ${ID}`, { name: 'ack', incident: ID }],
    [`/logs resolve #${ID} raised the pool`, { name: 'resolve', incident: ID, note: 'raised the pool' }],
    [`확인 ${ID}`, { name: 'ack', incident: ID }],
    ['mute', { name: 'mute', forMs: 3_600_000 }],
    ['mute service 1d deploy', { name: 'mute', scope: 'service', forMs: 86_400_000, note: 'deploy' }],
    ['mute 30m template', { name: 'mute', scope: 'template', forMs: 1_800_000 }],
    ['음소거 service:pay 2시간', { name: 'mute', scope: 'service', service: 'pay', forMs: 7_200_000 }],
    ['알림 끄기 유형 15분', { name: 'mute', scope: 'template', forMs: 900_000 }],
    [`unmute m${ID}`, { name: 'unmute', incident: `m${ID}` }],
    [`assign ${ID} to @Mina Kim`, { name: 'assign', incident: ID, person: 'Mina Kim' }],
    ['담당 나', { name: 'assign' }],
    ['take', { name: 'take' }],
    [`merge ${ID} into ${OTHER}`, { name: 'merge', incident: ID, into: OTHER }],
    [`합치기 ${ID}를 ${OTHER}에`, { name: 'merge', incident: ID, into: OTHER }],
    [`merge into ${OTHER}`, { name: 'merge', into: OTHER }],
    ['나누기', { name: 'split' }],
    ['다시 열기', { name: 'reopen' }],
    ['false alarm load test', { name: 'false-alarm', note: 'load test' }],
    ['오탐', { name: 'false-alarm' }],
    ['정탐', { name: 'real' }],
  ];
  for (const [text, control] of forms) assert.deepEqual(parseControl(text), control, text);
  for (const text of ['why', 'real cause is the db', 'take a look', 'is it resolved?', 'ack?', ''])
    assert.equal(parseControl(text), undefined, text);
  for (const text of ['assign', 'merge', 'merge the branch'])
    assert.ok('wrong' in (parseControl(text) ?? {}), text);
  assert.deepEqual(parseControl('mute 30x'), { wrong: 'duration', control: 'mute', word: '30x' });
});

test('controls from anywhere by ID: whoever asked is answered, everybody reads it in the thread', async (t) => {
  const w = await world(t);
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
  assert.equal((await w.incident(id)).state, 'open');
  await w.chat.press({ name: 'acknowledge', subject: id });
  assert.match(said(await w.chat.press({ name: 'acknowledge', subject: id })), /done already/);
});

test('lists: mine, by service, an incident’s page, mutes with their end', async (t) => {
  const w = await world(t);
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
  for (const { action } of actionsOf(last(mutes))) await w.chat.press(action);
  assert.match(said(await w.chat.command('음소거목록')), /꺼 둔 알림이 없어요/);
});

for (const name of ['slack', 'discord', 'console'] as const)
  test(`the mute of a digest silences the kind of problem, though its incident is over (${name})`, async (t) => {
    const w = await world(t, {}, name);
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
    await w.publish('payment');
    const again = await eventually(async () => {
      const all = await w.state.list<Incident>('incident', {});
      const next = all.find(({ value }) => value.service === 'payment' && value.state !== 'resolved');
      return next?.value ?? assert.fail('not recorded');
    });
    assert.ok(again.mutedUntil! > Date.now(), 'what comes next of its kind is muted');
  });

test('more: everything else that can be done, by button, for whoever asked', async (t) => {
  const w = await world(t);
  const { id } = await w.alert('payment');
  const cart = await w.alert('cart');
  const more = await w.chat.press({ name: 'more', subject: id });
  assert.equal(more[0]!.to, 'asker');
  const buttons = actionsOf(last(more));
  assert.ok(buttons.length <= 25);
  const press = async (label: RegExp): Promise<Reply[]> => {
    const found = buttons.find((button) => label.test(button.label)) ?? assert.fail(`no button ${label}`);
    return w.chat.press(found.action, { user: 'jun' });
  };
  await press(/^Mute 15 min$/);
  assert.equal((await w.incident(id)).history.at(-1)?.what, 'muted');
  await press(/^Real$/);
  assert.equal((await w.incident(id)).verdict, 'real');
  await press(/^Merge into cart/);
  assert.equal((await w.incident(id)).cause?.id, cart.id);
  await w.chat.press({ name: 'split', subject: id });
  assert.equal((await w.incident(id)).cause, undefined);
  await press(/^Mute payment 1 h$/);
  assert.ok((await w.incident(id)).muteId);
});

test('roles: who only looks is refused in one line, and that is in the audit log', async (t) => {
  const w = await world(t, { roles: { responder: ['U1'], admin: ['U2'] } });
  const { id, thread } = await w.alert('payment');
  const refused = await w.chat.command(`resolve ${id}`, { userId: 'U3', user: 'eve' });
  assert.equal(refused[0]!.to, 'asker');
  assert.match(said(refused), /needs the role “responder”/);
  assert.match(said(await w.chat.press({ name: 'mute', subject: id }, { userId: 'U3' })), /“responder”/);
  assert.equal((await w.incident(id)).history.length, 1);
  // They may ask.
  assert.match(said(await w.chat.command('incidents', { userId: 'U3' })), /1 open incident/);
  await w.chat.command('ack', { thread, userId: 'U1', user: 'mina' });
  assert.equal((await w.incident(id)).owner, 'mina');
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
  assert.equal((await w.incident(id)).mutedUntil, undefined);
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
  const w = await world(t, { roles: { responder: ['U1'], admin: ['U2'] } });
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

test('shadow: no thread, but the list says what would have been posted', async (t) => {
  const w = await world(t, { bot: { shadow: true } });
  const { chat, state } = w;
  await w.publish('payment');
  await eventually(async () => assert.equal((await state.list('incident', {})).length, 1));
  assert.equal((await state.list('outbox', {})).length, 0);
  assert.equal(chat.messages.length, 0);
  assert.match(said(await chat.command('shadow')), /Would have been posted: 1\n[\s\S]*→ slack C1/);
});

test('an escalation and an assignment call the person on their platform; log text calls nobody', async (t) => {
  const routes = [{ match: {}, platform: 'slack', mention: ['group:S1'] }];
  const w = await world(t, { routes });
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
