// The command box: sends what is typed, and completes `/logs …` (combobox with a listbox popup).
import { suggest } from './commands.js';
import { element } from './element.js';
import { currentLanguage } from './strings.js';

const MAX_TYPED = 8_000;
const REMEMBERED = 50;
const sent = [];

/**
 * @param form an empty form
 * @param options id, placeholder (a key of the words), commands (for completion), services() → names, send(text) → promise of whether it was sent
 */
export function createComposer(form, options) {
  const listId = `${options.id}-suggestions`;
  const input = element('input', {
    id: options.id,
    class: 'command',
    type: 'text',
    maxlength: MAX_TYPED,
    autocomplete: 'off',
    autocapitalize: 'off',
    spellcheck: 'false',
    role: 'combobox',
    'aria-autocomplete': 'list',
    'aria-expanded': 'false',
    'aria-controls': listId,
    'data-label': 'command.label',
    'data-placeholder': options.placeholder,
  });
  const list = element('ul', {
    id: listId,
    class: 'suggestions',
    role: 'listbox',
    hidden: true,
    'data-label': 'command.suggestions',
  });
  const button = element(
    'button',
    { type: 'submit', class: 'primary send', 'data-label': 'command.send', 'data-title': 'command.send' },
    '↑',
  );
  form.append(list, input, button);

  let offered = [];
  let chosen = -1;
  let recalled = sent.length;

  function draw() {
    list.replaceChildren(
      ...offered.map((entry, index) =>
        element(
          'li',
          {
            id: `${listId}-${index}`,
            class: 'suggestion',
            role: 'option',
            'aria-selected': index === chosen ? 'true' : 'false',
            onmousedown: (event) => {
              event.preventDefault();
              take(index);
            },
          },
          element('span', { class: 'name' }, entry.label),
          element('span', { class: 'aside' }, entry.aside),
          element('span', { class: 'about' }, entry.about),
        ),
      ),
    );
    list.hidden = offered.length === 0;
    input.setAttribute('aria-expanded', String(!list.hidden));
    if (chosen >= 0) {
      input.setAttribute('aria-activedescendant', `${listId}-${chosen}`);
      list.children[chosen].scrollIntoView({ block: 'nearest' });
    } else input.removeAttribute('aria-activedescendant');
    button.disabled = input.value.trim() === '';
  }
  function offer() {
    offered = suggest(input.value, currentLanguage(), options.commands, options.services());
    chosen = -1;
    draw();
  }
  function close() {
    offered = [];
    chosen = -1;
    draw();
  }
  function take(index) {
    input.value = offered[index].value;
    offer();
    input.focus();
  }
  function recall(step) {
    recalled = Math.min(sent.length, Math.max(0, recalled + step));
    input.value = sent[recalled] ?? '';
    close();
  }

  input.addEventListener('input', offer);
  input.addEventListener('focus', () => input.value && offer());
  input.addEventListener('blur', close);
  input.addEventListener('keydown', (event) => {
    // While a Hangul syllable is being composed, Enter and arrows belong to the input method.
    if (event.isComposing) return;
    const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0;
    if (step && offered.length) {
      chosen = (chosen + step + offered.length + (chosen < 0 && step < 0 ? 1 : 0)) % offered.length;
      draw();
    } else if (step) recall(step);
    else if (event.key === 'Tab' && offered.length && !event.shiftKey) take(Math.max(0, chosen));
    else if (event.key === 'Enter' && chosen >= 0) take(chosen);
    else if (event.key === 'Escape' && offered.length) {
      close();
      event.stopPropagation();
    } else return;
    event.preventDefault();
  });

  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    const typed = input.value.trim();
    if (!typed) return;
    sent.push(typed);
    if (sent.length > REMEMBERED) sent.shift();
    recalled = sent.length;
    input.value = '';
    close();
    // What could not be sent comes back into the box, unless something else was typed meanwhile.
    if (!(await options.send(typed)) && input.value === '') {
      input.value = typed;
      draw();
    }
  });
  draw();

  return {
    focus: () => input.focus(),
    write(words) {
      input.value = words;
      input.focus();
      offer();
    },
  };
}
