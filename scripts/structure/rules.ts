import { LIMITS, type Structure } from './measure.ts';

/** A rule of shape, what breaks it by name, and where that has a size, the size. */
interface Rule {
  says: string;
  broken: (of: Structure) => [name: string, size?: number][];
}

export const RULES = {
  'function-lines': {
    says: `a function has at most ${LIMITS.functionLines} lines`,
    broken: ({ longFunctions }) => longFunctions.map(({ path, name, lines }) => [`${path} ${name}`, lines]),
  },
  parameters: {
    says: `a function has at most ${LIMITS.parameters} parameters`,
    broken: ({ manyParameters }) =>
      manyParameters.map(({ path, name, parameters }) => [`${path} ${name}`, parameters]),
  },
  'folder-files': {
    says: `at most ${LIMITS.filesInFolder} files lie flat in a folder`,
    broken: ({ folders }) => folders.map(({ path, files }) => [path, files]),
  },
  'import-cycle': {
    says: 'files do not import each other in a circle',
    broken: ({ cycles }) => cycles.map((cycle) => [cycle.join(' ')]),
  },
  'unused-export': {
    says: 'what is exported is imported somewhere',
    broken: ({ unused }) => unused.exports.map(({ path, name }) => [`${path} ${name}`]),
  },
  'unused-file': {
    says: 'a file is imported somewhere',
    broken: ({ unused }) => unused.files.map((path) => [path]),
  },
  'unused-package': {
    says: 'a package of package.json is imported somewhere',
    broken: ({ unused }) => unused.packages.map((name) => [name]),
  },
} satisfies Record<string, Rule>;
type RuleName = keyof typeof RULES;
const RULE_NAMES = Object.keys(RULES) as RuleName[];

/** Why a rule may be broken: the size it is tolerated up to, a reason, or both. */
type Exception = number | string | { size: number; reason: string };
export type Exceptions = { [rule in RuleName]?: Record<string, Exception> };

const sizeOf = (exception: Exception): number | undefined =>
  typeof exception === 'object' ? exception.size : typeof exception === 'number' ? exception : undefined;
const reasonOf = (exception: Exception | undefined): string | undefined =>
  typeof exception === 'object' ? exception.reason : typeof exception === 'string' ? exception : undefined;

/** A sentence for each breach that is not excepted, for each that grew beyond its exception, and for each exception not needed. */
export function check(structure: Structure, exceptions: Exceptions): string[] {
  const unknown = Object.keys(exceptions).filter((name) => !(name in RULES));
  return [
    ...unknown.map((name) => `exceptions.json: there is no rule "${name}"`),
    ...RULE_NAMES.flatMap((rule) => {
      const excepted = exceptions[rule] ?? {};
      const broken = RULES[rule].broken(structure);
      const names = new Set(broken.map(([name]) => name));
      return [
        ...broken.flatMap(([name, size]) => {
          if (!Object.hasOwn(excepted, name))
            return [`${name}${size === undefined ? '' : `: ${size}`} (${rule}: ${RULES[rule].says})`];
          const most = sizeOf(excepted[name]!);
          return size !== undefined && most !== undefined && size > most
            ? [`${name}: grew from ${most} to ${size} (${rule}: ${RULES[rule].says})`]
            : [];
        }),
        ...Object.keys(excepted)
          .filter((name) => !names.has(name))
          .map((name) => `${name}: its exception from ${rule} is not needed any more; remove it`),
      ];
    }),
  ];
}

/** The exceptions that today's state needs, with the reasons that were already written. */
export function neededExceptions(structure: Structure, before: Exceptions): Exceptions {
  return Object.fromEntries(
    RULE_NAMES.map((rule) => {
      const entries = RULES[rule].broken(structure).map(([name, size]): [string, Exception] => {
        const reason = reasonOf(before[rule]?.[name]);
        if (size === undefined) return [name, reason ?? 'not mended yet'];
        return [name, reason === undefined ? size : { size, reason }];
      });
      return [rule, Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)))] as const;
    }).filter(([, entries]) => Object.keys(entries).length > 0),
  );
}
