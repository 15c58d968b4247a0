import type { Client, estypes } from '@elastic/elasticsearch';
import { AppError } from '../../domain/errors.ts';
import { fitsGlob } from '../../domain/text/glob.ts';
import type { Log } from '../../log.ts';
import { elasticError } from './elasticsearch-client.ts';
import { indexTemplate, isOurs, templateName } from './elasticsearch-document.ts';

/** Something that others made and that stands where Bongsu keeps its records. */
export interface Foreign {
  what: 'template' | 'index';
  /** Its name in the cluster: of a template, or of the index behind the configured name. */
  name: string;
}

interface FoundTemplate {
  name: string;
  patterns: string[];
  priority: number;
  version: number;
  ours: boolean;
}

/** What is asked of each template: a cluster has hundreds of large ones. */
const TEMPLATE_FACTS = [
  'index_templates.name',
  ...['index_patterns', 'priority', 'version', '_meta'].map(
    (field) => `index_templates.index_template.${field}`,
  ),
];

const list = (value: string | string[] | undefined): string[] =>
  value === undefined ? [] : typeof value === 'string' ? [value] : value;

/**
 * What stands in the cluster under the names Bongsu uses. Only `prepare` writes, and only what was absent or carries our mark;
 * it is for whoever writes records. Everything else reads.
 */
export function ownership(options: { client: Client; index: string; place: string; log: Log }) {
  const { client, index, place, log } = options;
  const wanted = indexTemplate(index);

  async function templates(within: { requestTimeout?: number }): Promise<FoundTemplate[]> {
    const found = await client.indices.getIndexTemplate({ filter_path: [...TEMPLATE_FACTS] }, within);
    return (found.index_templates ?? []).map(({ name, index_template: template }) => ({
      name,
      patterns: list(template?.index_patterns),
      priority: template?.priority ?? 0,
      version: template?.version ?? 0,
      ours: isOurs(template?._meta),
    }));
  }

  /** The index, or what the name stands for (an alias, a data stream); empty where there is nothing yet. */
  async function indices(within: { requestTimeout?: number }): Promise<{ name: string; ours: boolean }[]> {
    const found = await client.indices
      .getMapping({ index, ignore_unavailable: true, allow_no_indices: true }, within)
      .catch((error) => {
        if (elasticError(error, place).code === 'not_found') return {};
        throw error;
      });
    return Object.entries(found).flatMap(
      ([name, entry]: [string, { mappings?: estypes.MappingTypeMapping }]) =>
        entry?.mappings ? [{ name, ours: isOurMapping(entry.mappings) }] : [],
    );
  }

  /** A template that has our name, or that would shape our index before ours does. */
  const foreignAmong = (all: FoundTemplate[]): Foreign | undefined => {
    const found = all.find(
      ({ name, patterns, priority, ours }) =>
        !ours &&
        (name === templateName(index) ||
          (priority >= wanted.priority! && patterns.some((pattern) => fitsGlob(pattern, index)))),
    );
    return found && { what: 'template', name: found.name };
  };

  async function putTemplate(again = true): Promise<void> {
    const all = await templates({});
    const foreign = foreignAmong(all);
    if (foreign) throw new AppError('config_invalid', inTheWay(foreign, index));
    const known = all.find(({ name }) => name === templateName(index));
    if (known && known.version >= wanted.version!) return;
    try {
      await client.indices.putIndexTemplate({ ...wanted, create: known === undefined });
    } catch (error) {
      // Another process may have been faster, and what it made is looked at like anything else.
      if (known || !again) throw error;
      return putTemplate(false);
    }
    log.info({ template: templateName(index) }, 'elasticsearch: index template written');
  }

  return {
    /**
     * What is in the way; undefined where nothing is, or where this client may not look.
     * @param within limits of the requests
     */
    async foreign(within: { requestTimeout?: number } = {}): Promise<Foreign | undefined> {
      const other = (await indices(within)).find(({ ours }) => !ours);
      if (other) return { what: 'index', name: other.name };
      try {
        return foreignAmong(await templates(within));
      } catch (error) {
        const failure = elasticError(error, place);
        if (failure.code !== 'unauthorized') throw failure;
        return undefined;
      }
    },

    /** Whether there is an index of ours. */
    exists: async (): Promise<boolean> => (await indices({}).catch(() => [])).some(({ ours }) => ours),

    /**
     * Makes sure of the template before the first document: without it the server would guess a mapping.
     * @returns the index of others that stands under the name and takes no record of ours
     * @throws AppError `config_invalid` naming the template of others that is in the way
     */
    async prepare(): Promise<Foreign | undefined> {
      const there = await indices({});
      const other = there.find(({ ours }) => !ours);
      if (other) return { what: 'index', name: other.name };
      try {
        await putTemplate();
      } catch (error) {
        // Whoever may only write documents needs no template where the index is there.
        if (there.length === 0 || elasticError(error, place).code !== 'unauthorized') throw error;
      }
      return undefined;
    },
  };
}

/** An index made by a version before the mark has the shape that no other has. */
function isOurMapping(mapping: estypes.MappingTypeMapping): boolean {
  const { _meta, _source, properties } = mapping;
  return isOurs(_meta) || (list(_source?.excludes).includes('grams') && properties?.grams !== undefined);
}

/** What is in the way of a write, and what to do. */
export const inTheWay = ({ what, name }: Foreign, index: string): string =>
  `the Elasticsearch ${what} "${name}" was not made by Bongsu and is in the way of logs.index "${index}"; set logs.index to a name that is free, or rename or remove that ${what}`;
