import type { Family } from '../case.ts';
import { APPS } from './apps.ts';
import { CLUSTERS } from './clusters.ts';
import { EDGES } from './edges.ts';
import { JOBS } from './jobs.ts';
import { LANGUAGES } from './languages.ts';
import { NAMES } from './names.ts';
import { PLATFORMS } from './platforms.ts';
import { SERVERS } from './servers.ts';
import { SEVERAL } from './several.ts';
import { STORES } from './stores.ts';

/** Families that nobody makes rules for: the measure of what is general. */
export const HELD: Family[] = [
  ...EDGES,
  ...STORES,
  ...APPS,
  ...LANGUAGES,
  ...PLATFORMS,
  ...SEVERAL,
  ...NAMES,
  ...SERVERS,
  ...CLUSTERS,
  ...JOBS,
];
