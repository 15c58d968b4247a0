import { plural } from '../grammar.ts';

/** The card of an incident: the first message of its thread. */
export const card = {
  'field.first': 'Do first',
  'field.hurts': 'Affects',
  'field.lastLine': 'Last line',
  'field.cause': 'Cause',
  'field.noticed': 'First sign',
  'field.details': 'Details',
  // alerts of other systems; the source is the system's name
  'field.alerts': 'Alerts',
  alertFiring: (source: string, name: string, since: string) => `${source}: ${name} firing since ${since}`,
  alertOver: (source: string, name: string, at: string) => `${source}: ${name} resolved ${at}`,
  moreAlerts: (count: number) => `and ${count} more ${plural(count, 'alert')}`,
  'cause.confirmed': 'confirmed',
  'cause.likely': (percent: number) => `likely (${percent} %)`,
  soFar: (often: string) => `${often} so far`,
  failingShare: (percent: string, failed: string, total: string, service: string) =>
    `${percent} of the requests to ${service} fail (${failed} of ${total})`,
  servicesMore: (names: string, count: number) => `${names} and ${count} more ${plural(count, 'service')}`,
  // the first step of the advice for a kind of failure
  'first.memory': (service: string) => `Check the memory limit of ${service} and how its use grew.`,
  'first.pool': (service: string) =>
    `Look for connections that ${service} does not give back: slow queries, leaks.`,
  'first.disk': (service: string) => `Free disk space for ${service}, or enlarge the volume.`,
  'first.limit': (service: string) => `Find what uses up this limit of ${service}: leaks, a backlog.`,
  'first.deadlock': (service: string) =>
    `Find the transactions that block each other in ${service} and end the older one.`,
  'first.crash': (service: string) => `Read the lines of ${service} right before the crash.`,
  'first.port': (service: string) => `Find what already listens on the port that ${service} wants.`,
  'first.config': (service: string) =>
    `Compare the configuration of ${service} with its last working version.`,
  'first.auth': (service: string) => `Check the user, the password or token and the grants of ${service}.`,
  'first.tls': (service: string) => `Check the certificate of ${service}: its validity, names and chain.`,
  'first.dns': (service: string) =>
    `Check that the name of ${service} exists in DNS and is spelled correctly.`,
  'first.refused': (service: string) => `Check that ${service} is running and listens on the expected port.`,
  'first.timeout': (service: string) => `Check whether ${service} is overloaded or waits for something else.`,
  'first.reset': (service: string) => `Check whether ${service} restarted or closes connections.`,
  'first.limited': (service: string) => `Lower the request rate to ${service}, or raise its limit.`,
  'first.unavailable': (service: string) => `Check that ${service} is running, ready and reachable.`,
  'first.route': (service: string) => `Check the routes that lead to ${service} and its last deployment.`,
  'first.slow': (service: string) =>
    `Look at what ${service} waits for: its queries, its own calls, its CPU and disk.`,
  'first.status': (service: string) => `Read the error lines of ${service} for these requests.`,
  'first.error': (service: string) =>
    `Read the lines of ${service} below; undo its last change if there was one.`,
  'first.noLines': (service: string) => `Read what ${service} has logged since then.`,
  'first.unanswered': (service: string) =>
    `See in the lines below what ${service} could not reach, and check that it is running.`,
};
