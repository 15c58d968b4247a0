import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface FakeTemplate {
  name: string;
  index_template: Record<string, unknown>;
}

/** As much of an Elasticsearch as a log store needs to open, to look and to write; it remembers what was asked of it. */
export interface FakeElastic extends AsyncDisposable {
  url: string;
  templates: FakeTemplate[];
  /** Mappings by index. */
  indices: Record<string, { mappings: Record<string, unknown> }>;
  documents: Map<string, unknown>;
  /** `PUT /_index_template/x` of every request that changes something. */
  changes: string[];
  /** The error of a document that is refused; undefined takes it. */
  refuse: (document: {
    line: string;
    service: string;
  }) => { type: string; reason: string; status?: number } | undefined;
  /** Status of requests for templates. */
  templateStatus: number;
  /** Largest bulk request, in characters; a larger one is 413, as a proxy says it. */
  bulkLimit: number;
  /** Status of bulk requests. */
  bulkStatus: number;
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of request) text += String(chunk);
  return text;
}

export async function fakeElastic(): Promise<FakeElastic> {
  const server = createServer(
    (request, response) => void answer(request, response).catch(() => response.destroy()),
  );
  const fake: FakeElastic = {
    url: '',
    templates: [],
    indices: {},
    documents: new Map(),
    changes: [],
    refuse: () => undefined,
    templateStatus: 200,
    bulkLimit: Number.POSITIVE_INFINITY,
    bulkStatus: 200,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };

  /** Of the template whose pattern is the name of the index. */
  function mappingFor(index: string): Record<string, unknown> {
    const of = fake.templates.find(({ index_template: { index_patterns: patterns } }) =>
      [patterns].flat().includes(index),
    );
    return (of?.index_template.template as { mappings?: Record<string, unknown> })?.mappings ?? {};
  }

  function bulk(text: string): unknown {
    const rows = text.trimEnd().split('\n');
    const items = [];
    for (let at = 0; at < rows.length; at += 2) {
      const id = (JSON.parse(rows[at]!) as { create: { _id: string } }).create._id;
      const document = JSON.parse(rows[at + 1]!);
      const error = fake.refuse(document);
      if (!error && !fake.documents.has(id)) fake.documents.set(id, document);
      items.push({
        create: error ? { _id: id, status: error.status ?? 400, error } : { _id: id, status: 201 },
      });
    }
    return { errors: false, took: 1, items };
  }

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = decodeURIComponent(new URL(request.url!, 'http://x').pathname);
    const text = await bodyOf(request);
    const say = (status: number, body: unknown): void => {
      response.writeHead(status, {
        'content-type': 'application/vnd.elasticsearch+json; compatible-with=8',
        'x-elastic-product': 'Elasticsearch',
      });
      response.end(JSON.stringify(body));
    };
    const [first = '', second = ''] = path.slice(1).split('/');
    if (request.method === 'PUT' || request.method === 'DELETE')
      fake.changes.push(`${request.method} ${path}`);
    if (first === '_index_template') {
      if (fake.templateStatus !== 200)
        return say(fake.templateStatus, { error: { type: 'security_exception' } });
      if (request.method === 'GET') return say(200, { index_templates: fake.templates });
      fake.templates = fake.templates.filter(({ name }) => name !== second);
      fake.templates.push({ name: second, index_template: JSON.parse(text) });
      return say(200, { acknowledged: true });
    }
    if (second === '_mapping') return say(200, fake.indices[first] ? { [first]: fake.indices[first] } : {});
    if (second === '_bulk' && text.length > fake.bulkLimit) return say(413, {});
    if (second === '_bulk' && fake.bulkStatus !== 200)
      return say(fake.bulkStatus, { error: { type: 'unknown' } });
    if (second === '_bulk') return say(200, bulk(text));
    if (second === '_refresh') return say(200, {});
    if (first === '_cluster') return say(200, { status: 'green' });
    if (second === '_count') return say(200, { count: fake.documents.size });
    if (second === '_search') return say(200, { hits: { hits: [], total: { value: 0 } }, aggregations: {} });
    if (request.method === 'PUT' && second === '') {
      fake.indices[first] = { mappings: mappingFor(first) };
      return say(200, { acknowledged: true });
    }
    return say(404, { error: { type: 'unknown' } });
  }

  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  fake.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return fake;
}
