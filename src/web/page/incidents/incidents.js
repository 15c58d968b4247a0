// The list of incidents above the channel, whatever their severity, and what was in the files that were read.
import { agoText } from '../parts/ago.js';
import { byId, element } from '../parts/element.js';
import { call } from '../parts/server.js';
import { currentLanguage, text } from '../parts/strings.js';
import { toast, toastFailure } from '../parts/toast.js';

/** The list is fetched anew at most this often. */
const REST_MS = 1_500;
/** A thread that was asked for is there after a moment; it is looked for this often, for this long. */
const THREAD_POLL_MS = 300;
const THREAD_WAIT_MS = 10_000;

export class Incidents {
  #timeZone;
  #on;
  /** Also those that are resolved, muted or kept quiet. */
  #all = false;
  #incidents = [];
  #reading;
  #known = false;
  #chosen;
  #due = 0;
  #timer;

  /**
   * @param timeZone IANA zone of the clock times
   * @param on opens(thread): a person wants to see the thread of an incident
   */
  constructor(timeZone, on) {
    this.#timeZone = timeZone;
    this.#on = on;
    byId('incidents-all').addEventListener('click', () => {
      this.#all = !this.#all;
      byId('incidents-all').setAttribute('aria-pressed', String(this.#all));
      this.#fetch().catch(toastFailure);
    });
    byId('incidents-list').addEventListener('keydown', moveFocus);
  }

  /** Fetches the list soon; called when something may have changed. */
  refresh() {
    if (document.hidden || this.#timer) return;
    this.#timer = setTimeout(
      () => {
        this.#timer = undefined;
        this.#fetch().catch(() => {});
      },
      Math.max(0, this.#due - Date.now()),
    );
  }

  /** Marks the incident whose thread is shown. */
  choose(thread) {
    this.#chosen = thread;
    this.draw();
  }

  async #fetch() {
    this.#due = Date.now() + REST_MS;
    const language = currentLanguage();
    const { incidents, reading } = await call(`/api/incidents?all=${this.#all ? 1 : 0}&language=${language}`);
    this.#incidents = incidents;
    this.#reading = reading;
    this.#known = true;
    this.draw();
  }

  draw() {
    const count = this.#incidents.length;
    byId('incidents').hidden = !this.#known;
    byId('incidents-title').textContent = this.#all
      ? text('incidents.all', { n: count })
      : count === 0
        ? text('incidents.none')
        : text(count === 1 ? 'incidents.one' : 'incidents.some', { n: count });
    const focused = document.activeElement?.dataset?.incident;
    byId('incidents-list').replaceChildren(...this.#incidents.map((one) => this.#row(one)));
    if (focused)
      byId('incidents-list')
        .querySelector(`[data-incident="${CSS.escape(focused)}"]`)
        ?.focus();
    byId('incidents-list').hidden = count === 0;
    this.#drawReading();
  }

  /** How far reading is, or what it gave; in the empty channel instead, as long as it is empty. */
  #drawReading() {
    const sentences = this.#sentences();
    const [title = text('empty.title'), ...more] = sentences;
    byId('empty-title').textContent = title;
    byId('empty-text').textContent = sentences.length > 0 ? more.join(' ') : text('empty.text');
    const isEmpty = !byId('channel-empty').hidden;
    byId('incidents-read').hidden = isEmpty || sentences.length === 0;
    byId('incidents-read').replaceChildren(...sentences.map((sentence) => element('p', {}, sentence)));
  }

  #sentences() {
    const { done, total, report } = this.#reading ?? {};
    if (report) return report;
    if (!this.#reading) return [];
    return [
      total > 0 ? text('reading.percent', { n: Math.floor((100 * done) / total) }) : text('reading.now'),
    ];
  }

  #row(incident) {
    const { id, title, cause, severity, status, service, since, thread, alerts = [] } = incident;
    const sources = [...new Set(alerts.filter(({ until }) => !until).map(({ source }) => source))];
    // By its cause where that is its own, as on its card; what another service caused has both.
    const own = cause?.startsWith(`${service}: `);
    const said = own ? cause.slice(service.length + 2) : cause ? `${title} – ${cause}` : title;
    const state = text(`standing.${status}`);
    const begun = new Date(since);
    const at = new Intl.DateTimeFormat(currentLanguage(), {
      timeZone: this.#timeZone,
      dateStyle: 'medium',
      timeStyle: 'medium',
    }).format(begun);
    return element(
      'li',
      {},
      element(
        'button',
        {
          type: 'button',
          class: `incident s${severity} ${status}`,
          'data-incident': id,
          'aria-current': thread !== undefined && thread === this.#chosen ? 'true' : undefined,
          title: [said, at, ...alerts.map(alertText)].join('\n'),
          onclick: (event) => this.#open(incident, event.currentTarget),
        },
        element(
          'span',
          { class: 'rank', 'aria-label': text('answer.severity_of', { n: severity }) },
          String(severity),
        ),
        element('span', { class: 'what' }, element('strong', {}, service), ' ', said),
        element('span', { class: 'when dim' }, [...sources, agoText(begun.getTime()), state].join(' · ')),
      ),
    );
  }

  /** Shows the thread; where there is none yet it is opened first. */
  async #open({ id, thread }, button) {
    if (thread) return this.#on.opens(thread);
    button.setAttribute('aria-busy', 'true');
    try {
      await call('/api/incidents/thread', { id });
      for (const until = Date.now() + THREAD_WAIT_MS; Date.now() < until; ) {
        await new Promise((resolve) => setTimeout(resolve, THREAD_POLL_MS));
        await this.#fetch();
        const found = this.#incidents.find((one) => one.id === id)?.thread;
        if (found) return this.#on.opens(found);
      }
      toast(text('error.server'));
    } catch (error) {
      toastFailure(error);
    } finally {
      button.removeAttribute('aria-busy');
    }
  }
}

/** Arrow keys move the focus from row to row. */
function moveFocus(event) {
  const step = event.key === 'ArrowDown' ? 'next' : event.key === 'ArrowUp' ? 'previous' : undefined;
  const row = step && event.target.closest('li');
  if (!row) return;
  event.preventDefault();
  row[`${step}ElementSibling`]?.firstElementChild.focus();
}

/** What another system says about an incident, in words. */
const alertText = ({ source, name, until }) =>
  `${source}: ${name} ${text(until ? 'alert.over' : 'alert.firing')}`;
