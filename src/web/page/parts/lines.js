import { element } from './element.js';
import { text } from './strings.js';

const LINES_SHOWN = 6;
/** Keys of the boxes that a person opened. They stay open when their message is drawn again. */
const opened = new Set();

/** Log lines, unchanged, in a box of one-width letters. A long list is cut until a person opens it. */
export function linesBox(lines, key, limit = LINES_SHOWN) {
  const box = element('div', { class: 'lines' });
  const draw = () => {
    const open = opened.has(key);
    const shown = open ? lines : lines.slice(0, limit);
    const hidden = lines.length - shown.length;
    const toggle = () => {
      if (!opened.delete(key)) opened.add(key);
      draw();
    };
    box.replaceChildren(
      element(
        'pre',
        {},
        shown.map((line) => element('code', {}, line)),
      ),
      element(
        'div',
        { class: 'lines-foot' },
        lines.length > limit
          ? linkButton(open ? text('message.less') : text('message.more', { n: hidden }), toggle)
          : undefined,
        copyButton(lines),
      ),
    );
  };
  draw();
  return box;
}

const linkButton = (words, onclick) => element('button', { type: 'button', class: 'link', onclick }, words);

function copyButton(lines) {
  const copy = async (event) => {
    await navigator.clipboard.writeText(lines.join('\n'));
    event.target.textContent = text('message.copied');
  };
  return element('button', { type: 'button', class: 'link copy', onclick: copy }, text('message.copy'));
}
