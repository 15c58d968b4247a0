import assert from 'node:assert/strict';
import { test } from 'node:test';
import { escapeMarkdown, readTag, tagOf, threadName, toDiscord } from '../../../src/bot/discord/embeds.ts';
import type { Message } from '../../../src/domain/question/message.ts';
import { checkDiscord } from '../../fakes/discord-limits.ts';
import { hostileMessage, random } from '../../fakes/hostile.ts';

const message = (...blocks: Message['blocks']): Message => ({ summary: 's', tone: 'neutral', blocks });

test('three thousand hostile messages stay within every limit and inject nothing', () => {
  for (let seed = 1; seed <= 3_000; seed += 1) {
    const hostile = hostileMessage(random(seed));
    const tag = seed % 2 ? tagOf(`nonce-${seed}`) : undefined;
    try {
      const payload = toDiscord(hostile, {
        ...(tag ? { tag } : {}),
        images: seed % 3 ? ['chart-0.png'] : [],
      });
      checkDiscord(payload);
      assert.equal(readTag(payload.embeds), tag);
      assert.ok(threadName(hostile.summary).length <= 100 && threadName(hostile.summary).length > 0);
    } catch (error) {
      throw new Error(`seed ${seed}`, { cause: error });
    }
  }
});

test('log lines stand verbatim in a code block, which backticks do not end', () => {
  const line = 'pool *exhausted* <a> 연결 실패 @everyone';
  assert.equal(
    toDiscord(message({ kind: 'lines', lines: [line] })).embeds[0]?.description,
    `\`\`\`\n${line}\n\`\`\``,
  );
  const broken = toDiscord(message({ kind: 'lines', lines: ['a ``` b `````'] })).embeds[0]?.description ?? '';
  assert.equal(broken.split('```').length, 3);
});

test('parts keep their order: what follows a picture begins another embed, and fields above text are rows of it', () => {
  const { embeds } = toDiscord(
    message(
      { kind: 'heading', text: 'cart' },
      { kind: 'text', text: 'one' },
      { kind: 'fields', fields: [{ label: 'Since', value: '12:00' }] },
      { kind: 'text', text: 'two' },
      { kind: 'chart', chart: { title: 'c', at: [], series: [] } },
      { kind: 'text', text: 'three' },
      { kind: 'footnote', text: 'gpt' },
    ),
    { images: ['chart-0.png'], tag: tagOf('n') },
  );
  assert.deepEqual(
    embeds.map(({ title, description, fields, image, footer }) => [
      title,
      description,
      fields?.length,
      image?.url,
      footer?.text,
    ]),
    [
      ['cart', 'one\n**Since:** 12\\:00\ntwo', undefined, 'attachment://chart-0.png', undefined],
      [undefined, 'three', undefined, undefined, `gpt · ref ${tagOf('n')}`],
    ],
  );
});

test('a log line that looks like our mark does not pass for it', () => {
  const forged = toDiscord(message({ kind: 'footnote', text: `ref ${tagOf('other')}` }), {
    tag: tagOf('own'),
  });
  assert.equal(readTag(forged.embeds), tagOf('own'));
});

test('too much text is cut where it is longest', () => {
  const { embeds } = toDiscord(
    message(
      { kind: 'text', text: 'short' },
      { kind: 'lines', lines: Array.from({ length: 50 }, () => 'x*'.repeat(400)) },
    ),
  );
  assert.match(embeds[0]?.description ?? '', /^short\n```/);
  assert.match(embeds[0]?.description ?? '', /… \[\+\d+\]\n```$/);
});

test('markdown is escaped so that it reads as typed', () => {
  assert.equal(escapeMarkdown('- a_b *c* https://x'), '\\- a\\_b \\*c\\* https\\://x');
});

test('only what the message names may notify, and only by well-formed ids', () => {
  const text = 'log says @everyone <@9>';
  const message = {
    summary: text,
    tone: 'critical' as const,
    blocks: [{ kind: 'text' as const, text }],
  };
  const called = toDiscord({
    ...message,
    mentions: ['user:1', 'group:2', 'user:@everyone', 'group:', 'all'],
  });
  assert.match(called.content, /^<@1> <@&2>\n/);
  assert.deepEqual(called.allowed_mentions, { parse: [], users: ['1'], roles: ['2'] });
  assert.deepEqual(toDiscord({ ...message, mentions: ['here'] }).allowed_mentions, { parse: ['everyone'] });
  assert.doesNotMatch(toDiscord({ ...message, mentions: ['here'] }).content, /@everyone/);
  assert.deepEqual(toDiscord(message).allowed_mentions, { parse: [] });
});
