// Completes a command while it is typed. The bot says which commands there are, and reads what was typed.
import { text } from '../parts/strings.js';

const WINDOWS = [
  { en: '15m', ko: '15분', about: 'option.15m' },
  { en: '1h', ko: '1시간', about: 'option.1h' },
  { en: '1d', ko: '1일', about: 'option.1d' },
];
const PRIVATE = { en: '--private', ko: '--비공개', about: 'option.private' };
/**
 * What the half-typed text may become.
 * @param commands the commands as the server tells them: [{en, ko, about: {en, ko}, options, begun}]
 * @returns [{label, aside, about, value}]: `value` is the whole text of the box after taking the suggestion
 */
export function suggest(typed, language, commands, services) {
  if (!typed.startsWith('/')) return [];
  const [, name, rest] = /^\/logs\s+(\S*)(\s.*)?$/su.exec(typed) ?? [];
  if (name === undefined && !'/logs'.startsWith(typed.trimEnd())) return [];
  if (name === undefined || rest === undefined)
    return suggestNames((name ?? '').toLowerCase(), language, commands);
  const command = commands.find(({ en, ko }) => en === name || ko === name);
  return command && !command.options ? [] : suggestOptions(typed, rest, language, services);
}

function suggestNames(begun, language, commands) {
  return commands
    .filter(
      ({ en, ko, begun: hidden }) => (begun || !hidden) && (en.startsWith(begun) || ko.startsWith(begun)),
    )
    .map((entry) => {
      const name = /^[a-z]/.test(begun) ? entry.en : begun ? entry.ko : entry[language];
      return {
        label: `/logs ${name}`,
        aside: name === entry.en ? entry.ko : entry.en,
        about: entry.about[language],
        value: `/logs ${name} `,
      };
    });
}

function suggestOptions(typed, rest, language, services) {
  const word = /(\S*)$/u.exec(rest)[1];
  const before = typed.slice(0, typed.length - word.length);
  const used = rest.trim().split(/\s+/);
  const options = [
    ...(used.some((part) => /^\d+/.test(part) && part !== word) ? [] : WINDOWS),
    ...(used.some((part) => part.startsWith('service:') && part !== word)
      ? []
      : services.map((name) => ({ en: `service:${name}`, ko: `service:${name}`, about: 'option.service' }))),
    ...(used.includes(PRIVATE.en) || used.includes(PRIVATE.ko) ? [] : [PRIVATE]),
  ];
  return options
    .filter((option) =>
      word === ''
        ? !option.en.startsWith('service:') || services.length <= 8
        : option.en.startsWith(word) || option.ko.startsWith(word),
    )
    .filter((option) => option.en !== word && option.ko !== word)
    .slice(0, 12)
    .map((option) => {
      const name = word && option.en.startsWith(word) ? option.en : option[language];
      return { label: name, aside: '', about: text(option.about), value: `${before}${name} ` };
    });
}
