/** What a model says that knows the logs; its last sentence is a lie. */
export const truthful = {
  explanation:
    'The pool of orders-db-proxy ran dry. It says "connection pool exhausted: 40 of 40 in use, 12 waiting". The shipping-api crashed 4711 times.',
  root_cause: 'The connection pool of orders-db-proxy is exhausted.',
  solution: 'Raise the pool size of orders-db-proxy back to 80.',
  summary: 'orders-db-proxy has no free connections.',
  error_type: 'POOL_EXHAUSTED',
  severity: 5,
  sentiment: 'negative',
  quotes: [],
};
