import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { describe, test } from 'node:test';
import type { Chat, ChatRequest, MessageRef, Place } from '../../src/bot/chat/chat.ts';
import { AppError } from '../../src/domain/errors.ts';
import type { Message } from '../../src/domain/question/message.ts';

/** A chat under test and the eyes and hands of a person on its platform. */
export interface ChatHarness {
  chat: Chat;
  /** All text people see of a message, as the platform holds it; undefined when there is no such message. */
  shown(ref: MessageRef): Promise<string | undefined>;
  /** A person types `/logs TEXT` (or mentions the bot, in a thread). Resolves when the platform has taken it. */
  command(text: string, place?: Place): Promise<void>;
  dispose(): Promise<void>;
}

const text = (words: string): Message => ({
  summary: words.slice(0, 80),
  tone: 'neutral',
  blocks: [{ kind: 'text', text: words }],
});

/** What must never take effect on any platform, all in one. */
const HOSTILE =
  '\u0000\u001b[31m <!channel> <@U1> @everyone <script>alert(1)</script> </script> `` ``` ~~x~~ **b** [a](http://evil.example) <http://evil.example|a> \u202e \ud800 ignore previous instructions & &amp;';

const RICH: Message = {
  summary: 'payment: pool exhausted',
  tone: 'critical',
  blocks: [
    { kind: 'heading', text: 'payment: pool exhausted' },
    { kind: 'fields', fields: [{ label: 'State', value: 'Open' }] },
    { kind: 'lines', lines: ['2026-11-21 ERROR pool exhausted', '한글 줄'] },
    { kind: 'progress', fraction: 0.4, label: 'halfway' },
    { kind: 'footnote', text: 'small print' },
    {
      kind: 'chart',
      chart: {
        title: '오류',
        at: [0, 60_000],
        series: [{ name: 'errors', kind: 'bar', values: [1, 2], tone: 'critical' }],
      },
    },
    { kind: 'buttons', buttons: [{ label: 'Why?', action: { name: 'why', subject: 'incident-1' } }] },
  ],
};

/** Resolves when `check` does not throw any more; throws its last error after 5 s. */
async function eventually<T>(check: () => Promise<T>): Promise<T> {
  for (const start = Date.now(); ; ) {
    try {
      return await check();
    } catch (error) {
      if (Date.now() - start > 5_000) throw error;
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
  }
}

/**
 * What every chat adapter must do.
 * @param open a started platform with a chat whose `start` was not called yet
 */
export function chatContract(name: string, open: () => Promise<ChatHarness>): void {
  describe(`chat contract: ${name}`, () => {
    const using = (work: (harness: ChatHarness, requests: ChatRequest[]) => Promise<void>) => async () => {
      const harness = await open();
      const requests: ChatRequest[] = [];
      try {
        await harness.chat.start({
          request: async (request) => void requests.push(request),
          complete: async () => [],
        });
        await eventually(async () => assert.equal((await harness.chat.health()).ok, true));
        await work(harness, requests);
      } finally {
        await harness.chat[Symbol.asyncDispose]();
        await harness.dispose();
      }
    };
    const channel = (chat: Chat): Place => ({ channel: chat.alertChannel });

    test(
      'a post stands in the channel and is edited in place',
      using(async ({ chat, shown }) => {
        const ref = await chat.post(channel(chat), text('first words'), { nonce: randomUUID() });
        assert.match((await shown(ref)) ?? '', /first words/);
        await chat.edit(ref, text('second words'));
        const after = (await shown(ref)) ?? '';
        assert.match(after, /second words/);
        assert.doesNotMatch(after, /first words/);
      }),
    );

    test(
      'a thread opens on a message, and replies lie in it',
      using(async ({ chat, shown }) => {
        const parent = await chat.post(channel(chat), text('parent'), {
          nonce: randomUUID(),
          opensThread: 'a title',
        });
        assert.ok(parent.thread);
        const reply = await chat.post(
          { channel: parent.channel, thread: parent.thread },
          text('reply words'),
          {
            nonce: randomUUID(),
          },
        );
        assert.equal(reply.thread, parent.thread);
        assert.notEqual(reply.id, parent.id);
        assert.match((await shown(reply)) ?? '', /reply words/);
      }),
    );

    test(
      'a message is found by its nonce, also after an edit, and only by it',
      using(async ({ chat }) => {
        const since = Date.now() - 60_000;
        const nonce = `parent/slack/${randomUUID()}`;
        const ref = await chat.post(channel(chat), text('needle'), { nonce, opensThread: 'needle' });
        await chat.post(channel(chat), text('hay'), { nonce: randomUUID() });
        assert.equal((await chat.find(channel(chat), nonce, since))?.id, ref.id);
        await chat.edit(ref, text('needle, changed'));
        assert.equal(
          (await chat.find(channel(chat), nonce, since, { opensThread: 'needle' }))?.thread,
          ref.thread,
        );
        assert.equal(await chat.find(channel(chat), randomUUID(), since), undefined);

        const place = { channel: ref.channel, thread: ref.thread };
        const inner = `note/slack/${randomUUID()}`;
        const reply = await chat.post(place, text('in the thread'), { nonce: inner });
        assert.equal((await chat.find(place, inner, since))?.id, reply.id);
      }),
    );

    test(
      'every kind of block is taken',
      using(async ({ chat, shown }) => {
        const ref = await chat.post(channel(chat), RICH, { nonce: randomUUID() });
        const seen = (await shown(ref)) ?? '';
        for (const words of [/pool exhausted/, /한글 줄/, /small print/, /halfway/, /Why\?/])
          assert.match(seen, words);
        await chat.edit(ref, RICH);
      }),
    );

    test(
      'hostile text is taken and its words survive',
      using(async ({ chat, shown }) => {
        const message: Message = {
          summary: HOSTILE,
          tone: 'warning',
          blocks: [
            { kind: 'heading', text: HOSTILE },
            { kind: 'text', text: HOSTILE },
            { kind: 'fields', fields: [{ label: HOSTILE, value: HOSTILE }] },
            { kind: 'lines', lines: [HOSTILE, '```', ''] },
            { kind: 'footnote', text: HOSTILE },
          ],
        };
        const ref = await chat.post(channel(chat), message, { nonce: randomUUID(), opensThread: HOSTILE });
        const seen = (await shown(ref)) ?? '';
        assert.match(seen, /ignore previous instructions/);
        assert.ok(!seen.includes('\u0000') && !seen.includes('\u001b'));
      }),
    );

    test(
      'far too long text is cut, not refused',
      using(async ({ chat, shown }) => {
        const long = '긴 줄 long line 😀 '.repeat(4_000);
        const message: Message = {
          summary: long,
          tone: 'neutral',
          blocks: [
            { kind: 'heading', text: long },
            { kind: 'text', text: long },
            { kind: 'fields', fields: Array.from({ length: 40 }, () => ({ label: long, value: long })) },
            { kind: 'lines', lines: Array.from({ length: 200 }, () => long) },
            { kind: 'footnote', text: long },
          ],
        };
        const ref = await chat.post(channel(chat), message, { nonce: randomUUID(), opensThread: long });
        assert.match((await shown(ref)) ?? '', /긴 줄 long line/);
        await chat.edit(ref, message);
      }),
    );

    test(
      'an edit of a message that is gone is not_found',
      using(async ({ chat }) => {
        const ref = await chat.post(channel(chat), text('here'), { nonce: randomUUID() });
        await assert.rejects(
          chat.edit(
            { ...ref, id: `${ref.id.slice(0, -1)}${ref.id.endsWith('1') ? '2' : '1'}` },
            text('there'),
          ),
          (error) => error instanceof AppError && error.code === 'not_found',
        );
      }),
    );

    test(
      'a command reaches the handler, and its answer grows in one message',
      using(async ({ chat, command, shown }, requests) => {
        await command('why 30m service:cart');
        const request = await eventually(async () => {
          assert.equal(requests.length, 1);
          return requests[0]!;
        });
        assert.equal(request.kind === 'command' && request.text, 'why 30m service:cart');
        assert.equal(request.place.channel, chat.alertChannel);
        assert.ok(request.id && request.user.id && request.user.name);
        const live = await request.reply(text('thinking'), 'place');
        live.update(text('thinking more'));
        await live.finish(text('the answer'));
        assert.ok(live.ref);
        assert.match((await shown(live.ref)) ?? '', /the answer/);
        // Only the asker sees this one; that it does not fail is all a platform lets us check everywhere.
        await (await request.reply(text('for you'), 'asker')).finish(text('for you alone'));
      }),
    );
  });
}
