import { z } from 'zod';
import { FIELD_VARIABLES } from '../../src/config/environment.ts';
import { configSchema } from '../../src/config/schema.ts';
import { code, NOTE, table } from './markdown.ts';

/** What is read of a JSON schema. */
interface Schema {
  type?: string;
  description?: string;
  default?: unknown;
  const?: unknown;
  enum?: unknown[];
  format?: string;
  minimum?: number;
  maximum?: number;
  exclusiveMinimum?: number;
  minLength?: number;
  properties?: Record<string, Schema>;
  required?: string[];
  additionalProperties?: Schema | boolean;
  items?: Schema;
  anyOf?: Schema[];
  oneOf?: Schema[];
}

interface Field {
  path: string;
  type: string;
  default: string;
  meaning: string;
}

/** docs/config.md: each field of the configuration file. Throws where a field has no meaning written in its schema. */
export function configPage(): string {
  const { properties = {} } = jsonSchema(configSchema);
  const isSection = (schema: Schema): boolean => fieldsOf('', schema).length > 0;
  const single = Object.entries(properties).filter(([, schema]) => !isSection(schema));
  const sections = Object.entries(properties).filter(([, schema]) => isSection(schema));
  const parts = [
    table(
      HEADER,
      single.map(([name, schema]) => rowOf(fieldOf(name, schema, false))),
    ),
    ...sections.map(([name, schema]) => {
      const own = fieldOf(name, schema, false);
      const standard = own.default === '–' ? '' : ` Default: ${own.default}.`;
      return `## \`${name}\`\n\n${own.meaning}${standard}\n\n${table(HEADER, fieldsOf(name, schema).map(rowOf))}`;
    }),
  ];
  const nameless = [...single, ...sections]
    .flatMap(([name, schema]) => [fieldOf(name, schema, false), ...fieldsOf(name, schema)])
    .filter(({ meaning }) => meaning === '');
  if (nameless.length > 0)
    throw new Error(`no description in src/config for: ${nameless.map(({ path }) => path).join(', ')}`);
  return `# Configuration
${NOTE}

Every field of \`config.json\` (\`src/config/schema.ts\` and the files it imports). All of them may be left out unless the default says
"required". An unknown field or a wrong value is refused at the start, with its path.

\`name[]\` is each entry of a list, \`name[kind]\` each entry of that kind, \`name.*\` each value of a table by name. A variable of the
environment wins over the file. A secret is read from the environment only (or from the \`.env\` file in Bongsu's own folder) and refused
in the file, as is an address with a password. \`SLACK_CHANNEL\` with \`SLACK_BOT_TOKEN\`, and \`DISCORD_CHANNEL\` with \`DISCORD_TOKEN\`, add
the chat where the file has none of that kind. Of several models of one kind the variables mean the first. \`BONGSU_CONFIG\` names the file itself.

${parts.join('\n\n')}
`;
}

const jsonSchema = (schema: z.ZodType): Schema =>
  z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as Schema;

/** All fields of a schema, by their paths. */
export const describeFields = (schema: z.ZodType): Field[] => fieldsOf('', jsonSchema(schema));

const HEADER = ['field', 'type', 'default', 'meaning'];
const rowOf = ({ path, type, default: standard, meaning }: Field): string[] => [
  `\`${path}\``,
  type,
  standard,
  meaning + variablesOf(path),
];

/** All fields inside of a schema, outer ones first. */
function fieldsOf(path: string, schema: Schema): Field[] {
  const kinds = schema.oneOf ?? schema.anyOf ?? [];
  const tagged = kinds.filter((kind) => kind.properties?.kind?.const !== undefined);
  if (tagged.length > 0) return tagged.flatMap((kind) => fieldsOfKind(path, kind));
  if (schema.items) {
    const { items } = schema;
    return items.oneOf || items.anyOf ? fieldsOf(path, items) : fieldsOf(`${path}[]`, items);
  }
  if (typeof schema.additionalProperties === 'object')
    return fieldsOf(`${path}.*`, schema.additionalProperties);
  return Object.entries(schema.properties ?? {}).flatMap(([name, inner]) => {
    const own = path === '' ? name : `${path}.${name}`;
    return [fieldOf(own, inner, schema.required?.includes(name) ?? false), ...fieldsOf(own, inner)];
  });
}

/** The fields of one kind of several, its `kind` first. */
function fieldsOfKind(path: string, schema: Schema): Field[] {
  const kind = schema.properties!.kind!;
  const { kind: _, ...others } = schema.properties!;
  const own = `${path}[${kind.const}]`;
  return [
    { path: `${own}.kind`, type: code(kind.const), default: 'required', meaning: kind.description ?? '' },
    ...fieldsOf(own, { ...schema, properties: others }),
  ];
}

function fieldOf(path: string, schema: Schema, required: boolean): Field {
  const isWhole = schema.properties !== undefined && Object.keys(schema.default ?? {}).length === 0;
  const standard =
    schema.default === undefined || isWhole ? (required ? 'required' : '–') : code(schema.default);
  return { path, type: typeOf(schema), default: standard, meaning: schema.description ?? '' };
}

/** A type in words, with its choices or limits. */
function typeOf(schema: Schema): string {
  if (schema.const !== undefined) return code(schema.const);
  if (schema.enum) return schema.enum.map(code).join(', ');
  const choices = schema.anyOf ?? schema.oneOf;
  if (choices?.some(({ properties }) => properties?.kind)) return 'section';
  if (choices) return choices.map(typeOf).join(', or ');
  switch (schema.type) {
    case 'array':
      return schema.items?.properties || schema.items?.oneOf
        ? 'list of sections'
        : `list of ${typeOf(schema.items!)}`;
    case 'object':
      return schema.properties ? 'section' : 'sections by name';
    case 'integer':
    case 'number':
      return schema.type + range(schema);
    case 'string':
      return schema.format === 'uri' ? 'address (URL)' : 'text';
    default:
      return schema.type ?? 'any';
  }
}

/** The limits of a number; the largest safe integer is what the schema says for "no limit". */
function range({ minimum, maximum, exclusiveMinimum }: Schema): string {
  const most = maximum === Number.MAX_SAFE_INTEGER ? undefined : maximum;
  const least = minimum === -Number.MAX_SAFE_INTEGER ? undefined : minimum;
  if (exclusiveMinimum !== undefined)
    return most === undefined
      ? `, above ${exclusiveMinimum}`
      : `, above ${exclusiveMinimum}, at most ${most}`;
  if (least !== undefined && most !== undefined) return `, ${least} to ${most}`;
  return least === undefined ? '' : `, at least ${least}`;
}

/** Which variables of the environment set a field, and whether it is a secret. */
function variablesOf(path: string): string {
  // A section that is one of several kinds has the same path whatever its kind is.
  const plain = path.replace(/^(bus|logs|state|queue)\[\w+\]/, '$1');
  const found = FIELD_VARIABLES.filter((field) => field.path === plain && !field.passwordOnly);
  if (found.length === 0) return '';
  const names = found.map(({ variable }) => `\`${variable}\``).join(', ');
  return found.some(({ secret }) => secret === 'always')
    ? ` Secret: only from ${names}.`
    : ` Environment: ${names}.`;
}
