import type { CommandSpec } from './spec.ts';
import { TABLE } from './table.ts';

/** What the console page needs to complete a command while it is typed; what acts on incidents comes last. */
export const completions = () =>
  (TABLE as readonly CommandSpec[])
    .map(({ name, ko, about, group, arguments: all }) => ({
      en: name,
      ko,
      about,
      options: all.some(({ kind }) => kind === 'window'),
      begun: group === 'act',
    }))
    .sort((a, b) => Number(a.begun) - Number(b.begun));
