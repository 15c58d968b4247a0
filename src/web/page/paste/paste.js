// Paste logs: text in, a streamed answer out.
import { byId, element } from '../parts/element.js';
import { currentLanguage, text } from '../parts/strings.js';
import { showAnswer } from './answer.js';

const MAX_TEXT = 2_000_000;
/** Bytes of a file that is read; letters outside ASCII take up to three. */
const MAX_FILE = MAX_TEXT * 3;
const COPIED_MS = 1_500;

/** The events of a `text/event-stream` response to a POST (EventSource can only GET). */
async function* eventsOf(response) {
  let rest = '';
  for await (const chunk of response.body.pipeThrough(new TextDecoderStream())) {
    const parts = (rest + chunk).split('\n\n');
    rest = parts.pop();
    for (const part of parts) {
      const data = /^data: (.*)$/m.exec(part);
      if (data) yield { event: /^event: (.*)$/m.exec(part)?.[1] ?? 'message', data: JSON.parse(data[1]) };
    }
  }
}

export class Paste {
  #area = byId('paste-text');
  /** `read` or `json`. */
  #view = 'read';
  /** Stops the analysis that runs; undefined when none does. */
  #running;
  /** {read, answer, words, final}: what is known of the text and of the answer so far. */
  #state = {};

  constructor() {
    byId('paste-form').addEventListener('submit', (event) => {
      event.preventDefault();
      if (!this.#running) this.#analyze();
    });
    this.#area.addEventListener('keydown', (event) => {
      if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) byId('paste-form').requestSubmit();
    });
    byId('paste-stop').addEventListener('click', () => this.#running?.abort());
    byId('paste-temperature').addEventListener('input', (event) => {
      byId('paste-temperature-value').textContent = Number(event.target.value).toFixed(1);
    });
    byId('paste-file').addEventListener('change', (event) => {
      const [file] = event.target.files;
      event.target.value = '';
      if (file) this.#open(file);
    });
    for (const button of byId('paste-view').querySelectorAll('button'))
      button.addEventListener('click', () => this.#show(button.dataset.view));
    byId('paste-copy').addEventListener('click', (event) => this.#copy(event.target));
  }

  focus() {
    this.#area.focus();
  }

  draw() {
    const { read, answer, words } = this.#state;
    byId('paste-read').hidden = !read;
    byId('paste-read').replaceChildren(...(read ?? []).map((sentence) => element('p', {}, sentence)));
    const result = byId('paste-answer');
    byId('paste-copy').hidden = !answer;
    if (!answer && !words)
      result.replaceChildren(element('p', { class: 'dim placeholder' }, text('paste.empty')));
    else if (this.#view === 'json')
      result.replaceChildren(
        element('pre', { class: 'json', tabindex: 0 }, JSON.stringify(answer ?? {}, null, 2)),
      );
    else showAnswer(result, this.#state);
  }

  /** Shows the step that the analysis is at. */
  #say(words) {
    byId('paste-working').replaceChildren(
      ...(words && this.#running ? [element('span', { class: 'spinner', 'aria-hidden': 'true' })] : []),
      words,
    );
  }

  #fail(words) {
    byId('paste-error').textContent = words;
  }

  async #analyze() {
    this.#fail('');
    if (!this.#area.value.trim()) {
      this.#fail(text('paste.nothing'));
      return this.#area.focus();
    }
    if (this.#area.value.length > MAX_TEXT) return this.#fail(tooLarge());
    this.#running = new AbortController();
    this.#state = {};
    this.draw();
    this.#say(text('step.evidence'));
    byId('paste-go').disabled = true;
    byId('paste-stop').hidden = false;
    try {
      await this.#ask(this.#running.signal);
    } catch {
      this.#fail(text(this.#running.signal.aborted ? 'paste.stopped' : 'error.offline'));
    } finally {
      this.#running = undefined;
      this.#say('');
      byId('paste-go').disabled = false;
      byId('paste-stop').hidden = true;
    }
  }

  /** Sends the text and shows the answer as it comes. Throws when the connection breaks or `signal` aborts. */
  async #ask(signal) {
    const response = await fetch('/analyze', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        text: this.#area.value,
        temperature: Number(byId('paste-temperature').value),
        language: currentLanguage(),
        stream: true,
      }),
      signal,
    });
    if (response.status === 401) return location.assign('/login');
    if (!response.ok) return this.#fail(text(response.status === 503 ? 'error.limited' : 'error.server'));
    for await (const { event, data } of eventsOf(response)) {
      this.#take(event, data);
      this.draw();
    }
  }

  #take(event, data) {
    if (event === 'step') this.#say(text(`step.${data.step}`));
    else if (event === 'read') this.#state = { ...this.#state, read: data.lines };
    else if (event === 'draft') this.#state = { read: this.#state.read, answer: data.answer, final: false };
    else if (event === 'text') this.#state = { ...this.#state, words: data.text };
    else if (event === 'answer') {
      this.#state = { read: this.#state.read, answer: data.answer, final: true };
      this.#say('');
    } else if (event === 'problem') {
      const isOurs = data.status !== 400 && data.status !== 413;
      this.#fail(isOurs ? text('error.server') : data.detail);
    }
  }

  async #open(file) {
    this.#fail('');
    if (file.size > MAX_FILE) return this.#fail(tooLarge());
    try {
      this.#area.value = new TextDecoder('utf-8', { fatal: true }).decode(await file.arrayBuffer());
    } catch {
      this.#fail(text('paste.binary'));
    }
  }

  #show(view) {
    this.#view = view;
    for (const button of byId('paste-view').querySelectorAll('button'))
      button.setAttribute('aria-pressed', String(button.dataset.view === view));
    this.draw();
  }

  async #copy(button) {
    await navigator.clipboard.writeText(JSON.stringify(this.#state.answer, null, 2));
    button.textContent = text('message.copied');
    setTimeout(() => {
      button.textContent = text('paste.copy');
    }, COPIED_MS);
  }
}

const tooLarge = () => text('paste.large', { n: MAX_TEXT.toLocaleString() });
