import assert from 'node:assert/strict';
import type { toBlocks } from '../../src/bot/slack/blocks.ts';
import { decodeAction } from '../../src/domain/question/message.ts';

type Node = { [key: string]: unknown };

/** Every object inside a payload. */
export function* nodes(value: unknown): Generator<Node> {
  if (value === null || typeof value !== 'object') return;
  if (!Array.isArray(value)) yield value as Node;
  for (const inner of Object.values(value)) yield* nodes(inner);
}

/** Fails on a payload beyond Slack's documented limits, and on text that Slack would parse. */
export function checkSlack(payload: ReturnType<typeof toBlocks>): void {
  const { text, blocks } = payload;
  assert.ok(blocks.length <= 50, 'at most 50 blocks');
  assert.ok(text.length > 0 && text.length <= 3_000);
  assert.doesNotMatch(text, /[<>]/, 'the fallback is parsed as mrkdwn and must be escaped');
  assert.doesNotMatch(text, /&(?!amp;|lt;|gt;)/);
  let total = 0;
  for (const node of nodes(blocks)) {
    assert.notEqual(node.type, 'mrkdwn', 'nothing is parsed as markup');
    assert.ok(
      !['link', 'user', 'usergroup', 'channel', 'broadcast', 'emoji', 'team'].includes(String(node.type)),
    );
    if (node.type === 'plain_text') assert.equal(node.emoji, false);
    if (typeof node.text === 'string') {
      total += node.text.length;
      assert.ok(node.text.length > 0 && node.text.length <= 3_000);
      assert.ok(node.text.isWellFormed());
      // biome-ignore lint/suspicious/noControlCharactersInRegex: these must not be there
      assert.doesNotMatch(node.text, /[\u0000-\u0008\u000b-\u001f\u202a-\u202e]/);
      assert.doesNotMatch(node.text, /<(?:[!@#]|https?:)|@(?:channel|here|everyone)/);
    }
    if (node.type === 'header') assert.ok((node.text as { text: string }).text.length <= 150);
    if (node.type === 'rich_text') assert.ok((node.elements as unknown[]).length > 0);
    if (node.type === 'actions') assert.ok((node.elements as unknown[]).length <= 25);
    if (node.type === 'context') assert.ok((node.elements as unknown[]).length <= 10);
    if (node.type === 'button') {
      assert.ok((node.value as string).length <= 2_000 && (node.action_id as string).length <= 255);
      assert.ok((node.text as { text: string }).text.length <= 75);
      assert.ok(decodeAction(node.value as string), 'a button comes back as an action');
    }
  }
  assert.ok(total <= 13_200, `all text together: ${total}`);
  const ids = [...nodes(blocks)].flatMap((node) => (node.type === 'button' ? [node.action_id] : []));
  const perBlock = blocks.map((block) =>
    [...nodes(block)].flatMap((node) => (node.type === 'button' ? [node.action_id] : [])),
  );
  for (const own of perBlock) assert.equal(new Set(own).size, own.length, 'action ids are unique in a block');
  assert.ok(ids.length <= 25);
}
