import { fitsGlob } from '../text/glob.ts';
import { type Hours, isWithin } from '../time/weekly-hours.ts';
import type { AnomalyStatus } from './anomaly.ts';

/** Chats that a rule can send to. The console page always shows everything. */
export const PLATFORMS = ['slack', 'discord'] as const;
type Platform = (typeof PLATFORMS)[number];

/** Whom a rule calls, as written in the configuration: `here`, `user:ID` or `group:ID` (a Slack user group, a Discord role). */
export type Mention = string;

/** All conditions that are given must be true. */
interface RouteMatch {
  /** Globs: `*` is any text, `?` one character; case does not matter. */
  service?: readonly string[];
  /** At least this, 1 to 5. */
  severity?: number;
  status?: readonly AnomalyStatus[];
  /** At least one of these texts occurs in the title, the issues, the explanation, the template or a sample line. */
  text?: readonly string[];
  hours?: Hours;
}

export interface Route {
  name?: string;
  match: RouteMatch;
  /** Absent: all configured chats. */
  platform?: Platform;
  /** Absent: the platform's alert channel. */
  channel?: string;
  mention: readonly Mention[];
  /** Nothing is posted; `/logs shadow` shows what would have been posted. */
  shadow: boolean;
  /** Whether the rules after this one are skipped. */
  stop: boolean;
}

/** The part of an incident that rules look at. */
export interface Routed {
  service: string;
  severity: number;
  status: AnomalyStatus;
  texts: readonly string[];
}

/** A channel where an incident is posted. */
export interface Target {
  chat: string;
  channel: string;
  mention?: Mention[];
  /** It is only noted, not posted. */
  shadow?: true;
  /** A warning has a thread here, too: a rule that names the status `warning` sends it here. */
  warnings?: true;
}

/** One condition of a rule, and whether it was true. */
interface Reason {
  field: keyof RouteMatch;
  wanted: string;
  found: string;
  holds: boolean;
}
export interface RouteVerdict {
  /** The rule's name, else `rule N` (from 1). */
  rule: string;
  route: Route;
  matched: boolean;
  reasons: Reason[];
}

function reasonsOf(match: RouteMatch, subject: Routed, at: number): Reason[] {
  const reasons: Reason[] = [];
  const { service, severity, status, text, hours } = match;
  if (service)
    reasons.push({
      field: 'service',
      wanted: service.join(', '),
      found: subject.service,
      holds: service.some((glob) => fitsGlob(glob, subject.service)),
    });
  if (severity !== undefined)
    reasons.push({
      field: 'severity',
      wanted: `${severity} or more`,
      found: String(subject.severity),
      holds: subject.severity >= severity,
    });
  if (status)
    reasons.push({
      field: 'status',
      wanted: status.join(', '),
      found: subject.status,
      holds: status.includes(subject.status),
    });
  if (text) {
    const hit = text.find((words) =>
      subject.texts.some((line) => line.toLowerCase().includes(words.toLowerCase())),
    );
    reasons.push({
      field: 'text',
      wanted: text.map((words) => `"${words}"`).join(', '),
      found: hit === undefined ? 'none of them' : `"${hit}"`,
      holds: hit !== undefined,
    });
  }
  if (hours)
    reasons.push({
      field: 'hours',
      wanted: `${hours.days.join(' ')} ${hours.from}-${hours.to} ${hours.timeZone}`,
      found: new Date(at).toISOString(),
      holds: isWithin(hours, at),
    });
  return reasons;
}

/**
 * Every rule that was checked, and why it matches or not, in order. After a match with `stop` no further rule is checked.
 * @param at epoch ms, for the hours
 */
export function judge(routes: readonly Route[], subject: Routed, at: number): RouteVerdict[] {
  const out: RouteVerdict[] = [];
  for (const [index, route] of routes.entries()) {
    const reasons = reasonsOf(route.match, subject, at);
    const matched = reasons.every(({ holds }) => holds);
    out.push({ rule: route.name ?? `rule ${index + 1}`, route, matched, reasons });
    if (matched && route.stop) break;
  }
  return out;
}

/**
 * Where an incident is posted: the channels of all matching rules, each once. If no rule matches (or none of the platforms is
 * configured), it is the alert channel of every chat.
 * @param chats the configured ones; the console gets everything in any case
 * @param shadow nothing is posted outside of the console
 */
export function targetsFor(
  verdicts: readonly RouteVerdict[],
  chats: readonly { name: string; alertChannel: string }[],
  shadow = false,
): Target[] {
  const matched = verdicts.filter((verdict) => verdict.matched).map((verdict) => verdict.route);
  const targets = new Map<string, Target>();
  const add = (
    chat: string,
    channel: string,
    rule: Pick<Route, 'mention' | 'shadow'> & { warnings?: boolean },
  ): void => {
    const { mention, shadow: hidden, warnings } = rule;
    const key = `${chat}/${channel}`;
    const known = targets.get(key);
    const all = [...new Set([...(known?.mention ?? []), ...mention])];
    targets.set(key, {
      chat,
      channel,
      ...(all.length > 0 ? { mention: all } : {}),
      // A rule that is in force goes before a rule that is only in shadow.
      ...(hidden && (!known || known.shadow) ? { shadow: true } : {}),
      ...(warnings || known?.warnings ? { warnings: true } : {}),
    });
  };
  // A rule whose platform is not configured has no effect: otherwise an alert could be lost.
  const inForce = matched.filter(({ platform }) => !platform || chats.some(({ name }) => name === platform));
  for (const { name, alertChannel } of chats) {
    if (name === 'console') add(name, alertChannel, { mention: [], shadow: false });
    else if (inForce.length === 0) add(name, alertChannel, { mention: [], shadow });
  }
  for (const route of inForce)
    for (const { name, alertChannel } of chats) {
      if (name === 'console' || (route.platform && route.platform !== name)) continue;
      const warnings = route.match.status?.includes('warning') ?? false;
      const { mention } = route;
      add(name, route.channel ?? alertChannel, { mention, shadow: shadow || route.shadow, warnings });
    }
  return [...targets.values()];
}
