// The command box: sends what is typed, and completes `/logs …` (a combobox with a listbox).
import { element } from '../parts/element.js';
import { currentLanguage } from '../parts/strings.js';
import { suggest } from './commands.js';

const MAX_TYPED = 8_000;
const REMEMBERED = 50;
/** What was sent lately from any box; the arrow keys bring it back. */
const sent = [];

export class Composer {
  #input;
  #list;
  #button;
  #listId;
  #commands;
  #services;
  #send;
  /** The suggestions that are shown, and which one is chosen (-1: none). */
  #offered = [];
  #chosen = -1;
  /** Place in `sent` of what the arrow keys brought back. */
  #recalled = sent.length;

  /**
   * @param form an empty form
   * @param options id, placeholder (a key of the words), commands (for completion), services() → names, send(text) → promise of whether it was sent
   */
  constructor(form, { id, placeholder, commands, services, send }) {
    this.#commands = commands;
    this.#services = services;
    this.#send = send;
    this.#listId = `${id}-suggestions`;
    this.#input = inputBox(id, placeholder, this.#listId);
    this.#list = element('ul', {
      id: this.#listId,
      class: 'suggestions',
      role: 'listbox',
      hidden: true,
      'data-label': 'command.suggestions',
    });
    this.#button = element(
      'button',
      { type: 'submit', class: 'primary send', 'data-label': 'command.send', 'data-title': 'command.send' },
      '↑',
    );
    form.append(this.#list, this.#input, this.#button);
    this.#input.addEventListener('input', () => this.#offer());
    this.#input.addEventListener('focus', () => this.#input.value && this.#offer());
    this.#input.addEventListener('blur', () => this.#close());
    this.#input.addEventListener('keydown', (event) => this.#press(event));
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      this.#submit();
    });
    this.#draw();
  }

  /** Puts words into the box and offers what they may become. */
  write(words) {
    this.#input.value = words;
    this.#input.focus();
    this.#offer();
  }

  #draw() {
    this.#list.replaceChildren(...this.#offered.map((entry, index) => this.#suggestion(entry, index)));
    this.#list.hidden = this.#offered.length === 0;
    this.#input.setAttribute('aria-expanded', String(!this.#list.hidden));
    if (this.#chosen >= 0) {
      this.#input.setAttribute('aria-activedescendant', `${this.#listId}-${this.#chosen}`);
      this.#list.children[this.#chosen].scrollIntoView({ block: 'nearest' });
    } else this.#input.removeAttribute('aria-activedescendant');
    this.#button.disabled = this.#input.value.trim() === '';
  }

  #suggestion(entry, index) {
    return element(
      'li',
      {
        id: `${this.#listId}-${index}`,
        class: 'suggestion',
        role: 'option',
        'aria-selected': index === this.#chosen ? 'true' : 'false',
        onmousedown: (event) => {
          event.preventDefault();
          this.#take(index);
        },
      },
      element('span', { class: 'name' }, entry.label),
      element('span', { class: 'aside' }, entry.aside),
      element('span', { class: 'about' }, entry.about),
    );
  }

  #offer() {
    this.#offered = suggest(this.#input.value, currentLanguage(), this.#commands, this.#services());
    this.#chosen = -1;
    this.#draw();
  }

  #close() {
    this.#offered = [];
    this.#chosen = -1;
    this.#draw();
  }

  #take(index) {
    this.#input.value = this.#offered[index].value;
    this.#offer();
    this.#input.focus();
  }

  #recall(step) {
    this.#recalled = Math.min(sent.length, Math.max(0, this.#recalled + step));
    this.#input.value = sent[this.#recalled] ?? '';
    this.#close();
  }

  #press(event) {
    // While a Hangul syllable is being composed, Enter and the arrow keys belong to the input method.
    if (event.isComposing) return;
    const count = this.#offered.length;
    const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0;
    if (step && count) {
      this.#chosen = (this.#chosen + step + count + (this.#chosen < 0 && step < 0 ? 1 : 0)) % count;
      this.#draw();
    } else if (step) this.#recall(step);
    else if (event.key === 'Tab' && count && !event.shiftKey) this.#take(Math.max(0, this.#chosen));
    else if (event.key === 'Enter' && this.#chosen >= 0) this.#take(this.#chosen);
    else if (event.key === 'Escape' && count) {
      this.#close();
      event.stopPropagation();
    } else return;
    event.preventDefault();
  }

  async #submit() {
    const typed = this.#input.value.trim();
    if (!typed) return;
    sent.push(typed);
    if (sent.length > REMEMBERED) sent.shift();
    this.#recalled = sent.length;
    this.#input.value = '';
    this.#close();
    // What could not be sent comes back into the box, unless something else was typed meanwhile.
    if (!(await this.#send(typed)) && this.#input.value === '') {
      this.#input.value = typed;
      this.#draw();
    }
  }
}

function inputBox(id, placeholder, listId) {
  return element('input', {
    id,
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
    'data-placeholder': placeholder,
  });
}
