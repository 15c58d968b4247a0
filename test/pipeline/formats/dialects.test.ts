import { testFormats } from './harness.ts';

const lines = (...objects: unknown[]): string => objects.map((object) => JSON.stringify(object)).join('\n');

testFormats('JSON', {
  Serilog: {
    text: lines(
      {
        '@t': '2026-11-24T06:00:01.1234567Z',
        '@mt': 'Order {OrderId} failed',
        '@l': 'Error',
        '@x': 'System.InvalidOperationException: no\n   at Shop.Cart()',
        OrderId: 7,
      },
      {
        Timestamp: '2026-11-24T06:00:03+00:00',
        Level: 'Warning',
        MessageTemplate: 'Slow {X}',
        RenderedMessage: 'Slow 5',
        Properties: { X: 5, Application: 'shop' },
      },
    ),
    records: [
      {
        time: '06:00:01.123',
        level: 'error',
        service: 'app',
        message: 'Order 7 failed\nSystem.InvalidOperationException: no\n   at Shop.Cart()',
      },
      { time: '06:00:03.000', level: 'warn', service: 'shop', message: 'Slow 5' },
    ],
  },
  GELF: {
    text: lines({
      version: '1.1',
      host: 'web1',
      short_message: 'pool dry',
      full_message: 'pool dry\n at x',
      timestamp: 1_795_500_004.123,
      level: 3,
      _app: 'orders',
    }),
    records: [
      { time: '06:00:04.123', level: 'error', service: 'orders', host: 'web1', message: 'pool dry\n at x' },
    ],
  },
  ECS: {
    text: lines(
      {
        '@timestamp': '2026-11-24T06:00:05.000Z',
        'log.level': 'ERROR',
        message: 'pool dry',
        'service.name': 'orders',
        'event.dataset': 'orders.log',
        'log.logger': 'com.shop.Pool',
        'error.stack_trace': 'java.lang.IllegalStateException: x\n\tat y',
      },
      {
        '@timestamp': '2026-11-24T06:00:06.000Z',
        log: { level: 'error' },
        message: 'proxied',
        service: { name: 'edge' },
        host: { name: 'h1' },
        event: { duration: 12_000_000 },
        http: { request: { method: 'GET' }, response: { status_code: 502 } },
        url: { path: '/a' },
      },
    ),
    records: [
      {
        time: '06:00:05.000',
        level: 'error',
        service: 'orders',
        message: 'pool dry\njava.lang.IllegalStateException: x\n\tat y',
      },
      { service: 'edge', host: 'h1', message: 'proxied', request: 'GET /a 502 12' },
    ],
  },
  'Google Cloud': {
    text: lines({
      severity: 'ERROR',
      time: '2026-11-24T06:00:21Z',
      message: 'pool dry',
      serviceContext: { service: 'orders' },
    }),
    records: [{ time: '06:00:21.000', level: 'error', service: 'orders', message: 'pool dry' }],
  },
  Bunyan: {
    text: lines({
      name: 'orders',
      hostname: 'h1',
      pid: 7,
      level: 50,
      msg: 'pool dry',
      time: '2026-11-24T06:00:07.000Z',
      v: 0,
      err: { message: 'no', name: 'TypeError', stack: 'TypeError: no\n  at x' },
    }),
    records: [
      {
        time: '06:00:07.000',
        level: 'error',
        service: 'orders',
        host: 'h1',
        message: 'pool dry\nTypeError: no\n  at x',
      },
    ],
  },
  pino: {
    text: lines(
      { level: 60, time: 1_795_500_008_000, pid: 7, hostname: 'h1', name: 'orders', msg: 'pool dry' },
      {
        level: 30,
        time: 1_795_500_009_000,
        pid: 7,
        hostname: 'h1',
        req: { id: 1, method: 'GET', url: '/items/7', headers: { host: 'x' } },
        res: { statusCode: 200 },
        responseTime: 12,
        msg: 'request completed',
      },
    ),
    records: [
      { time: '06:00:08.000', level: 'fatal', service: 'orders', host: 'h1', message: 'pool dry' },
      { service: 'app', message: 'request completed', request: 'GET /items/:id 200 12' },
    ],
  },
  zap: {
    file: 'cache.json',
    text: lines(
      {
        level: 'info',
        ts: 1_795_500_010.1,
        caller: 's/h.go:57',
        msg: 'served',
        method: 'GET',
        path: '/v1/items',
        status: 200,
        latency: 0.0178,
      },
      {
        level: 'error',
        ts: 1_795_500_010.5,
        logger: 'db',
        caller: 'db/pool.go:12',
        msg: 'pool dry',
        error: 'dial tcp 10.0.0.1:5432: connection refused',
      },
    ),
    records: [
      { time: '06:00:10.100', level: 'info', service: 'cache', request: 'GET /v1/items 200 17.8' },
      {
        time: '06:00:10.500',
        level: 'error',
        service: 'cache',
        message: 'pool dry: dial tcp 10.0.0.1:5432: connection refused',
      },
    ],
  },
  'logback, logstash-encoder, log4j 2': {
    text: lines(
      {
        '@timestamp': '2026-11-24T06:00:12.000+00:00',
        '@version': '1',
        message: 'pool dry',
        logger_name: 'com.shop.Pool',
        thread_name: 'http-1',
        level: 'ERROR',
        level_value: 40_000,
        app: 'orders',
      },
      {
        instant: { epochSecond: 1_795_500_023, nanoOfSecond: 5 },
        thread: 'main',
        level: 'WARN',
        loggerName: 'com.shop.Pool',
        message: 'slow',
      },
      {
        timeMillis: 1_795_500_024_000,
        thread: 'main',
        level: 'ERROR',
        loggerName: 'com.shop.Pool',
        message: 'pool dry',
      },
    ),
    records: [
      { time: '06:00:12.000', level: 'error', service: 'orders', message: 'pool dry' },
      { time: '06:00:23.000', level: 'warn', service: 'app', message: 'slow' },
      { time: '06:00:24.000', level: 'error', service: 'app', message: 'pool dry' },
    ],
  },
  'winston, NLog, log15, slog, zerolog': {
    text: lines(
      {
        level: 'error',
        message: 'pool dry',
        timestamp: '2026-11-24T06:00:13.000Z',
        service: 'orders',
        stack: 'Error: x\n  at y',
      },
      {
        time: '2026-11-24 06:00:16.0000',
        level: 'ERROR',
        logger: 'Shop.Pool',
        message: 'pool dry',
        exception: 'System.X: y',
      },
      { t: '2026-11-24T06:00:17Z', lvl: 'eror', msg: 'pool dry' },
      {
        time: '2026-11-24T06:00:20Z',
        level: 'ERROR',
        source: { file: '/a.go', line: 5 },
        msg: 'pool dry',
        service: 'orders',
      },
    ),
    records: [
      { service: 'orders', level: 'error', message: 'pool dry\nError: x\n  at y' },
      { time: '06:00:16.000', message: 'pool dry: System.X: y' },
      { time: '06:00:17.000', level: 'error' },
      { time: '06:00:20.000', level: 'error', service: 'orders' },
    ],
  },
  'structlog, python-json-logger, loguru': {
    text: lines(
      {
        event: 'pool dry',
        level: 'error',
        timestamp: '2026-11-24T06:00:14Z',
        logger: 'orders.pool',
        exception: 'Traceback (most recent call last):\n  File x\nValueError: y',
      },
      { asctime: '2026-11-24 06:00:25,123', levelname: 'ERROR', name: 'orders.pool', message: 'pool dry' },
      {
        text: 'x',
        record: {
          level: { name: 'ERROR', no: 40 },
          message: 'pool dry',
          name: 'orders',
          time: { repr: '2026-11-24 06:00:26+00:00' },
        },
      },
    ),
    records: [
      {
        time: '06:00:14.000',
        level: 'error',
        service: 'app',
        message: 'pool dry\nTraceback (most recent call last):\n  File x\nValueError: y',
      },
      { time: '06:00:25.123', level: 'error', service: 'app', message: 'pool dry' },
      { time: '06:00:26.000', level: 'error', message: 'pool dry' },
    ],
  },
  'OpenTelemetry, Rust tracing': {
    text: lines(
      {
        Timestamp: '1795500017000000000',
        SeverityNumber: 17,
        Body: 'pool dry',
        Resource: { 'service.name': 'orders', 'host.name': 'h1' },
      },
      {
        timestamp: '2026-11-24T06:00:19.000000Z',
        level: 'ERROR',
        fields: { message: 'pool dry' },
        target: 'orders::pool',
        span: { name: 'req' },
      },
    ),
    records: [
      { time: '06:00:17.000', level: 'error', service: 'orders', host: 'h1', message: 'pool dry' },
      { time: '06:00:19.000', level: 'error', service: 'app', message: 'pool dry' },
    ],
  },
  'Monolog, .NET console, Rails': {
    text: lines(
      {
        message: 'pool dry',
        context: {},
        level: 400,
        level_name: 'ERROR',
        channel: 'orders',
        datetime: '2026-11-24T06:00:27.000+00:00',
      },
      {
        Timestamp: '2026-11-24T06:00:31.000Z',
        EventId: 0,
        LogLevel: 'Critical',
        Category: 'Shop.Pool',
        Message: 'pool dry',
        State: { Message: 'pool dry' },
      },
      {
        host: 'h1',
        application: 'orders',
        timestamp: '2026-11-24T06:00:28Z',
        level: 'error',
        pid: 1,
        name: 'OrdersController',
        message: 'Completed #index',
        payload: { method: 'GET', path: '/orders', status: 500 },
        duration: '12.5ms',
      },
    ),
    records: [
      { time: '06:00:27.000', level: 'error', service: 'app' },
      { time: '06:00:31.000', level: 'fatal' },
      { service: 'orders', host: 'h1', request: 'GET /orders 500 12.5' },
    ],
  },
  'a list of objects, an envelope, objects over several lines': {
    file: 'export.json',
    text: JSON.stringify(
      {
        nextToken: 'x',
        events: [
          { timestamp: 1_795_500_001_000, message: 'ERROR pool dry' },
          { timestamp: 1_795_500_002_000, message: 'WARN slow' },
        ],
      },
      null,
      2,
    ),
    records: [
      { time: '06:00:01.000', level: 'error', service: 'export', lines: 1 },
      { time: '06:00:02.000', level: 'warn', service: 'export', lines: 1 },
    ],
  },
});
