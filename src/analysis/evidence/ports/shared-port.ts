import type { LogCount } from '../../../backends/logs/store.ts';
import type { Level, TimeWindow } from '../../../domain/log/record.ts';
import { failureKind, recordFailure, saying } from '../../logs/failure.ts';
import type { LogReader } from '../../logs/reader.ts';
import { canonicalName, type Directory, wordMentions } from '../../service-names/names.ts';
import { type FailureGroup, withUnresolved } from '../failure-groups.ts';

/** How many calm lines after the beginning of the failure are searched for signs of work. */
const LINES = 20;
const TEMPLATES = 200;
/** A service that goes on writing has lines in every quarter of a time this many times as long as its usual gap. */
const USUAL_GAPS = 16;
const CALM: Level[] = ['trace', 'debug', 'info'];
/** Lines of a process about its own start: a process that starts again and again does no work. */
const BEGINS = /\b(?:listen\w*|start(?:ed|ing|up)?|serving|bound|initiali[sz]\w*|ready|boot\w*)\b|시작|기동/i;
const WORD = /[a-z]{4,}|[가-힣]{2,}/gi;

/** What is needed to tell apart the services on one port. */
export interface Scene {
  logs: LogReader;
  window: TimeWindow;
  baseline?: TimeWindow | undefined;
  /** Lines in the window by service, under the names the store has. */
  services: readonly LogCount[];
  directory: Directory;
}

/**
 * Finds the targets of groups that name only an address, if one or more services are known on its port. A word that only one of
 * these services uses decides; else those that have become silent are meant. Services that go on working are not meant: if all of
 * them do, the target is unresolved.
 */
export async function settlePorts(groups: readonly FailureGroup[], scene: Scene): Promise<FailureGroup[]> {
  const out: FailureGroup[] = [];
  const words = new Map<string, Promise<ReadonlySet<string>>>();
  for (const group of groups) out.push(await settled(group, scene, words));
  return out;
}

type WordsByService = Map<string, Promise<ReadonlySet<string>>>;

async function settled(group: FailureGroup, scene: Scene, words: WordsByService): Promise<FailureGroup> {
  const guessed = group.targets.filter(({ how, wrongPort }) => how === 'port' && !wrongPort);
  if (guessed.length === 0) return group;
  const others = group.targets.filter((target) => !guessed.includes(target));
  const names = guessed.map(({ service }) => service);
  const meant = names.length > 1 ? await spokenOf(names, group, scene, words) : undefined;
  if (meant) return { ...group, targets: [...others, ...guessed.filter(({ service }) => service === meant)] };
  const working = await workingOf(names, group, scene);
  const quiet = guessed.filter(({ service }) => !working.has(service));
  const shared = {
    port: guessed[0]!.port ?? '',
    either: (quiet.length > 0 ? quiet : guessed).map(({ service }) => service).sort(),
    working: [...working].sort(),
  };
  if (quiet.length > 0)
    return { ...group, targets: [...others, ...quiet], ...(quiet.length > 1 ? { shared } : {}) };
  const targets = others.length > 0 ? others : await namedOf(group, scene);
  return withUnresolved({ ...group, targets, shared }, scene.directory);
}

/** Services that the words of the lines name instead, without those that go on working. */
async function namedOf(group: FailureGroup, scene: Scene): Promise<FailureGroup['targets']> {
  const targets = new Map<string, FailureGroup['targets'][number]>();
  for (const record of group.lines)
    for (const mention of wordMentions(record, scene.directory)) {
      const known = targets.get(mention.service) ?? { ...mention, lines: [] };
      targets.set(mention.service, known);
      known.lines.push(record);
    }
  const working = await workingOf([...targets.keys()], group, scene);
  return [...targets.values()].filter(({ service }) => !working.has(service));
}

/**
 * Those that go on working while the group's lines are written: calm lines in the last quarter of that time and in most of
 * the others. A start, which is a burst of lines, is no work.
 */
export async function workingOf(
  names: readonly string[],
  group: FailureGroup,
  scene: Scene,
): Promise<Set<string>> {
  const out = new Set<string>();
  for (const service of names) {
    const own = entriesOf(service, scene);
    if (own.length === 0) continue;
    const { from, to } = stretchOf(group, gapOf(own), scene.window);
    const asked = { services: own.map(({ key }) => key), levels: CALM };
    const works = await Promise.all(
      [0, 1, 2, 3].map(async (quarter) => {
        const at = (edge: number): number => Math.floor(from + ((to - from) * edge) / 4);
        const page = await scene.logs.search(
          { ...asked, from: at(quarter), to: at(quarter + 1) },
          { limit: LINES },
        );
        return page.records.some((record) => !BEGINS.test(record.message) && !recordFailure(record));
      }),
    );
    if (works[3] && works.filter(Boolean).length >= 3) out.add(service);
  }
  return out;
}

/** The time in which the group's lines were written, long enough for several lines of a service that writes seldom. */
function stretchOf(group: FailureGroup, gap: number, window: TimeWindow): TimeWindow {
  const more = Math.max(0, USUAL_GAPS * gap - (group.last - group.first)) / 2;
  const to = Math.min(window.to, group.last + more + 1);
  return { from: Math.max(window.from, Math.min(group.first - more, to - USUAL_GAPS * gap)), to };
}

const entriesOf = (service: string, { services, directory }: Scene): LogCount[] =>
  services.filter(({ key }) => canonicalName(key, directory.own) === service);

/** The usual time between two lines. */
function gapOf(entries: readonly LogCount[]): number {
  const count = entries.reduce((sum, entry) => sum + entry.count, 0);
  const first = Math.min(...entries.map((entry) => entry.first));
  const last = Math.max(...entries.map((entry) => entry.last));
  return count > 1 ? (last - first) / (count - 1) : 0;
}

/** The one service whose word the lines use: a word that only it uses when nothing is wrong. */
async function spokenOf(
  names: readonly string[],
  group: FailureGroup,
  scene: Scene,
  words: WordsByService,
): Promise<string | undefined> {
  const used = wordsOf(group.lines.map(saying));
  const speakers = new Map<string, Set<string>>();
  for (const { key } of scene.services) {
    const speaker = canonicalName(key, scene.directory.own);
    const known = words.get(key) ?? calmWords(key, scene);
    words.set(key, known);
    for (const word of await known)
      if (used.has(word)) speakers.set(word, (speakers.get(word) ?? new Set()).add(speaker));
  }
  const meant = new Set(
    [...speakers.values()].flatMap((by) => (by.size === 1 ? names.filter((name) => by.has(name)) : [])),
  );
  const [only] = meant;
  return meant.size === 1 ? only : undefined;
}

/** The words a service uses when nothing is wrong. */
async function calmWords(service: string, { logs, window, baseline }: Scene): Promise<ReadonlySet<string>> {
  const from = baseline?.from ?? window.from;
  const asked = { services: [service], levels: CALM, from, to: window.to };
  const templates = await logs.counts(asked, 'template', TEMPLATES);
  return wordsOf(
    templates.map(({ label }) => label).filter((label) => !BEGINS.test(label) && !failureKind(label)),
  );
}

const wordsOf = (texts: readonly string[]): Set<string> =>
  new Set(texts.flatMap((text) => (text.match(WORD) ?? []).map((word) => word.toLowerCase())));
