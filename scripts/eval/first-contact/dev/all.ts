import type { Family } from '../case.ts';
import { CONTAINERS } from './containers.ts';
import { HOSTS } from './hosts.ts';
import { JAVA } from './java.ts';
import { NODE } from './node.ts';
import { OTHERS } from './others.ts';
import { PROXIES } from './proxies.ts';
import { SEASONS } from './seasons.ts';
import { STORES } from './stores.ts';
import { WEB_APPS } from './web-apps.ts';

/** Families that rules may be made and tuned on. */
export const DEV: Family[] = [
  ...PROXIES,
  ...JAVA,
  ...NODE,
  ...WEB_APPS,
  ...STORES,
  ...HOSTS,
  ...CONTAINERS,
  ...OTHERS,
  ...SEASONS,
];
