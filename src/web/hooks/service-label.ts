/** The random endings of names that Kubernetes makes have no vowels, so that they form no words. */
const RANDOM = /^[bcdfghjklmnpqrstvwxz2456789]+$/;
const HOST_LABELS = ['host', 'hostname', 'node', 'instance'];

/**
 * The owner of a pod by the pod's name: `checkout-7d9f8c6b5b-x2k4q` of a Deployment, `logs-x2k4q` of a DaemonSet, `db-0` of a
 * StatefulSet; any other name as it is.
 */
function podOwner(pod: string): string {
  const parts = pod.split('-');
  const last = parts.at(-1)!;
  if (parts.length > 1 && /^\d{1,5}$/.test(last)) return parts.slice(0, -1).join('-');
  if (parts.length < 2 || last.length !== 5 || !RANDOM.test(last)) return pod;
  const hash = parts.at(-2)!;
  const isReplicaSet = parts.length > 2 && hash.length >= 8 && hash.length <= 10 && RANDOM.test(hash);
  return parts.slice(0, isReplicaSet ? -2 : -1).join('-');
}

/**
 * The service that the labels name.
 * @param names of the labels that are asked, the first that is there counts
 */
export function serviceIn(labels: ReadonlyMap<string, string>, names: readonly string[]): string | undefined {
  for (const name of names) {
    const value = labels.get(name)?.trim();
    if (value) return name === 'pod' ? podOwner(value) : value;
  }
  return undefined;
}

/** The machine that the labels name. */
export const hostIn = (labels: ReadonlyMap<string, string>): string | undefined =>
  serviceIn(labels, HOST_LABELS);
