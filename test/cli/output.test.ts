import assert from 'node:assert/strict';
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { glob, readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { after, test } from 'node:test';
import type { Argument, Command, Option } from 'commander';
import { commandTable } from '../../src/cli/program.ts';
import { onTerminal } from './harness.ts';

/** What makes a terminal do something, also after a part of it is removed; and characters that are not seen. */
const HOSTILE = [
  ...[
    '\u001b]52;c;aGk=\u0007',
    '\u001b]0;title\u0007',
    '\u001b[2J',
    '\u001b[31m',
    '\u001bP1\u001b\\',
    '\u001b_x',
  ],
  ...[
    '\u001b]\u001b]52;c;eA==\u0007',
    '\u001b[\u001b[2J2J',
    '\u001b\u001b[1m[1m',
    '\u001b[8\u009b8m',
    '\u001bc',
  ],
  ...[
    '\u009b2J',
    '\u009d52;c;aGk=\u009c',
    '\u0090q\u009c',
    '\u0085',
    '\r',
    '\b\b\b',
    '\u007f',
    '\u000b',
    '\u000c',
  ],
  ...['\u0000', '\u200b', '\u202e', '\u2066', '\u200f', '\u2028', '\ufeff', '\u{e0041}', 'a\u200db'],
];
const TEXT = HOSTILE.join('x');
const OBEYED =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not be there
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200b\u200f\u202a-\u202e\u2028\u2029\u2066-\u2069\ufeff]|\u{e0041}/u;
/** Sequences that the program itself sends: to draw a bar again, and to clear the line of a step. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are sequences
const OWN = /\u001b[78]|\u001b\[(?:\?25[lh]|\?7[lh]|\d*[GK])|\r(?=\u001b\[K)/g;

const dir = mkdtempSync(join(tmpdir(), 'bongsu-terminal-'));
after(() => rmSync(dir, { recursive: true, force: true }));
const NAME = `a${TEXT.replaceAll('\u0000', '')}\nb.log`.replaceAll('/', '');
const file = (name: string, text: string): string => {
  const path = join(dir, name);
  writeFileSync(path, text);
  return path;
};

/** Failing lines with hostile words, names and fields, among normal ones. */
function hostileLog(): string {
  const now = Date.now();
  const lines: string[] = [];
  for (let i = 0; i < 240; i += 1) {
    const time = new Date(now - 600_000 + i * 2_000).toISOString();
    const bad = HOSTILE[i % HOSTILE.length]!;
    if (i > 160 && i % 2 === 0)
      lines.push(
        JSON.stringify({
          time,
          level: 'error',
          service: `db${bad}`,
          msg: `MARKER pool exhausted ${bad} ${TEXT}`,
        }),
      );
    else if (i > 160) lines.push(`${time} ERROR [shop${bad}] MARKER call to db:5432 timed out ${bad}`);
    else lines.push(`${time} INFO shop MARKER served ${bad} request ${i} in ${i % 7} ms`);
  }
  return `${lines.join('\n')}\n`;
}
const log = file(NAME.slice(0, 80), hostileLog());
const anomaly = {
  anomaly_status: 'critical',
  confidence: 0.9,
  detected_issues: [TEXT],
  explanation: `MARKER ${TEXT}`,
  service: `s${TEXT}\nb`,
};
const anomalies = file('anomalies.jsonl', `${JSON.stringify(anomaly)}\n{"anomaly_status":"${'\u001b'}"}\n`);

/** Every request over HTTP gets a hostile answer. */
const server = createServer((request, response) => {
  const bad = { ok: false, kind: TEXT, detail: `MARKER ${TEXT}\nb`, mend: TEXT };
  response.statusCode = request.method === 'POST' ? 500 : 200;
  response.end(JSON.stringify({ backends: { [`n${TEXT}`]: bad }, detail: TEXT }));
});
await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
after(() => server.close());
const { port } = server.address() as AddressInfo;

const base = { models: [], http: { port }, logLevel: 'info' };
/** A configuration with a data folder of its own; from the second one on it is a copy of the first, which `ingest` filled. */
let configs = 0;
function configFile(): string {
  configs += 1;
  const dataDir = `data-${configs}-\u001b]0;t\u0007`;
  if (configs > 1) cpSync(join(dir, 'data-1-\u001b]0;t\u0007'), join(dir, dataDir), { recursive: true });
  return file(`config-${configs}.json`, JSON.stringify({ ...base, dataDir }));
}

/** A value for an argument or option, by its name in the help. */
const valueFor = (name: string): string =>
  /^(?:file|path)/.test(name)
    ? log
    : /^(?:tokens|lines|port)/.test(name)
      ? '400'
      : name === 'period'
        ? 'week'
        : TEXT.replaceAll('\u0000', '');
const flagOf = (option: Option): string => option.long ?? option.flags;
function needed(command: Command): string[] {
  const words = command.registeredArguments.map((one: Argument) => valueFor(one.name()));
  const options = command.options
    .filter((option) => option.mandatory && !option.defaultValue)
    .flatMap((option) => [
      flagOf(option),
      flagOf(option) === '--explain' ? anomalies : valueFor(/<(\w+)/.exec(option.flags)?.[1] ?? ''),
    ]);
  const has = (flag: string): boolean => command.options.some((option) => flagOf(option) === flag);
  return [
    ...words,
    ...options,
    ...(has('--port') ? ['--port', '0'] : []),
    ...(has('--no-open') ? ['--no-open'] : []),
  ];
}

async function checked(args: string[]): Promise<string> {
  const { out } = await onTerminal(
    args.map((word) => word.replaceAll('\u0000', '')),
    dir,
  );
  const shown = out.replace(OWN, '');
  const found = OBEYED.exec(shown);
  const around = found && JSON.stringify(shown.slice(Math.max(0, found.index - 80), found.index + 40));
  assert.equal(found, null, `${JSON.stringify(args)}: ${around}`);
  if (args.includes('--json'))
    for (const line of shown.split('\n')) if (/^[{[]"/.test(line)) JSON.parse(line);
  return out;
}

/** Runs and checks these command lines, a few at a time. */
async function all(lines: string[][]): Promise<string[]> {
  const out: string[] = [];
  const left = lines.entries();
  const worker = async (): Promise<void> => {
    for (const [index, args] of left) out[index] = await checked(args);
  };
  await Promise.all([worker(), worker(), worker()]);
  return out;
}

const commands = commandTable(async () => {}).commands;

test('no command lets a hostile log, name or value reach a terminal', async () => {
  const ingested = await checked(['ingest', log, '--config', configFile()]);
  assert.match(ingested, /240 lines/);
  const lines: string[][] = [];
  for (const command of commands) {
    const whole = [command.name(), ...needed(command)];
    lines.push([...whole, '--config', configFile()], [...whole, '--config', configFile(), '--json']);
    if (command.options.some((option) => flagOf(option) === '--logs'))
      lines.push([...whole, '--config', configFile(), '--logs', log]);
  }
  const out = await all(lines);
  // These commands did show hostile text.
  for (const name of ['why', 'pack', 'templates', 'health', 'summarize'])
    assert.ok(
      lines.some(([first], index) => first === name && out[index]!.includes('MARKER')),
      name,
    );
});

test('no wrong word, option or configuration reaches a terminal as it is', async () => {
  const broken = file('broken.json', `{"models": [] ${TEXT}\n}`);
  const wrong = file(
    'wrong.json',
    JSON.stringify({ ...base, [`x${TEXT}\ny`]: 1, language: `${TEXT}\n`, dataDir: 7 }),
  );
  const lines: string[][] = [[`no${TEXT}`], [`no${TEXT}\nx`], ['--version'], ['--help']];
  const tried = new Set<string>();
  for (const command of commands) {
    const name = command.name();
    lines.push([name, `--no${TEXT}\nx`]);
    // An option that several commands share is tried once.
    const valued = command.options.filter(
      ({ flags, required }) => required && !/--(?:config|logs)/.test(flags) && !tried.has(flags),
    );
    for (const option of valued) {
      tried.add(option.flags);
      lines.push([name, ...needed(command), '--config', 'none.json', flagOf(option), `${TEXT}\nx`]);
    }
  }
  for (const config of [broken, wrong, `none${TEXT}\n`]) lines.push(['search', 'a', '--config', config]);
  const missing = join(dir, NAME.slice(0, 60));
  lines.push(['pack', missing, '--budget', '9'], ['ingest', missing], ['templates', missing]);
  lines.push(['why', '--logs', missing], ['detect', missing, log]);
  const out = await all(lines);
  assert.match(out[3]!, /Usage: bongsu/);
  assert.match(out[0]!, /unknown command/);
});

test('all output of the program goes through the one place that cleans it', async () => {
  const src = resolve(import.meta.dirname, '../../src');
  const wrong: string[] = [];
  for await (const path of glob('**/*.ts', { cwd: src })) {
    if (path === join('cli', 'output.ts')) continue;
    const text = await readFile(join(src, path), 'utf8');
    // This one writes nothing; it waits until all is written.
    for (const [found] of text.matchAll(/\bconsole\.\w+\(|process\.std(?:out|err)\.write\([^)]*/g))
      if (found !== "process.stdout.write('', (") wrong.push(`${path}: ${found}`);
  }
  assert.deepEqual(wrong, []);
});
