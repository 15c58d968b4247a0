import type { FailureKind } from '../../domain/log/failure-kind.ts';
import { isError, type LogRecord } from '../../domain/log/record.ts';
import { MINUTE } from '../../domain/time/units.ts';
import type { Evidence } from '../evidence/evidence.ts';
import type { FailureGroup } from '../evidence/failure-groups.ts';
import { isGraveKind, isOrderly, isRoot, isVague } from '../logs/failure.ts';
import { servesClient } from '../service-names/unresolved-targets.ts';
import { chanceOf, isAsBefore } from './rise.ts';

/** A failure this close to the end of the window is not over yet. */
const MOMENT_MS = 10_000;
/** With fewer lines nobody knows how often they come; so many of their usual gaps without one are no end. */
const SEVERAL = 3;
const USUAL_GAPS = 2;
/** A time in which so many of all lines are errors is not healthy. */
const FAILING = 0.2;
/** A failure this soon after a service began may be part of its start. */
const START_MS = 2 * MINUTE;
/** Lines of a process that was replaced count this much: the next process does not write them. */
const REPLACED = 0.4;
/** Lines of a server that refuses a client count this much: the server works, the client fails. */
const REFUSING = 0.3;

/** A grave failure counts like at least this many lines (log2): it is told once. */
const GRAVE_WEIGHT = 3;
/** A service that says that it cannot go on, and falls silent, counts this many times more. */
const ENDED = 2;

/** Lines of a server about requests for what it never had count this much: everybody's scanners send them. */
const ASKED = 0.1;

/** How much a failing group counts, by when it began and ended and by which service wrote it. */
export interface Weighing {
  /** log2(1 + lines), lowered if it is not new or did not last. */
  weightOf(group: FailureGroup): number;
  /**
   * Whether it belongs to a start that succeeded: a service was not ready yet, or a process gave up and the next one did not;
   * then the failures were over.
   */
  isSettled(group: FailureGroup): boolean;
  /**
   * Whether it was there before the window, at least half as often. If there is no time before: whether it has no kind of failure
   * and came at the same rate all the time.
   */
  isUsual(group: FailureGroup): boolean;
  /** Whether it is usual and comes from ever other addresses: it is there all day, whatever else happens. */
  isBackground(group: FailureGroup): boolean;
}

/** Weighs the groups of one analysis. */
export function createWeighing({ span, services, earlier }: Evidence): Weighing {
  const facts = new Map(services.map((entry) => [entry.service, entry]));
  const { window, baseline } = span;

  /** Share of the window that was calm again; measured against the service's own last line, since clocks differ. */
  function calmAfter(group: FailureGroup): number {
    const end = Math.min(window.to, (facts.get(group.service)?.last ?? window.to) + 1);
    const quiet = end - 1 - group.last;
    // What is told every minute is not over half a minute after it was told.
    const gap = group.count < SEVERAL ? 0 : (group.last - group.first) / (group.count - 1);
    return quiet < Math.max(MOMENT_MS, USUAL_GAPS * gap) ? 0 : quiet / Math.max(1, end - window.from);
  }

  const beganWith = (service: string, group: FailureGroup): boolean => {
    const began = facts.get(service)?.began;
    return began !== undefined && group.first - began < START_MS;
  };

  // Where the time before fails as well, a program that cannot go on is not usual, however long it has said so.
  const failedBefore = earlier !== undefined && earlier.errors >= FAILING * earlier.records;
  const isUsual = (group: FailureGroup): boolean =>
    !(failedBefore && showsRoot(group)) &&
    (isAsBefore(group) ??
      (baseline
        ? group.before >= 0.5 && group.count <= 2 * group.before
        : group.steady && (mayBeUsual(group.kind) || isOfMany(group))));

  /** Whether these are the last lines of their service, while others go on. */
  const isSilentAfter = (group: FailureGroup): boolean => {
    const last = facts.get(group.service)?.last ?? span.ends;
    return last - group.last < MOMENT_MS && services.some((other) => other.last - last > 2 * MOMENT_MS);
  };

  return {
    isUsual,
    isBackground: (group) => isUsual(group) && isOfMany(group),
    weightOf(group) {
      const usual = isUsual(group);
      const fatal = isFatal(group);
      const starting = group.kind === 'crash' && beganWith(group.service, group);
      const grave = !usual && !starting && (fatal || isGraveKind(group.kind));
      const base = Math.max(Math.log2(1 + group.count), grave ? GRAVE_WEIGHT : 0);
      const novelty = usual ? 0.15 : noveltyOf(group, baseline !== undefined);
      const gap = calmAfter(group);
      const late = grave || gap < 0.1 ? 1 : gap < 0.25 ? 0.6 : gap < 0.5 ? 0.3 : 0.2;
      const vague = isVague(group.kind) && group.targets.length === 0 && !fatal ? 0.6 : 1;
      const speaker = isReplaced(group)
        ? REPLACED
        : isRefusal(group)
          ? REFUSING
          : isAsked(group) || isClientGone(group)
            ? ASKED
            : 1;
      const ended = fatal && isSilentAfter(group) ? ENDED : 1;
      return base * novelty * late * vague * speaker * ended;
    },
    isSettled(group) {
      if (!MAY_SETTLE.has(group.kind)) return false;
      if (isReplaced(group)) return (facts.get(group.service)?.count ?? 0) > 2 * group.count;
      if (ENDS.has(group.kind)) return false;
      const around = [group.service, ...group.targets.map((target) => target.service)];
      const brief = group.last - group.first < MOMENT_MS;
      const wentOn = (facts.get(group.service)?.last ?? 0) > group.last && span.ends - group.last > MOMENT_MS;
      return brief && wentOn && around.some((service) => beganWith(service, group));
    },
  };
}

/** Vague words count by how new they are; the others say what is wrong whenever they come. */
function noveltyOf(group: FailureGroup, compared: boolean): number {
  if (group.course && isVague(group.kind) && group.targets.length === 0)
    return ((1 + (1 - chanceOf([group]))) / 2) * (group.lines.some(({ level }) => isError(level)) ? 1 : CALM);
  return !compared || group.before < 0.5 ? 1 : 0.8;
}
/** Vague words in a line that is no error count this much. */
const CALM = 0.5;

/**
 * Failures that may always be there in a healthy system: those of no known kind, and requests for paths that no service has,
 * which browsers and scanners send to every server.
 */
const mayBeUsual = (kind: FailureKind): boolean => isVague(kind) || kind === 'route';

/** Lines about ever other addresses: whoever comes from the internet, not one service that is away. */
const isOfMany = ({ lines }: FailureGroup): boolean => {
  const addresses = lines.flatMap(({ message }) => REMOTE.exec(message)?.[0] ?? []);
  return addresses.length >= MANY_LINES && new Set(addresses).size >= addresses.length / 2;
};
const REMOTE =
  /(?<![\d.])(?:\d{1,3}\.){3}\d{1,3}(?![\d.])|(?<![\w:])[0-9a-f]{1,4}(?::[0-9a-f]{0,4}){3,7}(?![\w:])/i;
/** With fewer lines nobody knows whether it is always another address. */
const MANY_LINES = 8;

/** Kinds of failure that may end by themselves once the other side is ready. */
const MAY_SETTLE: ReadonlySet<FailureKind> = new Set<FailureKind>([
  'crash',
  'dns',
  'refused',
  'timeout',
  'reset',
  'unavailable',
  'status',
  'error',
]);

/** Of those, the ones that end only with a new process. */
const ENDS: ReadonlySet<FailureKind> = new Set<FailureKind>(['crash', 'status', 'error']);

/** Whether a line is of an instance that ended: collectors give its stream this name. */
const isOfEarlier = (record: LogRecord): boolean =>
  /\.previous$/.test(String(record.attributes.stream ?? ''));

/** Whether all lines were written by an instance that has been replaced since. */
const isReplaced = (group: FailureGroup): boolean => group.lines.every(isOfEarlier);

/** Whether a server reports in calm lines which clients it refused. */
const isRefusal = (group: FailureGroup): boolean =>
  group.kind === 'auth' &&
  group.lines.every(({ level }) => level !== 'error' && level !== 'fatal') &&
  group.lines.some(({ message }) => /\b(?:for|from|by) (?:user|client|role|account|host)\b/i.test(message));

/** Whether it is the certificate of somebody else that a client does not accept. */
const isOfPeer = ({ kind, unresolved }: FailureGroup): boolean => kind === 'tls' && unresolved.length > 0;

/** Whether a server only says that it has not what somebody asked for; no service is named by what they asked for. */
const isAsked = (group: FailureGroup): boolean => group.kind === 'route' && group.targets.length === 0;

/** Whether clients went away: that is seen where something else is wrong, and every day. */
const isClientGone = (group: FailureGroup): boolean =>
  group.kind === 'reset' && group.lines.every(({ message }) => servesClient(message));

/** Whether a program says at the highest level that it cannot go on, and names nobody else. */
const isFatal = (group: FailureGroup): boolean =>
  group.targets.length === 0 &&
  group.unresolved.length === 0 &&
  (group.ended === true || group.lines.every(isLastWord));

/** A level that only a word within the sentence gave it says little: `cannot retry after fatal error`. */
const isLastWord = ({ level, message }: LogRecord): boolean =>
  level === 'fatal' && !isOrderly(message) && !/\S\s+fatal\b|[=_:-]fatal\b|fatal_/.test(message);

/** Whether a group shows a cause inside the service that logs it. */
export const showsRoot = (group: FailureGroup): boolean =>
  (isRoot(group.kind) && !isRefusal(group) && !isOfPeer(group)) ||
  ((isVague(group.kind) || group.kind === 'unavailable') && isFatal(group));

/** If at least this many services say the same, the cause is not in them. */
const MANY = 3;
/** How many times more often than any client the server reports that its limit is reached. */
const FAR_MORE = 3;

/**
 * The server whose limit several clients have reached: they repeat its message, and one service writes the same far more often,
 * since it refuses them all. Undefined if no such server writes logs.
 */
export function limitedServer(failures: readonly FailureGroup[]): string | undefined {
  const times = new Map<string, number>();
  for (const { kind, service, targets, count, before } of failures)
    if (kind === 'pool' && targets.length === 0)
      times.set(service, (times.get(service) ?? 0) + count + before);
  const [first, second] = [...times].sort((a, b) => b[1] - a[1]);
  const many = times.size > MANY;
  return many && first && second && first[1] >= FAR_MORE * second[1] ? first[0] : undefined;
}
