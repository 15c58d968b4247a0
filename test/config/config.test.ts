import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { checkRoles, loadConfig, parseConfig } from '../../src/config/config.ts';
import { AppError } from '../../src/domain/errors.ts';

/** The message of the config error that `run` must throw. */
function refusal(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    assert.ok(error instanceof AppError, String(error));
    assert.equal(error.code, 'config_invalid');
    return error.message;
  }
  assert.fail('was accepted');
}

describe('config', () => {
  test('an empty object is the embedded default', () => {
    const config = parseConfig({});
    assert.deepEqual(
      [config.bus.kind, config.logs.kind, config.state.kind, config.queue.kind, config.http.port],
      ['memory', 'sqlite', 'sqlite', 'embedded', 8083],
    );
    assert.ok(Object.isFrozen(config) && Object.isFrozen(config.http));
  });

  test('the shipped config.json is valid and says what the defaults say', () => {
    const { config } = loadConfig(join(import.meta.dirname, '../../config.json'), {});
    const { dataDir: _, ...shipped } = config;
    const { dataDir: __, ...defaults } = parseConfig({});
    assert.deepEqual(shipped, defaults);
  });

  test('the GPU override of the deployment changes services that are there', () => {
    const servicesOf = (file: string): string[] =>
      [...readFileSync(join(import.meta.dirname, '../..', file), 'utf8').matchAll(/^ {2}([\w-]+):$/gm)].map(
        ([, name]) => name!,
      );
    const known = servicesOf('docker-compose.yml');
    const changed = servicesOf('docker-compose.gpu.yml');
    assert.deepEqual(changed, ['ollama', 'worker']);
    for (const name of changed) assert.ok(known.includes(name), name);
  });

  test('every wrong field is named with its path, without its value', () => {
    const message = refusal(() =>
      parseConfig({ http: { port: 'hunter2' }, bus: { kind: 'kafka', brokers: [] }, detect: { warmup: -1 } }),
    );
    assert.match(message, /config\.json: http\.port: /);
    assert.match(message, /config\.json: bus\.brokers: /);
    assert.match(message, /config\.json: detect\.warmup: /);
    assert.doesNotMatch(message, /hunter2/);
  });

  test('a warning that asks for more than a critical is refused, also where the other is the default', () => {
    const allowed = /^own\.json: detect\.warning: must not be above detect\.critical \((0\.85|0\.5)\)/;
    for (const detect of [{ warning: 0.9 }, { critical: 0.5 }, { warning: 0.95, critical: 0.85 }])
      assert.match(
        refusal(() => parseConfig({ detect }, {}, 'own.json')),
        allowed,
      );
    assert.equal(parseConfig({ detect: { warning: 0.85 } }).detect.warning, 0.85);
  });

  test('a wrong value of the environment is blamed on its variable, without the value', () => {
    const message = refusal(() => parseConfig({}, { OLLAMA_API_URL: 'localhost:11434' }));
    assert.match(message, /^OLLAMA_API_URL in the environment \(models\.1\.url\): /);
    assert.doesNotMatch(message, /config\.json|11434/);
    assert.match(
      refusal(() => parseConfig({}, { BONGSU_TOKEN: 'short' })),
      /^BONGSU_TOKEN in the environment \(http\.token\): /,
    );
    assert.match(
      refusal(() => parseConfig({ http: 'x' }, { BONGSU_TOKEN: 'long enough a token' })),
      /^config\.json: http: /,
    );
  });

  test('an unknown field names those that are known, of the kind that was chosen', () => {
    assert.match(
      refusal(() => parseConfig({ http: { prot: 1 } })),
      /^config\.json: http: unknown field prot; known are host, port, publicUrl, token$/,
    );
    const bus = { kind: 'kafka', brokers: ['a:9092'], broker: 'b' };
    const message = refusal(() => parseConfig({ bus }));
    assert.match(message, /bus: unknown field broker; known are kind, brokers, /);
  });

  test('of two models of a kind the environment speaks of the first; a key is for both', () => {
    const models = [
      { kind: 'openai', id: 'a', model: 'large' },
      { kind: 'openai', id: 'b', model: 'small' },
    ];
    const env = { OPENAI_MODEL: 'mine', OPENAI_API_KEY: 'sk-1' };
    assert.deepEqual(
      parseConfig({ models }, env).models.map((entry) => [
        entry.model,
        entry.kind === 'openai' && entry.apiKey,
      ]),
      [
        ['mine', 'sk-1'],
        ['small', 'sk-1'],
      ],
    );
  });

  test('an unknown key and an unknown kind are refused', () => {
    assert.match(
      refusal(() => parseConfig({ detect: { treshold: 1 } })),
      /detect: unknown field treshold/,
    );
    assert.match(
      refusal(() => parseConfig({ bus: { kind: 'nats' } })),
      /config\.json: bus\.kind: .*'memory' \| 'kafka'/,
    );
    assert.match(
      refusal(() => parseConfig({ timeZone: 'Mars/Olympus' })),
      /timeZone: not an IANA time zone/,
    );
    assert.match(
      refusal(() => parseConfig([])),
      /must be an object/,
    );
  });

  test('an existing index is named by the environment alone; its key never stands in the file', () => {
    const env = {
      ELASTICSEARCH_URL: 'https://reader:pw@search.example:9200',
      ELASTICSEARCH_INDEX: 'filebeat-*',
      ELASTICSEARCH_API_KEY: 'a2V5',
      ELASTICSEARCH_CA: '/etc/ca.pem',
    };
    assert.deepEqual(parseConfig({}, env).logs, {
      kind: 'elasticsearch',
      url: env.ELASTICSEARCH_URL,
      index: 'filebeat-*',
      apiKey: 'a2V5',
      ca: '/etc/ca.pem',
    });
    const other = {
      OPENSEARCH_URL: 'https://os.example',
      OPENSEARCH_INDEX: 'logs-*',
      OPENSEARCH_CA: 'ca.pem',
    };
    assert.deepEqual(parseConfig({}, other).logs, {
      kind: 'opensearch',
      url: 'https://os.example',
      index: 'logs-*',
      ca: 'ca.pem',
    });
    const redis = parseConfig({}, { REDIS_URL: 'rediss://u:p@r:6380', REDIS_CA: 'ca.pem' });
    assert.deepEqual(
      [redis.state, redis.queue].map((one) => ('ca' in one ? one.ca : undefined)),
      ['ca.pem', 'ca.pem'],
    );
    const logs = { kind: 'elasticsearch', url: 'http://a:9200', apiKey: 'a2V5' };
    const message = refusal(() => parseConfig({ logs }));
    assert.match(message, /logs\.apiKey: .*ELASTICSEARCH_API_KEY/);
    assert.doesNotMatch(message, /a2V5/);
    assert.match(
      refusal(() => parseConfig({}, { OPENSEARCH_URL: 'https://os.example' })),
      /logs\.index/,
    );
  });

  test('secrets in the file are refused, with the variable to use', () => {
    const message = refusal(() => parseConfig({ models: [{ kind: 'openai', apiKey: 'sk-live-123' }] }));
    assert.match(message, /models\.0\.apiKey: .*OPENAI_API_KEY/);
    assert.doesNotMatch(message, /sk-live/);
    assert.match(
      refusal(() => parseConfig({ chats: [{ kind: 'slack', channel: 'C1', botToken: 'x' }] })),
      /SLACK_BOT_TOKEN/,
    );
  });

  test('so is an address with a password; without one it may stand there', () => {
    const redis = (url: string) => ({ state: { kind: 'redis', url } });
    const message = refusal(() => parseConfig(redis('redis://:hunter2@r:6379')));
    assert.match(message, /state\.url: .*REDIS_URL/);
    assert.doesNotMatch(message, /hunter2/);
    const elastic = { logs: { kind: 'elasticsearch', url: 'http://elastic:hunter2@es:9200' } };
    assert.match(
      refusal(() => parseConfig(elastic)),
      /logs\.url: .*ELASTICSEARCH_URL/,
    );
    assert.equal(parseConfig(redis('redis://r:6379')).state.kind, 'redis');
    assert.equal(parseConfig({}, { REDIS_URL: 'redis://:hunter2@r:6379' }).queue.kind, 'redis');
    assert.match(
      refusal(() => parseConfig(redis('localhost:6379'))),
      /state\.url: .*redis:\/\/host/,
    );
  });

  test('the environment wins over the file and switches backends', () => {
    const config = parseConfig(
      { bus: { kind: 'memory' }, models: [{ kind: 'ollama', model: 'mine' }] },
      {
        KAFKA_BOOTSTRAP_SERVERS: 'a:9092, b:9092',
        KAFKA_GROUP_ID: 'g2',
        ELASTICSEARCH_HOST: 'es',
        ELASTICSEARCH_PORT: '9201',
        REDIS_URL: 'redis://r:6379',
        OLLAMA_API_URL: 'http://gpu:11434',
        SLACK_BOT_TOKEN: 'xoxb-1',
        SLACK_APP_TOKEN: 'xapp-1',
        SLACK_CHANNEL: 'C9',
      },
    );
    assert.deepEqual(config.bus, { kind: 'kafka', brokers: ['a:9092', 'b:9092'], group: 'g2' });
    assert.deepEqual(config.logs, { kind: 'elasticsearch', url: 'http://es:9201', index: 'bongsu-logs' });
    assert.equal(config.state.kind, 'redis');
    assert.equal(config.queue.kind, 'redis');
    assert.deepEqual(
      config.models.map((model) => [model.kind, model.model]),
      [['ollama', 'mine']],
    );
    const [slack] = config.chats;
    assert.ok(
      slack?.kind === 'slack' &&
        slack.mode === 'socket' &&
        slack.channel === 'C9' &&
        slack.botToken === 'xoxb-1',
    );
  });

  test('ELASTICSEARCH_HOST is a host, a host and port, or a URL', () => {
    const urlOf = (host: string, port?: string) =>
      parseConfig({}, { ELASTICSEARCH_HOST: host, ...(port ? { ELASTICSEARCH_PORT: port } : {}) }).logs;
    for (const [host, port, url] of [
      ['es', undefined, 'http://es:9200'],
      ['es:9201', '9200', 'http://es:9201'],
      ['http://es', undefined, 'http://es:9200'],
      ['https://es', '443', 'https://es:443'],
      ['https://es:9243/', undefined, 'https://es:9243/'],
      ['http://u:123@es/logs', undefined, 'http://u:123@es:9200/logs'],
      ['[::1]', undefined, 'http://[::1]:9200'],
    ] as const)
      assert.deepEqual(urlOf(host, port), { kind: 'elasticsearch', url, index: 'bongsu-logs' });
  });

  test('split roles on embedded backends are refused, naming the key and what is allowed', () => {
    const message = refusal(() => checkRoles(parseConfig({}), ['bot']));
    assert.match(message, /bus\.kind: "memory" cannot be shared by separate roles \(bot\); use "kafka"/);
    assert.match(message, /logs\.kind/);
    assert.doesNotThrow(() => checkRoles(parseConfig({}), ['pipeline', 'bot', 'worker']));
  });

  test('listening to others needs a token', () => {
    assert.match(
      refusal(() => parseConfig({ http: { host: '0.0.0.0' } })),
      /http\.host: .*BONGSU_TOKEN/,
    );
    assert.equal(
      parseConfig({ http: { host: '0.0.0.0' } }, { BONGSU_TOKEN: '0123456789abcdef' }).http.host,
      '0.0.0.0',
    );
  });

  test('a missing or broken file is named', (t) => {
    const dir = mkdtempSync(join(tmpdir(), 'bongsu-config-'));
    t.after(() => rmSync(dir, { recursive: true, force: true }));
    writeFileSync(join(dir, 'broken.json'), '{ "http": ');
    assert.match(
      refusal(() => loadConfig(join(dir, 'none.json'), {})),
      /none\.json: no such file/,
    );
    assert.match(
      refusal(() => loadConfig(join(dir, 'broken.json'), {})),
      /broken\.json: not valid JSON/,
    );
    assert.equal(loadConfig(undefined, {}, '/', dir).config.dataDir, join(dir, 'data'));
  });

  test('the folder one stands in has no say; a path that is named has', (t) => {
    const [home, here] = [0, 1].map(() => mkdtempSync(join(tmpdir(), 'bongsu-config-'))) as [string, string];
    t.after(() => {
      for (const dir of [home, here]) rmSync(dir, { recursive: true, force: true });
    });
    writeFileSync(join(here, 'config.json'), '{"language":"ko"}');
    assert.deepEqual(loadConfig(undefined, {}, here, home), {
      config: { ...parseConfig({}), dataDir: join(home, 'data') },
      file: undefined,
    });
    for (const [path, env] of [
      ['config.json', {}],
      [undefined, { BONGSU_CONFIG: 'config.json' }],
    ] as const) {
      const { config, file } = loadConfig(path, env, here, home);
      assert.equal(file, join(here, 'config.json'));
      assert.equal(config.language, 'ko');
      assert.equal(config.dataDir, join(here, 'data'));
    }
  });
});
