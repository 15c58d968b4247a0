import type { Level } from '../../../domain/log/record.ts';
import { recordFailure } from '../../logs/failure.ts';
import { canonicalName, mentions } from '../../service-names/names.ts';
import type { FailureGroup } from '../failure-groups.ts';
import { type Scene, workingOf } from './shared-port.ts';

/** How many lines are searched for one that tells of a call that was answered. */
const LINES = 100;
const CALM: Level[] = ['trace', 'debug', 'info'];

/**
 * Marks the targets that a caller dials at a port on which they do not listen: they say that they listen on others, they go on
 * working, somebody else is served there, and nobody ever was at the port that is dialled. The caller has the wrong address. Each
 * address is looked for once.
 */
export async function findWrongPorts(groups: readonly FailureGroup[], scene: Scene): Promise<FailureGroup[]> {
  const out: FailureGroup[] = [];
  const known = new Map<string, Promise<boolean>>();
  const served: Served = (service, port) => {
    const key = `${service}:${port}`;
    const answer = known.get(key) ?? isServed(service, port, scene);
    known.set(key, answer);
    return answer;
  };
  for (const group of groups) {
    const targets: FailureGroup['targets'] = [];
    for (const target of group.targets)
      targets.push((await isWrong(group, target, scene, served)) ? { ...target, wrongPort: true } : target);
    out.push({ ...group, targets });
  }
  return out;
}

type Served = (service: string, port: string) => Promise<boolean>;

async function isWrong(
  group: FailureGroup,
  { service, port, how }: FailureGroup['targets'][number],
  scene: Scene,
  served: Served,
): Promise<boolean> {
  if ((how !== 'host' && how !== 'port') || !port) return false;
  const listening = [...scene.directory.listeners].flatMap(([at, by]) => (by.has(service) ? [at] : []));
  if (listening.length === 0 || listening.includes(port)) return false;
  const working = await workingOf([service], group, scene);
  if (!working.has(service) || (await served(service, port))) return false;
  for (const at of listening) if (await served(service, at)) return true;
  return false;
}

/** Whether a calm line of somebody else names the service, or its address, with a port. */
async function isServed(service: string, port: string, { logs, window, directory }: Scene): Promise<boolean> {
  const asked = { to: window.to, text: `":${port}"`, levels: CALM };
  const { records } = await logs.search(asked, { limit: LINES, order: 'oldest' });
  return records.some(
    (record) =>
      canonicalName(record.service, directory.own) !== service &&
      recordFailure(record) === undefined &&
      mentions(record, directory).some((mention) => mention.service === service && mention.port === port),
  );
}
