// The strip at the top: GPU, CPU, memory, and the backends, each broken one with what to do about it.
import { element } from './parts/element.js';
import { currentLanguage, text } from './parts/strings.js';

const gigabytes = (mb) =>
  new Intl.NumberFormat(currentLanguage(), { maximumFractionDigits: 1 }).format(mb / 1_024);

const level = (fraction) => (fraction >= 0.95 ? 'bad' : fraction >= 0.8 ? 'high' : 'fine');

/** A label, a small bar and a figure. `fraction` 0..1. */
function gauge(label, fraction, figure, title) {
  const part = Math.min(1, Math.max(0, fraction));
  return element(
    'span',
    { class: 'gauge', title: title ?? `${label} ${figure}` },
    element('span', { class: 'gauge-label' }, label),
    element('meter', { class: level(part), min: 0, max: 1, value: part, 'aria-label': label }),
    element('span', { class: 'gauge-figure' }, figure),
  );
}

function gpuGauge(gpu) {
  const facts = [
    gpu.utilisation === undefined ? undefined : `${Math.round(gpu.utilisation * 100)}%`,
    gpu.temperatureC === undefined ? undefined : `${Math.round(gpu.temperatureC)} °C`,
    gpu.powerW === undefined ? undefined : `${Math.round(gpu.powerW)} W`,
    ...(gpu.throttled ?? []).map((reason) => text(`health.throttled.${reason}`)),
  ].filter(Boolean);
  const hasMemory = gpu.memoryUsedMb !== undefined && gpu.memoryTotalMb;
  const memory = hasMemory
    ? `${gigabytes(gpu.memoryUsedMb)} / ${gigabytes(gpu.memoryTotalMb)} GB`
    : (facts.shift() ?? gpu.name);
  const fraction = hasMemory ? gpu.memoryUsedMb / gpu.memoryTotalMb : (gpu.utilisation ?? 0);
  return gauge(
    text('health.gpu'),
    fraction,
    [memory, ...facts].join(' · '),
    [gpu.host ? `${gpu.name} @ ${gpu.host}` : gpu.name, memory, ...facts].join(' · '),
  );
}

/**
 * What the button of the backends shows: `look` is its class, `words` its text, `without` the names of configured models
 * that do not answer. Bongsu is complete without a model, which only explains; `/health` then has an entry `model` of
 * kind `none`.
 */
export function verdict({ backends, status }) {
  const entries = Object.entries(backends);
  const away = entries.filter(([, health]) => !health.ok).map(([name]) => name);
  const without = away.filter((name) => name.startsWith('model:'));
  if (away.length === 1) return { look: status, words: text('health.one', { name: away[0] }), without };
  if (away.length > 1) return { look: status, words: text('health.some', { n: away.length }), without };
  return backends.model?.kind === 'none'
    ? { look: 'modelless', words: text('health.nomodel'), without }
    : { look: 'ok', words: text('health.ok', { n: entries.length }), without };
}

function backendsButton(sample) {
  const entries = Object.entries(sample.backends);
  const { look, words, without } = verdict(sample);
  return element(
    'details',
    { class: 'backends' },
    element('summary', { class: look }, element('span', { class: 'dot', 'aria-hidden': 'true' }), words),
    element(
      'ul',
      {},
      entries.map(([name, health]) => {
        const said = currentLanguage() === 'ko' ? (health.ko ?? health) : health;
        return element(
          'li',
          { class: health.ok ? 'well' : without.includes(name) ? 'away' : 'unwell' },
          element('span', { class: 'dot', 'aria-hidden': 'true' }),
          element('strong', {}, name),
          element('span', { class: 'dim' }, health.kind),
          without.includes(name) ? element('p', {}, text('health.without')) : undefined,
          element('p', {}, said.detail),
          said.mend ? element('p', { class: 'mend' }, said.mend) : undefined,
        );
      }),
    ),
  );
}

/** Shows a health sample in `root`; an open list of backends stays open. */
export function showHealth(root, sample) {
  if (!sample) return root.replaceChildren(element('span', { class: 'dim' }, text('health.waiting')));
  const old = root.querySelector('details');
  const backends = backendsButton(sample);
  if (old?.open) backends.open = true;
  const hadFocus = old?.contains(document.activeElement);
  const { cpu, memory } = sample;
  root.replaceChildren(
    ...(sample.gpus.length
      ? sample.gpus.map(gpuGauge)
      : [element('span', { class: 'gauge dim' }, text('health.nogpu'))]),
    gauge(text('health.cpu'), cpu.load, `${Math.round(cpu.load * 100)}%`),
    gauge(
      text('health.memory'),
      memory.totalMb ? memory.usedMb / memory.totalMb : 0,
      `${gigabytes(memory.usedMb)} / ${gigabytes(memory.totalMb)} GB`,
    ),
    backends,
  );
  if (hadFocus) backends.querySelector('summary').focus();
}
