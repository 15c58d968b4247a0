import { LIMITS } from '../../src/bot/slack/blocks.ts';

/** The text people read, and the buttons they can press. */
export function contentOf(args: Record<string, string>): { text: string; buttons: string[] } {
  const texts: string[] = [];
  const buttons: string[] = [];
  const visit = (value: unknown): void => {
    if (Array.isArray(value)) return void value.forEach(visit);
    if (value === null || typeof value !== 'object') return;
    const node = value as Record<string, unknown>;
    if (node.type === 'button') return void buttons.push(String(node.value));
    if (typeof node.text === 'string') texts.push(node.text);
    for (const inner of Object.values(node)) visit(inner);
  };
  visit(JSON.parse(args.blocks ?? '[]'));
  return { text: texts.join(' '), buttons };
}

/** What of a payload is over Slack's documented limits. */
export function excess(args: Record<string, string>): string[] {
  const blocks = JSON.parse(args.blocks ?? '[]') as unknown[];
  const found: string[] = [];
  const { text } = contentOf(args);
  if (blocks.length > 50) found.push(`${blocks.length} blocks`);
  if (text.length > 13_200) found.push(`${text.length} characters in all blocks`);
  if ((args.text ?? '').length > 40_000) found.push(`${args.text!.length} characters of fallback text`);
  for (const block of blocks)
    if (contentOf({ blocks: JSON.stringify([block]) }).text.length > LIMITS.total)
      found.push('one block holds more than all may');
  return found;
}
