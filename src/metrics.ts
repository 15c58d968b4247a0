import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

/** Bongsu's Prometheus metrics. Each app has its own, so that several in one process (in tests) do not mix. */
export type Metrics = ReturnType<typeof createMetrics>;

type MakeGauge = <L extends string>(name: string, help: string, labelNames?: L[]) => Gauge<L>;

export function createMetrics() {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry, prefix: 'bongsu_' });
  const counter = <L extends string>(name: string, help: string, labelNames: L[] = []) =>
    new Counter({ name: `bongsu_${name}`, help, labelNames, registers: [registry] });
  const gauge: MakeGauge = <L extends string>(name: string, help: string, labelNames: L[] = []) =>
    new Gauge({ name: `bongsu_${name}`, help, labelNames, registers: [registry] });
  return {
    registry,
    records: counter('records_total', 'Log records stored', ['source']),
    recordsRefused: counter(
      'records_refused_total',
      'Lines of files and collectors that the log store refused; those of a topic are dead letters of that topic',
      ['source'],
    ),
    anomaliesPublished: counter('anomalies_published_total', 'Anomalies the pipeline found', ['status']),
    anomaliesReceived: counter('anomalies_received_total', 'Anomalies the bot took in, of any producer', [
      'status',
    ]),
    deadLetters: counter(
      'dead_letters_total',
      'Messages put aside as unreadable, by the topic they came from',
      ['topic'],
    ),
    collectRefused: counter(
      'collect_refused_total',
      'Lines, messages, requests and connections a collector refused, by the reason',
      ['listener', 'reason'],
    ),
    hookAlerts: counter(
      'hook_alerts_total',
      'Alerts of other systems taken in by a hook, also repeated ones',
      ['hook', 'status'],
    ),
    hookRefused: counter(
      'hook_refused_total',
      'Requests to hooks, and alerts in them, that were refused, by the reason',
      ['hook', 'reason'],
    ),
    anomaliesSent: counter('anomalies_sent_total', 'Anomalies sent on to other systems', ['output']),
    anomaliesDropped: counter(
      'anomalies_dropped_total',
      'Anomalies a receiver was away for too long to get',
      ['output'],
    ),
    incidents: counter('incidents_total', 'Incidents opened', ['severity']),
    messagesSent: counter('messages_sent_total', 'Chat messages posted or edited', ['chat', 'operation']),
    outboxPending: gauge('outbox_pending', 'Deliveries that wait'),
    alertDelay: new Histogram({
      name: 'bongsu_alert_delay_seconds',
      help: 'From an anomaly on the bus to its message in the thread',
      buckets: [0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 30],
      registers: [registry],
    }),
    requests: counter('chat_requests_total', 'Commands and actions of people', ['chat', 'name', 'outcome']),
    modelTokens: counter('model_tokens_total', 'Tokens used', ['model', 'kind']),
    modelUsd: counter('model_usd_total', 'Money spent on models in US dollars', ['model']),
    modelCalls: counter('model_calls_total', 'Questions to models, by how they ended', [
      'model',
      'task',
      'outcome',
    ]),
    modelSeconds: new Histogram({
      name: 'bongsu_model_seconds',
      help: 'Time of a question to a model, waiting for its turn included',
      labelNames: ['model'],
      buckets: [0.25, 0.5, 1, 2, 5, 10, 20, 60, 120],
      registers: [registry],
    }),
    budgetRefusals: counter('budget_refusals_total', 'Questions to models that a spent budget kept back', [
      'scope',
      'unit',
    ]),
    answers: counter('answers_total', 'Answers given', ['kind', 'verdict', 'cached']),
    jobs: counter('jobs_total', 'Jobs ended', ['name', 'state']),
    machine: machineGauges(gauge),
  };
}

/** What the machine measures of itself. */
const machineGauges = (gauge: MakeGauge) => ({
  cpu: gauge('system_cpu_ratio', 'Load over all cores, 0 to 1'),
  memory: gauge('system_memory_bytes', 'Main memory', ['kind']),
  gpus: gauge('gpus', 'GPUs that tell about themselves'),
  gpuMemory: gauge('gpu_memory_bytes', 'Memory of a GPU', ['gpu', 'kind']),
  gpuUtilisation: gauge('gpu_utilisation_ratio', 'How busy a GPU is, 0 to 1', ['gpu']),
  gpuPower: gauge('gpu_power_watts', 'What a GPU draws', ['gpu']),
  gpuTemperature: gauge('gpu_temperature_celsius', 'How hot a GPU is', ['gpu']),
  gpuThrottled: gauge('gpu_throttled', 'Why the clock of a GPU is held down now', ['gpu', 'reason']),
});
