import type { types } from '@slack/bolt';
import {
  type Action,
  type Block,
  type Button,
  encodeAction,
  type Message,
} from '../../domain/question/message.ts';
import { chunks, cut, printable, share } from '../chat/text.ts';

type KnownBlock = types.KnownBlock;
type RichText = types.RichTextElement;

/** Slack's limits in characters and pieces (docs.slack.dev, Block Kit reference). */
export const LIMITS = {
  blocks: 50,
  header: 150,
  text: 3_000,
  context: 2_000,
  label: 200,
  value: 2_000,
  button: 75,
  buttonValue: 2_000,
  actions: 5,
  fallback: 3_000,
  /** All text of all blocks; Slack refuses somewhat above 13,200. */
  total: 12_000,
} as const;

const LINE = 1_000;
/** Buttons of one message; more than anyone reads. */
const BUTTONS = 25;
/** Fields of one block, and what stands around a label and its value. */
const FIELDS = 25;
const SEPARATORS = 5;
const TONE = { critical: '🔴', warning: '🟠', good: '🟢', neutral: '' } as const;

/** Escapes text for a mrkdwn field (docs.slack.dev: "Formatting text for app surfaces"). */
export const escapeMrkdwn = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

/**
 * Plain text and rich text elements are not parsed by Slack. For readers of the raw payload that do parse, the start of
 * a mention or link (`<!channel>`, `<@U1>`, `<https://…>`) gets an invisible word joiner behind its bracket.
 */
const defuse = (text: string): string =>
  printable(text)
    .replace(/<(?=[!@#]|[a-z][a-z+.-]*:)/gi, '<\u2060')
    .replace(/@(?=channel|here|everyone)/gi, '@\u2060');

/**
 * A message as Block Kit. Every string goes into `plain_text` or a `rich_text` element, which Slack shows as it is:
 * no mrkdwn is parsed, so log text cannot become a mention, a link, markup or the end of its own code box.
 * Too much text is cut where it is longest; buttons always stay.
 * @returns `text` is the escaped one-line fallback for notifications.
 */
export function toBlocks(message: Message): { text: string; blocks: KnownBlock[] } {
  // All strings are collected first, so that the room for each is known when the blocks are built.
  const texts: { text: string; max: number }[] = [];
  const slot = (text: string, max: number): number => texts.push({ text: defuse(text), max }) - 1;
  const drafts: (() => KnownBlock[])[] = [];
  let caps: number[] = [];
  const fitted = (index: number): string => cut(texts[index]!.text, caps[index]!);
  let fixed = 0;
  let buttonsLeft = BUTTONS;
  let tone: string = TONE[message.tone];

  const draft = (block: Block): (() => KnownBlock[]) => {
    switch (block.kind) {
      case 'heading': {
        const prefix = tone && !/^\p{Extended_Pictographic}/u.test(block.text) ? `${tone} ` : '';
        tone = '';
        const index = slot(prefix + block.text.replaceAll('\n', ' '), LIMITS.header);
        return () =>
          present(fitted(index), (text) => ({
            type: 'header',
            text: { type: 'plain_text', text, emoji: false },
          }));
      }
      case 'text': {
        const index = slot(block.text, LIMITS.total);
        return () => chunks(fitted(index), LIMITS.text).flatMap((piece) => paragraph([plain(piece)]));
      }
      case 'fields': {
        const rows = block.fields.slice(0, FIELDS).map(({ label, value }) => ({
          label: slot(label, LIMITS.label),
          value: slot(value, LIMITS.value),
        }));
        fixed += rows.length * SEPARATORS;
        return () => {
          const elements = rows.flatMap(({ label, value }, row): RichText[] => [
            { type: 'text', text: `${row ? '\n' : ''}${fitted(label) || '–'}:`, style: { bold: true } },
            plain(` ${fitted(value) || '–'}`),
          ]);
          return paragraph(elements);
        };
      }
      case 'lines': {
        const index = slot(block.lines.map((line) => cut(line, LINE)).join('\n'), LIMITS.total);
        return () =>
          chunks(fitted(index), LIMITS.text).map((piece) => ({
            type: 'rich_text',
            elements: [{ type: 'rich_text_preformatted', elements: [plain(piece)] }],
          }));
      }
      case 'progress': {
        const index = slot(block.label, LIMITS.header);
        const done = Math.round(Math.min(1, Math.max(0, block.fraction || 0)) * 10);
        const bar = `${'▓'.repeat(done)}${'░'.repeat(10 - done)} ${done * 10} % `;
        fixed += bar.length;
        return () => paragraph([plain(bar + fitted(index))]);
      }
      case 'footnote':
      case 'chart': {
        const text = block.kind === 'chart' ? `📊 ${block.chart.title}` : block.text;
        const index = slot(text, LIMITS.context);
        return () =>
          present(fitted(index), (content) => ({
            type: 'context',
            elements: [{ type: 'plain_text', text: content, emoji: false }],
          }));
      }
      case 'report':
        return () => [];
      case 'buttons': {
        const buttons = block.buttons.slice(0, buttonsLeft).filter(fits);
        buttonsLeft -= buttons.length;
        fixed += buttons.length * LIMITS.button;
        return () => actions(buttons);
      }
    }
  };

  for (const block of ranked(message.blocks)) drafts.push(draft(block));
  caps = share(
    texts.map(({ text, max }) => Math.min(text.length, max)),
    LIMITS.total - fixed,
  );
  const built = drafts.flatMap((build) => build());
  // Whom it calls stands under the heading.
  built.splice(built[0]?.type === 'header' ? 1 : 0, 0, ...called(message.mentions ?? []));
  const blocks = atMost(LIMITS.blocks, built);
  const summary = cut(printable(message.summary).replaceAll('\n', ' '), 500) || '…';
  return { text: escapeMrkdwn(defuse(summary)), blocks };
}

/** `here`, `user:ID`, `group:ID` as elements that Slack notifies of; nothing else can become one. */
function called(mentions: readonly string[]): KnownBlock[] {
  const elements = mentions.flatMap((mention): RichText[] => {
    const [kind, id = ''] = mention.split(':');
    if (kind === 'here') return [{ type: 'broadcast', range: 'here' }];
    if (!/^[A-Z0-9]{1,40}$/.test(id)) return [];
    if (kind === 'group') return [{ type: 'usergroup', usergroup_id: id }];
    return kind === 'user' ? [{ type: 'user', user_id: id }] : [];
  });
  return paragraph(elements.flatMap((element, index) => (index === 0 ? [element] : [plain(' '), element])));
}

/** At most `LIMITS.blocks` of the message's blocks, in their order; those with buttons go last when some must go. */
function ranked(blocks: readonly Block[]): Block[] {
  if (blocks.length <= LIMITS.blocks) return [...blocks];
  const buttons = blocks.filter((block) => block.kind === 'buttons').slice(0, LIMITS.actions);
  let room = LIMITS.blocks - buttons.length;
  return blocks.filter((block) => (block.kind === 'buttons' ? buttons.includes(block) : room-- > 0));
}

/** The same for built blocks (one long text becomes several). */
function atMost(limit: number, blocks: KnownBlock[]): KnownBlock[] {
  if (blocks.length <= limit) return blocks;
  let room = limit - blocks.filter((block) => block.type === 'actions').length;
  return blocks.filter((block) => block.type === 'actions' || room-- > 0).slice(0, limit);
}

const plain = (text: string): types.RichTextText => ({ type: 'text', text });

const present = (text: string, build: (text: string) => KnownBlock): KnownBlock[] =>
  text.trim() ? [build(text)] : [];

function paragraph(elements: RichText[]): KnownBlock[] {
  const empty = elements.every((element) => element.type === 'text' && !element.text.trim());
  if (empty) return [];
  return [{ type: 'rich_text', elements: [{ type: 'rich_text_section', elements }] }];
}

/** A button whose action would not come back whole is left out: it could only fail when pressed. */
const fits = ({ action }: Button): boolean => encodeAction(action).length <= LIMITS.buttonValue;

function actions(buttons: readonly Button[]): KnownBlock[] {
  const rows: KnownBlock[] = [];
  for (let start = 0; start < buttons.length; start += LIMITS.actions)
    rows.push({
      type: 'actions',
      elements: buttons.slice(start, start + LIMITS.actions).map((button, index) => ({
        type: 'button',
        action_id: actionId(button.action, start + index),
        text: {
          type: 'plain_text',
          text: cut(defuse(button.label).replaceAll('\n', ' '), LIMITS.button).trim() || '…',
          emoji: false,
        },
        value: encodeAction(button.action),
        ...(button.style ? { style: button.style } : {}),
      })),
    });
  return rows;
}

/** Unique within a message, and tells what was pressed to someone who reads Slack's payloads. */
const actionId = (action: Action, index: number): string => `${action.name}-${index}`;

/**
 * The part of a message that can be appended to a native stream: its prose as Slack markdown, with every
 * character that could start markup escaped.
 */
export function toStreamText(message: Message): string {
  const prose = message.blocks.flatMap((block) => (block.kind === 'text' ? [defuse(block.text)] : []));
  return escapeMrkdwn(prose.join('\n\n'))
    .replace(/[\\`*_{}[\]()#+\-.!|~]/g, '\\$&')
    .replaceAll('://', ':\u2060//');
}
