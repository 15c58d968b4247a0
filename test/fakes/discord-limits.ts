import assert from 'node:assert/strict';
import type { toDiscord } from '../../src/bot/discord/embeds.ts';
import { decodeAction } from '../../src/domain/question/message.ts';

/** What Discord would parse as markup in text outside of code blocks. */
const MARKUP = /(?<!\\)(?:\\\\)*[*_~`|<>[\]()#]|https?:|@(?!\u200b)/;

/** Fails on a payload beyond Discord's documented limits, and on text that Discord would parse. */
export function checkDiscord(payload: ReturnType<typeof toDiscord>): void {
  const { content, embeds, components } = payload;
  assert.deepEqual(payload.allowed_mentions, { parse: [] });
  assert.ok(content.length <= 2_000);
  assert.ok(content || embeds.length > 0, 'Discord refuses an empty message');
  assert.doesNotMatch(content, MARKUP);
  assert.ok(embeds.length <= 10);
  let total = 0;
  const count = (text: string | undefined, limit: number): void => {
    if (text === undefined) return;
    assert.ok(text.trim().length > 0 && text.length <= limit, `${text.length} of ${limit}`);
    assert.ok(text.isWellFormed());
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these must not be there
    assert.doesNotMatch(text, /[\u0000-\u0008\u000b-\u001f\u202a-\u202e]/);
    total += text.length;
  };
  for (const embed of embeds) {
    count(embed.title, 256);
    count(embed.description, 4_096);
    count(embed.footer?.text, 2_048);
    assert.doesNotMatch(embed.title ?? '', MARKUP);
    const description = embed.description ?? '';
    const fences = description.split('```');
    assert.equal(fences.length % 2, 1, 'every code block is closed');
    fences.forEach((part, index) => {
      // Rows of fields as the adapter writes them: a bold label, and how long ago a time is.
      const own = part
        .replace(/^\*\*((?:[^*\\\n]|\\.)+?):\*\* /gm, '$1 ')
        .replace(/ \(<t:\d{1,10}:R>\)$/gm, '');
      if (index % 2 === 0) assert.doesNotMatch(own, MARKUP);
    });
    assert.ok((embed.fields?.length ?? 0) <= 25);
    for (const { name, value } of embed.fields ?? []) {
      count(name, 256);
      count(value, 1_024);
      // What the adapter itself writes: how long ago a time is, and a spoiler around the details.
      const own = value.replace(/ \(<t:\d{1,10}:R>\)$/, '').replace(/^\|\|([\s\S]+)\|\|$/, '$1');
      assert.doesNotMatch(name + own, MARKUP);
    }
    assert.ok(
      embed.title || embed.description || embed.fields || embed.image || embed.footer,
      'no empty embed',
    );
  }
  assert.ok(total <= 6_000, `all embeds together: ${total}`);
  assert.ok(components.length <= 5);
  const ids = components.flatMap((row) => {
    assert.ok(row.components.length > 0 && row.components.length <= 5);
    return row.components.map((button) => {
      assert.ok('custom_id' in button && button.custom_id.length <= 100 && decodeAction(button.custom_id));
      assert.ok('label' in button && button.label && button.label.length <= 80);
      return button.custom_id;
    });
  });
  assert.equal(new Set(ids).size, ids.length);
}
