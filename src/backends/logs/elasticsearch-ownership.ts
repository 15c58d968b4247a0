import type { estypes } from '@elastic/elasticsearch';
import { AppError } from '../../domain/errors.ts';
import { fitsGlob } from '../../domain/text/glob.ts';
import { type ElasticIndex, elasticError } from './elasticsearch-client.ts';
import { indexTemplate, isOurs, templateName } from './elasticsearch-document.ts';

/** Something that others made and that has a name which Bongsu needs for its records. */
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

/** Only this is asked of each template: a cluster has hundreds of large ones. */
const TEMPLATE_FACTS = [
  'index_templates.name',
  ...['index_patterns', 'priority', 'version', '_meta'].map(
    (field) => `index_templates.index_template.${field}`,
  ),
];

const list = (value: string | string[] | undefined): string[] =>
  value === undefined ? [] : typeof value === 'string' ? [value] : value;

/**
 * Finds out what in the cluster is ours and what others made, under the names that Bongsu uses. Only `prepare` writes, and only
 * where nothing was or where our mark is; it is for writers of records. Everything else only reads.
 */
export class Ownership {
  readonly #target: ElasticIndex;
  readonly #wanted: estypes.IndicesPutIndexTemplateRequest;

  constructor(target: ElasticIndex) {
    this.#target = target;
    this.#wanted = indexTemplate(target.index);
  }

  /**
   * Things made by others that prevent ours; undefined if there are none, or if this client may not look.
   * @param within limits of the requests
   */
  async foreign(within: { requestTimeout?: number } = {}): Promise<Foreign | undefined> {
    const other = (await this.#indices(within)).find(({ ours }) => !ours);
    if (other) return { what: 'index', name: other.name };
    try {
      return this.#foreignAmong(await this.#templates(within));
    } catch (error) {
      const failure = elasticError(error, this.#target.place);
      if (failure.code !== 'unauthorized') throw failure;
      return undefined;
    }
  }

  /** Whether the name stands for indices that others made, and for none of ours. */
  async isOthers(within: { requestTimeout?: number } = {}): Promise<boolean> {
    const found = await this.#indices(within);
    return found.length > 0 && found.every(({ ours }) => !ours);
  }

  /** Whether there is an index of ours. */
  async exists(): Promise<boolean> {
    return (await this.#indices({}).catch(() => [])).some(({ ours }) => ours);
  }

  /**
   * Makes sure that our template is there before the first document: without it the server would guess a mapping.
   * @returns the index of others that has our name, and takes no record of ours
   * @throws AppError `config_invalid` naming the template of others that is in the way
   */
  async prepare(): Promise<Foreign | undefined> {
    const found = await this.#indices({});
    const other = found.find(({ ours }) => !ours);
    if (other) return { what: 'index', name: other.name };
    try {
      await this.#putTemplate();
    } catch (error) {
      // A client that may only write documents needs no template where the index is there.
      if (found.length === 0 || elasticError(error, this.#target.place).code !== 'unauthorized') throw error;
    }
    return undefined;
  }

  async #templates(within: { requestTimeout?: number }): Promise<FoundTemplate[]> {
    const { indices } = this.#target.client;
    const found = await indices.getIndexTemplate({ filter_path: [...TEMPLATE_FACTS] }, within);
    return (found.index_templates ?? []).map(({ name, index_template: template }) => ({
      name,
      patterns: list(template?.index_patterns),
      priority: template?.priority ?? 0,
      version: template?.version ?? 0,
      ours: isOurs(template?._meta),
    }));
  }

  /** The index, or what the name stands for (an alias, a data stream); empty where there is nothing yet. */
  async #indices(within: { requestTimeout?: number }): Promise<{ name: string; ours: boolean }[]> {
    const { client, index, place } = this.#target;
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

  /** A template that has our name, or that would shape our index instead of ours. */
  #foreignAmong(all: FoundTemplate[]): Foreign | undefined {
    const { index } = this.#target;
    const found = all.find(
      ({ name, patterns, priority, ours }) =>
        !ours &&
        (name === templateName(index) ||
          (priority >= this.#wanted.priority! && patterns.some((pattern) => fitsGlob(pattern, index)))),
    );
    return found && { what: 'template', name: found.name };
  }

  async #putTemplate(again = true): Promise<void> {
    const { client, index, log } = this.#target;
    const all = await this.#templates({});
    const foreign = this.#foreignAmong(all);
    if (foreign) throw new AppError('config_invalid', nameTakenText(foreign, index));
    const known = all.find(({ name }) => name === templateName(index));
    if (known && known.version >= this.#wanted.version!) return;
    try {
      await client.indices.putIndexTemplate({ ...this.#wanted, create: known === undefined });
    } catch (error) {
      // Another process may have been faster; what it made is checked like anything else.
      if (known || !again) throw error;
      return this.#putTemplate(false);
    }
    log.info({ template: templateName(index) }, 'elasticsearch: index template written');
  }
}

/** Versions before the mark made an index too: it is known by fields that no other index has. */
function isOurMapping(mapping: estypes.MappingTypeMapping): boolean {
  const { _meta, _source, properties } = mapping;
  return isOurs(_meta) || (list(_source?.excludes).includes('grams') && properties?.grams !== undefined);
}

/** A sentence for people: what prevents ours, and what to do about it. */
export const nameTakenText = ({ what, name }: Foreign, index: string): string =>
  `the Elasticsearch ${what} "${name}" was not made by Bongsu and is in the way of logs.index "${index}"; set logs.index to a name that is free, or rename or remove that ${what}`;
