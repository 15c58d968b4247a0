// Names that another seed draws otherwise: hosts, services, routes, people.
import type { Draw } from './draw.ts';

const HOSTS = ['atlas', 'birch', 'cedar', 'delta', 'ember', 'fjord', 'grove', 'heron', 'iris', 'juniper'];
const SERVICES = [
  'billing',
  'inventory',
  'shipping',
  'ledger',
  'booking',
  'pricing',
  'catalog',
  'invoices',
  'loyalty',
  'returns',
];
const DATABASES = ['maindb', 'ordersdb', 'crm', 'warehouse', 'accounts', 'tickets'];
const DOMAINS = ['example.com', 'example.net', 'example.org', 'acme.test', 'corp.test'];
const PEOPLE = ['mina', 'jonas', 'aiko', 'pedro', 'lena', 'omar', 'tessa', 'hyun'];
const THINGS = ['orders', 'invoices', 'carts', 'parcels', 'accounts', 'tickets', 'vouchers', 'quotes'];
const AGENTS = [
  'Mozilla/5.0 (X11; Linux x86_64; rv:131.0) Gecko/20100101 Firefox/131.0',
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/129.0 Safari/537.36',
  'Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148',
  'okhttp/4.12.0',
];
const CRAWLER = 'Mozilla/5.0 (compatible; ExampleBot/2.1; +http://bot.example.net/)';

/** The names of one system. */
export interface World {
  host: string;
  service: string;
  other: string;
  database: string;
  domain: string;
  person: string;
  thing: string;
  thing2: string;
}

export function createWorld(draw: Draw): World {
  const service = draw.pick(SERVICES);
  const thing = draw.pick(THINGS);
  return {
    host: `${draw.pick(HOSTS)}${draw.int(1, 19)}`,
    service,
    other: draw.pick(SERVICES.filter((one) => one !== service)),
    database: draw.pick(DATABASES),
    domain: draw.pick(DOMAINS),
    person: draw.pick(PEOPLE),
    thing,
    thing2: draw.pick(THINGS.filter((one) => one !== thing)),
  };
}

/** One request as a client makes it. */
export interface Call {
  method: string;
  path: string;
  /** The path with `:id` for the number in it. */
  endpoint: string;
  agent: string;
  /** 200 and its like; 404 for the crawler. */
  status: number;
}

const MISSING = ['/wp-login.php', '/.env', '/robots.txt', '/admin.php', '/favicon.png', '/.git/config'];

/** A web client's next call: pages, the API, and now and then a crawler that finds nothing. */
export function nextCall(draw: Draw, { thing, thing2 }: World): Call {
  if (draw.chance(0.02)) {
    const path = draw.pick(MISSING);
    return { method: 'GET', path, endpoint: `GET ${path}`, agent: CRAWLER, status: 404 };
  }
  const [method, form, status] = draw.weigh<[string, string, number]>([
    [['GET', `/api/${thing}`, 200], 30],
    [['GET', `/api/${thing}/:id`, 200], 22],
    [['POST', `/api/${thing}`, 201], 8],
    [['GET', `/api/${thing2}/:id`, 200], 14],
    [['PUT', `/api/${thing2}/:id`, 200], 6],
    [['GET', '/', 200], 12],
    [['POST', '/session', 200], 5],
  ]);
  const path = form.replace(':id', String(draw.int(1, 9999)));
  return {
    method,
    path,
    endpoint: `${method} ${form}`,
    agent: draw.pick(AGENTS),
    status: method === 'GET' && draw.chance(0.02) ? 304 : status,
  };
}

/** The addresses 2 to 9 of a net, bare and with a port: what a log may blame. */
export const addresses = (net: string, port: number): string[] =>
  [2, 3, 4, 5, 6, 7, 8, 9].flatMap((n) => [`${net}.${n}`, `${net}.${n}:${port}`]);
