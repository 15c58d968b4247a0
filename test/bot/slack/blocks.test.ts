import assert from 'node:assert/strict';
import { test } from 'node:test';
import { toBlocks, toStreamText } from '../../../src/bot/slack/blocks.ts';
import type { Message } from '../../../src/domain/question/message.ts';
import { hostileMessage, random } from '../../fakes/hostile.ts';
import { checkSlack, nodes } from '../../fakes/slack-limits.ts';

const message = (...blocks: Message['blocks']): Message => ({ summary: 's', tone: 'neutral', blocks });

test('three thousand hostile messages stay within every limit and inject nothing', () => {
  for (let seed = 1; seed <= 3_000; seed += 1) {
    const hostile = hostileMessage(random(seed));
    try {
      checkSlack(toBlocks(hostile));
    } catch (error) {
      throw new Error(`seed ${seed}`, { cause: error });
    }
    const stream = toStreamText(hostile);
    assert.doesNotMatch(stream, /[<>]|(?<!\\)[`*[\]]/, `seed ${seed}: markdown in a stream`);
  }
});

test('log lines stand verbatim in a box they cannot leave', () => {
  const line = 'pool <exhausted> ``` & "x" 연결 실패';
  const { blocks } = toBlocks(message({ kind: 'lines', lines: [line, 'b'] }));
  assert.deepEqual(blocks, [
    {
      type: 'rich_text',
      elements: [{ type: 'rich_text_preformatted', elements: [{ type: 'text', text: `${line}\nb` }] }],
    },
  ]);
});

test('too much text is cut where it is longest; short parts and buttons stay whole', () => {
  const short = 'what happened: the pool of cart ran dry';
  const { blocks } = toBlocks(
    message(
      { kind: 'text', text: short },
      { kind: 'lines', lines: Array.from({ length: 100 }, (_, index) => `${index} ${'x'.repeat(500)}`) },
      { kind: 'buttons', buttons: [{ label: '확인', action: { name: 'acknowledge', subject: 'i1' } }] },
    ),
  );
  const json = JSON.stringify(blocks);
  assert.ok(json.includes(short));
  assert.ok(json.includes('acknowledge|i1'));
  assert.match(json, /… \[\+\d+\]/);
});

test('a long answer becomes several blocks, split at line ends, and nothing of it is lost', () => {
  const text = Array.from({ length: 200 }, (_, index) => `line ${index} 가나다라마바사`).join('\n');
  const { blocks } = toBlocks(message({ kind: 'text', text }));
  assert.ok(blocks.length > 1);
  const shown = [...nodes(blocks)]
    .flatMap((node) => (node.type === 'text' ? [String(node.text)] : []))
    .join('');
  assert.equal(shown, text);
});

test('the tone shows as a circle before the first heading, unless it brings its own sign', () => {
  const heading = (text: string) =>
    toBlocks({ summary: 's', tone: 'critical', blocks: [{ kind: 'heading', text }] }).blocks[0] as {
      text: { text: string };
    };
  assert.equal(heading('cart').text.text, '🔴 cart');
  assert.equal(heading('✅ cart').text.text, '✅ cart');
});

test('only what the message names is called, and only by well-formed ids', () => {
  const mentions = ['here', 'user:U1', 'group:S1', 'user:<!channel>', 'user:', 'everyone', 'user:U1|x'];
  const text = 'log says <!channel> <@U9>';
  const { blocks } = toBlocks({
    summary: text,
    tone: 'critical',
    mentions,
    blocks: [
      { kind: 'heading', text },
      { kind: 'text', text },
    ],
  });
  const calls = JSON.stringify(blocks).match(/"type":"(?:user|usergroup|broadcast)"[^}]*/g);
  assert.deepEqual(calls, [
    '"type":"broadcast","range":"here"',
    '"type":"user","user_id":"U1"',
    '"type":"usergroup","usergroup_id":"S1"',
  ]);
  assert.equal(blocks[1]?.type, 'rich_text', 'under the heading');
});
