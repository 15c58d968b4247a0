import type { FailureKind } from '../../domain/log/failure-kind.ts';
import type { LogRecord } from '../../domain/log/record.ts';
import type { Evidence } from '../evidence/evidence.ts';
import type { FailureGroup, Target } from '../evidence/failure-groups.ts';
import { isResolverFailure, isUnanswered, saying } from '../logs/failure.ts';
import { type Directory, isMisspelt } from '../service-names/names.ts';
import type { Charge } from './proof.ts';
import { limitedServer, showsRoot, type Weighing } from './weight.ts';

/** Everything that counts against one service. */
export interface Tally {
  /** Weight of the lines by others that name it. */
  blame: number;
  /** Weights of its own failing groups that do not show a cause of its own. */
  symptoms: number[];
  /** Sum of the weights of its own failing groups that show a cause of its own. */
  root: number;
  ownCount: number;
  namedCount: number;
  reporters: Set<string>;
  charges: Charge[];
  /** The weight with which this service blames others. */
  blames: Map<string, number>;
}

export const emptyTally = (): Tally => ({
  blame: 0,
  symptoms: [],
  root: 0,
  ownCount: 0,
  namedCount: 0,
  reporters: new Set(),
  charges: [],
  blames: new Map(),
});

/** A cause of its own counts this many times more than a symptom when the lines to quote are selected. */
const ROOT_CHARGE = 3;
/**
 * If at least this many services say the same, it is not special for any of them: start-up messages, a sidecar's routine lines.
 */
const COMMON = 3;

/**
 * Adds up what counts against each service. The weight of a group goes to the services that its lines name, else to the one that
 * wrote it.
 */
export function tallyBlame({ failures, directory }: Evidence, weighing: Weighing): Map<string, Tally> {
  const blame = new Blame(failures, directory, weighing);
  for (const group of failures) blame.add(group);
  return blame.tallies;
}

class Blame {
  readonly tallies = new Map<string, Tally>();
  readonly #directory: Directory;
  readonly #weighing: Weighing;
  readonly #limited: string | undefined;
  /** Service → who names it, with how many lines. */
  readonly #reportersOf = new Map<string, Map<string, number>>();
  /** Pattern → the services that write it. */
  readonly #speakersOf = new Map<string, Set<string>>();

  constructor(failures: readonly FailureGroup[], directory: Directory, weighing: Weighing) {
    this.#directory = directory;
    this.#weighing = weighing;
    this.#limited = limitedServer(failures);
    for (const group of failures) {
      const speakers = this.#speakersOf.get(group.pattern) ?? new Set();
      this.#speakersOf.set(group.pattern, speakers.add(group.service));
      for (const { service } of group.targets) {
        const by = this.#reportersOf.get(service) ?? new Map<string, number>();
        this.#reportersOf.set(service, by.set(group.service, (by.get(group.service) ?? 0) + group.count));
      }
    }
  }

  add(group: FailureGroup): void {
    const weight = this.#weighing.weightOf(group);
    // The reporter has a tally, even an empty one.
    this.#tallyOf(group.service);
    const limited = this.#limited;
    if (limited && group.kind === 'pool' && limited !== group.service && group.targets.length === 0) {
      this.#blame(limited, { group, weight, count: group.count, lines: group.lines, own: false });
      return;
    }
    const aimed = new Set<LogRecord>();
    for (const target of group.targets) {
      for (const record of target.lines) aimed.add(record);
      this.#addTarget(group, target, weight);
    }
    const rest = group.lines.filter((record) => !aimed.has(record));
    // What is usual shows no cause of what is new.
    this.#addOwn(group, rest, weight, showsRoot(group) && !this.#weighing.isBackground(group));
  }

  #addTarget(group: FailureGroup, target: FailureGroup['targets'][number], weight: number): void {
    const alone = this.#reportersOf.get(target.service)!.size === 1;
    // Its resolver fails for no other service, or it calls a name that only resembles a service, or a wrong port: the fault is the caller's own.
    const noResolver = alone && isResolverFailure(saying(target.lines[0]!));
    const callers = isMisspelt(target.service, target.port, this.#directory)
      ? this.#loudest(target.service)
      : [];
    if (noResolver || target.wrongPort || callers.includes(group.service)) {
      this.#addOwn(group, target.lines, weight, true);
      return;
    }
    const blamed = callers.length > 0 ? callers : [target.service];
    const share = target.lines.length / group.lines.length;
    const certainty = certaintyOf(target.how) * beliefIn(target.life, group.kind);
    const amount = (weight * share * certainty) / Math.sqrt(group.targets.length * blamed.length);
    const count = Math.max(1, Math.round(group.count * share));
    for (const service of blamed)
      this.#blame(service, { group, weight: amount, count, lines: target.lines, own: false });
  }

  #blame(service: string, charge: Charge): void {
    const tally = this.#tallyOf(service);
    const reporter = charge.group.service;
    tally.blame += charge.weight;
    tally.namedCount += charge.count;
    tally.reporters.add(reporter);
    tally.charges.push(charge);
    const { blames } = this.#tallyOf(reporter);
    blames.set(service, (blames.get(service) ?? 0) + charge.weight);
  }

  /** Lines that count against the service that wrote them. */
  #addOwn(group: FailureGroup, lines: LogRecord[], weight: number, root: boolean): void {
    if (lines.length === 0) return;
    const tally = this.#tallyOf(group.service);
    const speakers = this.#speakersOf.get(group.pattern)!.size;
    const amount = (weight * (lines.length / group.lines.length)) / (speakers > COMMON ? speakers : 1);
    if (root) tally.root += amount;
    else tally.symptoms.push(amount);
    const count = Math.max(1, Math.round((group.count * lines.length) / group.lines.length));
    tally.ownCount += count;
    tally.charges.push({ group, weight: amount * (root ? ROOT_CHARGE : 1), count, lines, own: true });
  }

  /**
   * The service that names another one most often. A wrong address is named most often by the service that uses it; others only
   * pass its error on.
   */
  #loudest(service: string): string[] {
    const by = [...this.#reportersOf.get(service)!];
    const most = Math.max(...by.map(([, count]) => count));
    return by.flatMap(([reporter, count]) => (count === most ? [reporter] : []));
  }

  #tallyOf(service: string): Tally {
    const tally = this.tallies.get(service) ?? emptyTally();
    this.tallies.set(service, tally);
    return tally;
  }
}

/** What the accused contradicts by its own work counts little. */
const beliefIn = (life: Target['life'], kind: FailureKind): number =>
  life === undefined ? 1 : life === 'through' && isUnanswered(kind) ? DENIED : DOUBTED;
const DENIED = 0.2;
const DOUBTED = 0.6;

/** A path shows what was requested, not which service failed: it is no more certain than a name anywhere in the text. */
const certaintyOf = (how: FailureGroup['targets'][number]['how']): number =>
  how === 'host' ? 1 : how === 'word' || how === 'path' ? 0.6 : 0.9;
