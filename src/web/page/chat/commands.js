// What can be typed, for the completion of the command box. The bot reads the text; this is only help.

const COMMANDS = [
  { en: 'why', ko: '왜', about: 'command.why' },
  { en: 'summarize', ko: '요약', about: 'command.summarize' },
  { en: 'search', ko: '검색', about: 'command.search' },
  { en: 'analyze', ko: '분석', about: 'command.analyze' },
  { en: 'digest', ko: '다이제스트', about: 'command.digest' },
  { en: 'jobs', ko: '작업', about: 'command.jobs' },
  { en: 'tune', ko: '학습', about: 'command.tune' },
  { en: 'incidents', ko: '장애', about: 'command.incidents' },
  { en: 'incident', ko: '장애상세', about: 'command.incident' },
  { en: 'mutes', ko: '음소거목록', about: 'command.mutes' },
  { en: 'shadow', ko: '섀도', about: 'command.shadow' },
  { en: 'audit', ko: '감사', about: 'command.audit' },
  { en: 'cost', ko: '비용', about: 'command.cost' },
  { en: 'health', ko: '상태', about: 'command.health' },
  { en: 'help', ko: '도움말', about: 'command.help' },
];
/** What acts on an incident: usually a button, so these come only once their name is begun. */
const CONTROLS = [
  { en: 'ack', ko: '확인' },
  { en: 'resolve', ko: '해결' },
  { en: 'mute', ko: '음소거' },
  { en: 'unmute', ko: '음소거해제' },
  { en: 'assign', ko: '담당' },
  { en: 'reopen', ko: '다시열기' },
  { en: 'merge', ko: '합치기' },
  { en: 'split', ko: '나누기' },
  { en: 'false-alarm', ko: '오탐' },
  { en: 'real', ko: '정탐' },
].map((entry) => ({ ...entry, about: 'command.control' }));
const WINDOWS = [
  { en: '15m', ko: '15분', about: 'option.15m' },
  { en: '1h', ko: '1시간', about: 'option.1h' },
  { en: '1d', ko: '1일', about: 'option.1d' },
];
const PRIVATE = { en: '--private', ko: '--비공개', about: 'option.private' };
const WITHOUT_OPTIONS = new Set([
  ...[
    'digest',
    '다이제스트',
    'jobs',
    '작업',
    'tune',
    '학습',
    'help',
    '도움말',
    'health',
    '상태',
    'cost',
    '비용',
  ],
  ...['incident', '장애상세', 'mutes', '음소거목록', 'shadow', '섀도', 'audit', '감사'],
  ...CONTROLS.flatMap(({ en, ko }) => [en, ko]),
]);

/**
 * What the half-typed text may become.
 * @returns [{label, aside, about, value}]: `value` is the whole text of the box after taking the suggestion
 */
export function suggest(typed, language, services) {
  if (!typed.startsWith('/')) return [];
  const [, command, rest] = /^\/logs\s+(\S*)(\s.*)?$/su.exec(typed) ?? [];
  if (command === undefined || rest === undefined) {
    if (command === undefined && !'/logs'.startsWith(typed.trimEnd())) return [];
    const begun = (command ?? '').toLowerCase();
    const all = begun ? [...COMMANDS, ...CONTROLS] : COMMANDS;
    return all
      .filter(({ en, ko }) => en.startsWith(begun) || ko.startsWith(begun))
      .map((entry) => {
        const name = /^[a-z]/.test(begun) ? entry.en : begun ? entry.ko : entry[language];
        return {
          label: `/logs ${name}`,
          aside: name === entry.en ? entry.ko : entry.en,
          about: entry.about,
          value: `/logs ${name} `,
        };
      });
  }
  if (WITHOUT_OPTIONS.has(command)) return [];
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
      return { label: name, aside: '', about: option.about, value: `${before}${name} ` };
    });
}
