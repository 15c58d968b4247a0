import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { test } from 'node:test';
import { ApplicationCommandOptionType } from 'discord.js';
import { commandsPage } from '../../../../scripts/docs/commands-page.ts';
import { parseCommand } from '../../../../src/bot/commands/parse/command.ts';
import { parseIncidentCommand } from '../../../../src/bot/commands/parse/incident-command.ts';
import { completions } from '../../../../src/bot/commands/table/completion.ts';
import type { Argument, CommandSpec } from '../../../../src/bot/commands/table/spec.ts';
import { roleFor, TABLE } from '../../../../src/bot/commands/table/table.ts';
import { formOf, helpLines, mainNames, usageHint } from '../../../../src/bot/commands/table/texts.ts';
import { SLASH_COMMAND } from '../../../../src/bot/discord/registration.ts';
import { typedLine } from '../../../../src/bot/discord/typed-line.ts';
import { LANGUAGES, type Language } from '../../../../src/domain/question/question.ts';
import { speech } from '../../../../src/i18n/format.ts';
import { said, startBot } from '../../harness.ts';

const ALL: readonly CommandSpec[] = TABLE;
const IDS = ['0123456789', 'abcdefabcd'];

/** What a person may type for an argument, once for each word that it can be. */
function samples(argument: Argument, language: Language): string[] {
  const ko = language === 'ko';
  switch (argument.kind) {
    case 'choice':
      return argument.choices!.flatMap(({ typed, followedBy }) =>
        typed.flatMap((word) =>
          followedBy ? samples(followedBy, language).map((next) => `${word} ${next}`) : [word],
        ),
      );
    case 'incident':
      return [argument.name === 'into' ? IDS[1]! : IDS[0]!];
    case 'window':
    case 'span':
      return [ko ? '30분' : '30m'];
    case 'service':
      return [ko ? '서비스:cart' : 'service:cart'];
    case 'person':
      return ['@Mina'];
    case 'id':
      return ['job-1'];
    case 'text':
    case 'note':
      return [ko ? '연결 풀' : 'connection pool'];
  }
}
const parse = (spec: CommandSpec, line: string) =>
  spec.group === 'act' ? parseIncidentCommand(line) : parseCommand(line);
/** All that the command has to have, and one more argument. */
function lines(spec: CommandSpec, name: string, language: Language): string[] {
  const must = spec.arguments.filter(({ required, kind }) => required || kind === 'person');
  const others = spec.arguments.filter((argument) => !must.includes(argument));
  const base = [name, ...must.map((argument) => samples(argument, language)[0])].join(' ');
  return [
    base,
    ...others.flatMap((argument) => samples(argument, language).map((word) => `${base} ${word}`)),
  ];
}

test('every command is understood by all its names, with each word of its arguments, in both languages', () => {
  const seen = new Set<string>();
  for (const spec of ALL)
    for (const language of LANGUAGES)
      for (const name of [spec.name, spec.ko, ...spec.aliases])
        for (const line of lines(spec, name, language)) {
          const parsed = parse(spec, line) ?? assert.fail(line);
          assert.ok('name' in parsed, `${line}: ${JSON.stringify(parsed)}`);
          assert.equal(parsed.name, spec.name, line);
          seen.add(line);
        }
  assert.ok(seen.size > 200, `${seen.size} lines`);
});

test('no two commands have a name in common, and no choice has two meanings', () => {
  const names = ALL.flatMap(({ name, ko, aliases }) => [name, ko, ...aliases]);
  assert.deepEqual([...new Set(names)], names);
  const check = ({ choices = [] }: Argument): void => {
    const words = choices.flatMap(({ typed }) => typed);
    assert.deepEqual([...new Set(words)], words);
    for (const { followedBy } of choices) if (followedBy) check(followedBy);
  };
  for (const spec of ALL) for (const argument of spec.arguments) check(argument);
});

test('each choice means the same in every language', () => {
  for (const spec of ALL)
    for (const argument of spec.arguments)
      for (const { typed, value, followedBy } of argument.choices ?? []) {
        const next = followedBy ? ` ${samples(followedBy, 'en')[0]}` : '';
        for (const word of typed) {
          const parsed = parse(spec, `${spec.name} ${word}${next}`)!;
          const meant = 'scope' in parsed ? parsed.scope : 'text' in parsed ? parsed.text.split(' ')[0] : '';
          assert.equal(meant, value, `${spec.name} ${word}`);
        }
      }
});

/** Limits of Discord for slash commands (docs.discord.com, "Application commands"). */
const NAME = /^[-_'\p{Ll}\p{Lo}\p{N}]{1,32}$/u;
const MOST = 25;

test('every command is registered with Discord within its limits, or another one stands for it', () => {
  const registered = SLASH_COMMAND.options ?? [];
  assert.ok(
    registered.length <= MOST,
    `Discord takes ${MOST} commands, not ${registered.length}: give one \`discord:\``,
  );
  let characters = 0;
  const checkWords = (one: {
    name: string;
    name_localizations?: unknown;
    description: string;
    description_localizations?: unknown;
  }): void => {
    const { ko: name } = one.name_localizations as { ko: string };
    const { ko: about } = one.description_localizations as { ko: string };
    for (const word of [one.name, name]) assert.match(word, NAME);
    for (const text of [one.description, about]) assert.ok(text.length >= 1 && text.length <= 100, text);
    characters += Math.max(one.name.length, name.length) + Math.max(one.description.length, about.length);
  };
  for (const spec of ALL) {
    const [registeredAs, choice] = (spec.discord ?? spec.name).split(' ');
    const found = registered.find(({ name }) => name === registeredAs);
    assert.ok(found?.type === ApplicationCommandOptionType.Subcommand, spec.name);
    if (choice)
      assert.ok(
        found.options?.some(
          (option) => 'choices' in option && option.choices?.some(({ value }) => value === choice),
        ),
        spec.discord,
      );
    if (spec.discord) continue;
    checkWords(found);
    assert.equal((found.name_localizations as { ko: string }).ko, spec.ko);
    const options = found.options ?? [];
    assert.ok(options.length <= MOST);
    assert.deepEqual(
      options.map(({ name }) => name).sort(),
      [
        ...spec.arguments.map(({ name }) => name),
        ...(spec.flags.includes('private') ? ['private'] : []),
      ].sort(),
    );
    const required = options.map((option) => option.required === true);
    assert.deepEqual(
      required,
      required.toSorted((a, b) => Number(b) - Number(a)),
      'required ones first',
    );
    for (const option of options) {
      checkWords(option);
      const choices = 'choices' in option ? (option.choices ?? []) : [];
      assert.ok(choices.length <= MOST);
      for (const { name, value } of choices) assert.ok(name.length <= 100 && String(value).length <= 100);
    }
  }
  assert.ok(characters <= 8_000, `${characters} characters`);
});

test('what Discord hands over is understood', () => {
  const type = ApplicationCommandOptionType.String as const;
  for (const spec of ALL) {
    const given = spec.arguments
      .filter(({ kind }) => kind !== 'person')
      .map((argument) => ({ type, name: argument.name, value: samples(argument, 'en')[0]! }))
      .map((one) => ({ ...one, value: one.value.replace(/^service:/, '') }));
    const options = [
      { type: ApplicationCommandOptionType.Subcommand, name: spec.name, options: given },
    ] as const;
    const { text } = typedLine(options);
    const parsed = parse(spec, text);
    assert.ok(parsed && 'name' in parsed && parsed.name === spec.name, `${text}: ${JSON.stringify(parsed)}`);
  }
  // Without a person it is whoever says it: what `take` is elsewhere.
  const take = ALL.find(({ name }) => name === 'take');
  const options = [{ type: ApplicationCommandOptionType.Subcommand, name: take!.discord! }] as const;
  assert.equal(typedLine(options).text, 'assign me');
  assert.deepEqual(parseIncidentCommand('assign me'), { name: 'assign' });
});

test('every command stands in help, in both languages, and in the pages of documentation', () => {
  const root = resolve(import.meta.dirname, '../../../..');
  for (const language of LANGUAGES) {
    const spoken = speech(language, 'UTC');
    const help = helpLines(spoken);
    const names = new Set(help.join('\n').split(/[\s,:[\]|]+/));
    const page = readFileSync(resolve(root, `docs/commands${language === 'ko' ? '.ko' : ''}.md`), 'utf8');
    assert.equal(page.replaceAll('\r\n', '\n'), commandsPage(language), 'npm run docs');
    for (const spec of TABLE) {
      assert.ok(names.has(language === 'ko' ? spec.ko : spec.name), `${spec.name} (${language})`);
      assert.ok(page.includes(formOf(spec.name, spoken).replaceAll('|', '\\|')), spec.name);
    }
    assert.ok(help.every((line) => line.startsWith('/logs ') && !line.includes('undefined')));
    for (const name of mainNames(spoken).split(/, | or /)) assert.ok(names.has(name));
  }
});

test('the page is told every command; what Slack shows while typing are commands', () => {
  const told = completions();
  assert.deepEqual(told.map(({ en, ko }) => [en, ko]).sort(), ALL.map(({ name, ko }) => [name, ko]).sort());
  const manifest = readFileSync(resolve(import.meta.dirname, '../../../../manifest.yaml'), 'utf8');
  assert.ok(manifest.includes(`usage_hint: "${usageHint()}"`));
  for (const hint of usageHint().split(' | ')) assert.ok('name' in parseCommand(hint), hint);
});

test('who has not the role of a command, or of the word behind it, is refused', async (t) => {
  const w = await startBot(t, { roles: { responder: ['U2'], admin: ['U3'] } });
  await w.queue.add('collect', { day: '2026-11-26', language: 'en' }, { id: 'job-1' });
  const people = { viewer: 'U1', responder: 'U2' };
  const refused = async (line: string, role: keyof typeof people): Promise<string | undefined> =>
    /needs the role “(\w+)”/.exec(said(await w.chat.command(line, { userId: people[role] })))?.[1];
  for (const spec of TABLE as readonly (CommandSpec & { name: (typeof TABLE)[number]['name'] })[]) {
    const [base] = lines(spec, spec.name, 'en');
    const given = spec.arguments.flatMap((argument) => [
      ...(argument.role ? [{ line: `${base} ${samples(argument, 'en')[0]}`, by: argument.name }] : []),
      ...(argument.choices ?? []).map(({ value, typed, followedBy }) => ({
        line: [base, typed[0], ...(followedBy ? [samples(followedBy, 'en')[0]] : [])].join(' '),
        by: value,
      })),
    ]);
    for (const { line, by } of [{ line: base!, by: undefined }, ...given]) {
      const needs = roleFor(spec.name, by);
      assert.equal(await refused(line, 'viewer'), needs === 'viewer' ? undefined : needs, line);
      if (needs === 'admin') assert.equal(await refused(line, 'responder'), needs, line);
    }
  }
});
