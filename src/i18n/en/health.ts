import { plural } from '../grammar.ts';

type Values<Name extends string> = Record<Name, string | number>;

/** What parts of the program report about themselves, and what to do when something is wrong. */
export const health = {
  // what is said of a part
  kept: ({ file, used, free }: Values<'file' | 'used' | 'free'>) =>
    `${file}, ${used} MB used, ${free} MB free`,
  error: ({ error }: Values<'error'>) => `${error}`,
  closed: 'closed',
  held: ({ topics, held }: Values<'topics' | 'held'>) => `${topics} topics, ${held} messages held`,
  brokers: ({ count, place }: Values<'count' | 'place'>) => `${count} broker(s) at ${place}`,
  shared: ({ topic, at }: Values<'topic' | 'at'>) => `partitions of ${topic} shared out anew at ${at}`,
  consuming: ({ place, topics }: Values<'place' | 'topics'>) => `${place}: not consuming ${topics}`,
  noLetters: ({ topics }: Values<'topics'>) =>
    `no dead-letter topic can be read: ${topics}; make it, or let this client make it: without it a message that cannot be read holds its partition back`,
  heldBack: ({
    topic,
    partition,
    offset,
    times,
    error,
  }: Values<'topic' | 'partition' | 'offset' | 'times' | 'error'>) =>
    `${topic}, partition ${partition}: the batch at offset ${offset} was refused ${times} times in a row (${error})`,
  undecoded: ({
    topic,
    count,
    partition,
    offsets,
    error,
    letters,
  }: Values<'topic' | 'count' | 'partition' | 'offsets' | 'error' | 'letters'>) =>
    `${topic}: ${count} batch(es) could not be decoded, the last in partition ${partition} at offset(s) ${offsets} (${error}); what came is in ${letters}, check how its producer compresses`,
  noBroker: ({ place, error }: Values<'place' | 'error'>) => `no broker answers at ${place}: ${error}`,
  index: ({ place, index, count, status }: Values<'place' | 'index' | 'count' | 'status'>) =>
    `${place}, index ${index}, ${count} records, ${status}`,
  'foreign.template': ({ place, name, index }: Values<'place' | 'name' | 'index'>) =>
    `${place}: the index template "${name}" was not made by Bongsu and is in the way of the index ${index}`,
  'foreign.index': ({ place, name, index }: Values<'place' | 'name' | 'index'>) =>
    `${place}: the index "${name}" was not made by Bongsu and stands where ${index} should be`,
  foreignRead: ({ place, name, count, indices }: Values<'place' | 'name' | 'count' | 'indices'>) =>
    `${place}: reads ${name} as it is, ${count} ${plural(Number(count), 'document')} in ${indices} ${plural(Number(indices), 'index', 'indices')}, writes nothing`,
  foreignFields: ({ fields }: Values<'fields'>) => `fields: ${fields}`,
  foreignOlder: ({ count }: Values<'count'>) =>
    `of so many a question without a time looks at the newest ${count}`,
  foreignTimeless: ({ count, field }: Values<'count' | 'field'>) =>
    `${count} more ${plural(Number(count), 'document has', 'documents have')} no ${field} and ${plural(Number(count), 'is', 'are')} left out`,
  foreignNone: ({ place, name }: Values<'place' | 'name'>) => `${place}: there is no document in ${name}`,
  'foreignRight.fields': ({ place, name }: Values<'place' | 'name'>) =>
    `${place} does not let us list the fields of ${name} (401 or 403)`,
  'foreignRight.search': ({ place, name }: Values<'place' | 'name'>) =>
    `${place} does not let us search ${name} (401 or 403)`,
  'foreignRight.pit': ({ place, name }: Values<'place' | 'name'>) =>
    `${place} does not let us open a point in time on ${name} (401 or 403)`,
  foreignWatch: ({ name, count }: Values<'name' | 'count'>) =>
    `${name}: ${count} new ${plural(Number(count), 'line')} taken`,
  foreignSkipped: ({ minutes }: Values<'minutes'>) =>
    `${minutes} min before that were not looked through for alerts: it was away for longer than a day`,
  kafkaEncrypted: ({ place }: Values<'place'>) => `${place} speaks TLS only, and we do not`,
  'certificate.untrusted': ({ place }: Values<'place'>) =>
    `${place} shows a certificate of an authority that this system does not know`,
  'certificate.name': ({ place }: Values<'place'>) => `${place} shows a certificate made for another name`,
  'certificate.expired': ({ place }: Values<'place'>) =>
    `${place} shows a certificate that is not valid today`,
  'certificate.plain': ({ place }: Values<'place'>) => `${place} does not speak TLS`,
  unreadable: ({ count, name }: Values<'count' | 'name'>) =>
    `${count} document(s) cannot be read and are left out, the first is ${name} (see the log)`,
  redis: ({ place, used }: Values<'place' | 'used'>) => `${place}, ${used} used`,
  appendOn: 'append-only file on',
  appendOff: 'append-only file off: a crash of Redis loses what it has not saved (set "appendonly yes")',
  untouched: ({ place }: Values<'place'>) => `${place}; starts with the first job`,
  jobs: ({ place, waiting, active, failed }: Values<'place' | 'waiting' | 'active' | 'failed'>) =>
    `${place}: ${waiting} waiting, ${active} active, ${failed} failed`,
  placeError: ({ place, error }: Values<'place' | 'error'>) => `${place}: ${error}`,
  model: ({ model, place }: Values<'model' | 'place'>) => `${model} at ${place}`,
  context: ({ tokens }: Values<'tokens'>) => `context ${tokens} tokens`,
  onCpu: 'on the CPU, since the memory of the GPU does not hold it',
  onGpu: ({ layers, of }: Values<'layers' | 'of'>) =>
    `${layers} of ${of} layers on the GPU, since its memory does not hold more`,
  modelMissing: 'the model is not there',
  noKey: 'no key',
  noModel: 'no model: answers are evidence and ranked causes',
  late: ({ seconds }: Values<'seconds'>) => `no answer within ${seconds} s`,
  noOpen: ({ place, error }: Values<'place' | 'error'>) => `${place} cannot be opened (${error})`,
  place: ({ place }: Values<'place'>) => `${place}`,
  connections: ({ count }: Values<'count'>) => `${count} connections`,
  lines: ({ count }: Values<'count'>) => `${count} lines`,
  waiting: ({ count }: Values<'count'>) => `${count} waiting`,
  alertsTaken: ({ count }: Values<'count'>) => `${count} alerts taken`,
  sent: ({ count }: Values<'count'>) => `${count} sent`,
  dropped: ({ count }: Values<'count'>) => `${count} dropped`,
  refused: ({ count, reasons }: Values<'count' | 'reasons'>) => `refused ${count} (${reasons})`,
  refusedKept: ({ count, file }: Values<'count' | 'file'>) =>
    `the log store refused ${count} line(s), which are in ${file}`,
  refusedLost: ({ count }: Values<'count'>) => `${count} more had no room there and are gone`,
  letters: ({
    topic,
    count,
    at,
    partition,
    offset,
    reason,
  }: Values<'topic' | 'count' | 'at' | 'partition' | 'offset' | 'reason'>) =>
    `${topic}: ${count} message(s) put aside, the last at ${at} (partition ${partition}, offset ${offset}): ${reason}`,
  followed: ({ count }: Values<'count'>) => `${count} followed`,
  events: ({ count }: Values<'count'>) => `${count} events`,
  left: ({ left, followed }: Values<'left' | 'followed'>) =>
    `${left} files are not read: ${followed} are followed, which is the most`,
  silent: ({ minutes }: Values<'minutes'>) => `has said nothing for ${minutes} min`,
  messages: ({ count }: Values<'count'>) => `${count} messages`,
  unread: 'its messages cannot be read yet',
  socketMode: 'Socket Mode',
  httpPort: ({ port }: Values<'port'>) => `HTTP port ${port}`,
  channel: ({ channel }: Values<'channel'>) => `channel ${channel}`,
  chartsLost: ({ count }: Values<'count'>) => `${count} charts could not be shown`,
  reportsLost: ({ count }: Values<'count'>) => `${count} reports could not be uploaded`,
  unregistered: '/logs is not registered yet',
  standby: 'standing by, another process sends',
  troubled: ({ place, code }: Values<'place' | 'code'>) => `${place}: ${code}`,
  detoured: ({ place, code, count }: Values<'place' | 'code' | 'count'>) =>
    `${place}: ${code}, ${count} messages went to the fallback`,
  behind: ({ seconds }: Values<'seconds'>) => `the clock of this machine was set back by ${seconds} s`,
  givenUp: ({ count }: Values<'count'>) => `${count} replies given up, their threads are gone`,
  noStore: ({ error }: Values<'error'>) => `state store: ${error}`,
  unclaimed: ({ error }: Values<'error'>) =>
    `this process cannot say that it is the one that sends: state store ${error}`,
  // what to do
  'mend.disk': 'free space on the disk, or make the data folder writable',
  'mend.logsFile': 'move the damaged file away (the next start creates a new one) or restore a copy of it',
  'mend.stateFile':
    'restore the data folder from a copy, or move the damaged file away (open incidents are forgotten)',
  'mend.dataDir': 'stop the other process that uses the data folder, or give this one a folder of its own',
  'mend.kafka':
    'Start Kafka, or correct bus.brokers in config.json (or KAFKA_BOOTSTRAP_SERVERS); Bongsu connects by itself.',
  'mend.kafkaAuth':
    'Put the right user and password into KAFKA_USERNAME and KAFKA_PASSWORD, and the way that the brokers want into KAFKA_SASL_MECHANISM (plain, scram-sha-256, scram-sha-512, oauthbearer).',
  'mend.kafkaTls':
    'Set bus.tls to true in config.json (or KAFKA_CA to the certificate authority of the brokers).',
  'mend.kafkaCertificate':
    'Set bus.ca (or KAFKA_CA) to the certificate authority of the brokers, bus.brokers to the names in their certificates; where they speak no TLS, bus.tls to false.',
  'mend.heldBack':
    'Mend what the reason names (often another backend that is away). Nothing is lost: the batch comes again by itself, and what is behind it waits.',
  'mend.decoding':
    'The broker or Bongsu cannot unpack or decode what is stored there: look at the compression of its producers (compression.type) and at the disk of the broker.',
  'mend.consuming': 'Look at the broker and at the rights of this client; Bongsu tries again by itself.',
  'mend.elastic': ({ place }: Values<'place'>) =>
    `start Elasticsearch at ${place}, or set logs.url (ELASTICSEARCH_URL) to where it is`,
  'mend.foreign.template': ({ name }: Values<'name'>) =>
    `set logs.index to a name that the template does not cover, or rename or remove the template "${name}"; nothing of it was changed`,
  'mend.foreign.index': ({ name }: Values<'name'>) =>
    `set logs.index to a name that is free, or rename or remove the index "${name}"; nothing is written to it`,
  'mend.foreignNone': ({ name }: Values<'name'>) =>
    `correct logs.index (now ${name}); a pattern such as filebeat-* or logs-*-* is possible`,
  'mend.foreignRight': ({ name }: Values<'name'>) =>
    `set the right user, password or key (ELASTICSEARCH_URL, ELASTICSEARCH_API_KEY, OPENSEARCH_URL), and give it the privilege "read" on ${name}; it needs no other`,
  'mend.foreignFields': 'name the field in logs.fields in config.json',
  'mend.foreignPlace': ({ place }: Values<'place'>) =>
    `start the server at ${place}, or set logs.url to where it is`,
  'mend.certificate':
    'set logs.ca (or ELASTICSEARCH_CA, OPENSEARCH_CA) to the certificate authority of the server, or logs.url to the name in its certificate',
  'mend.elasticBlocked':
    'Make room on the disk of Elasticsearch, or remove the block (index.blocks, cluster.blocks). Nothing is lost: what is to be stored waits.',
  'mend.elasticIndex':
    'Look at the index of logs.index in Elasticsearch: whether it is open, and whether the cluster may make it. What comes live waits.',
  'mend.elasticAuth': 'put the right user and password into ELASTICSEARCH_URL',
  'mend.shards': 'see GET _cluster/allocation/explain',
  'mend.redis': ({ place }: Values<'place'>) =>
    `start Redis at ${place}, or set state.url (REDIS_URL) to where it is`,
  'mend.redisCertificate':
    'set state.ca and queue.ca (REDIS_CA) to the certificate authority of Redis, or REDIS_URL to the name in its certificate; where it speaks no TLS, to redis://',
  'mend.redisAuth': 'put the right user and password into REDIS_URL',
  'mend.redisFull': 'give Redis more memory or disk',
  'mend.queueRedis':
    'Start Redis, or correct queue.url in config.json (or REDIS_URL); Bongsu connects by itself.',
  'mend.queueEmbedded': ({ place }: Values<'place'>) =>
    `Look at postgres.log in ${place}; or set queue.kind to "redis".`,
  'mend.pull': ({ model }: Values<'model'>) => `ollama pull ${model}`,
  'mend.key': 'set OPENAI_API_KEY',
  'mend.late': 'Look at the log of this backend, then at the network between it and Bongsu.',
  'mend.lowPort': 'use a port above 1023',
  'mend.port': 'stop what uses the port, or change it in collect',
  'mend.receiver': 'see that the receiver runs and is reachable',
  'mend.file': 'let Bongsu read the file, or leave it out of collect.files',
  'mend.files': 'narrow collect.files to what is written to, or read the rest with another Bongsu',
  'mend.refused': ({ file }: Values<'file'>) =>
    `see the reasons in ${file}, mend them, read those lines again with bongsu ingest, then remove the file`,
  'mend.letters': ({ topics }: Values<'topics'>) =>
    `mend the producer; the messages lie unchanged on ${topics}, with the reason in their headers, and can be sent again`,
  'mend.process': 'see whether it runs, and its log',
  'mend.slackToken':
    'Check SLACK_BOT_TOKEN, SLACK_APP_TOKEN and SLACK_SIGNING_SECRET; reinstall the app if the token was revoked.',
  'mend.slackRights':
    'Invite the bot to the channel (/invite @bongsu), check that the channel is not archived, and compare the app’s scopes with manifest.yaml.',
  'mend.slackChannel': 'Check the channel id (chats.slack.channel, C…) and that the channel is not archived.',
  'mend.slack':
    'Slack cannot be reached; the bot keeps trying. Check the network, the proxy and SLACK_API_URL.',
  'mend.discordToken': 'Check DISCORD_TOKEN; reset the token in the developer portal if it leaked.',
  'mend.discordRights':
    'Give the bot View Channel, Send Messages, Send Messages in Threads, Create Public Threads, Embed Links, Attach Files and Read Message History in the channel.',
  'mend.discordChannel': 'Check the channel id (chats.discord.channel) and that the bot is in that server.',
  'mend.discord':
    'Discord cannot be reached; the bot keeps trying. Check the network, the proxy and DISCORD_API_URL.',
  'mend.clock': 'set the clock of this machine; alerts go on by the time that has passed',
  'mend.claim': 'mend the state store; what waits is in it, and what comes in waits on the bus',
  'mend.token': 'check the token',
  'mend.invite': 'invite the bot to the channel and check its scopes',
  'mend.channel': 'check the configured channel',
  'mend.later': 'nothing is lost: it is sent when the platform answers again',
  // why a model gives no answer, and what to do
  'fault.none': 'no model answers',
  'mend.model.none': 'start Ollama, or set OLLAMA_API_URL or OPENAI_API_KEY',
  'fault.key': 'its server refused the key',
  'mend.model.key': 'check the key (OPENAI_API_KEY)',
  'fault.forbidden': 'the key may not use this model',
  'mend.model.forbidden': 'give the key the right to it, or name another model',
  'fault.missing': 'its server does not have this model',
  'mend.model.missing': ({ model }: Values<'model'>) =>
    `correct the name or the address, or fetch it (ollama pull ${model})`,
  'fault.limited': 'its server takes no more requests for the moment',
  'mend.model.limited': ({ seconds }: Values<'seconds'>) => `ask again in ${seconds} s`,
  'fault.quota': 'the quota of its account is spent',
  'mend.model.quota': 'add credit to the account, or wait until its quota starts anew',
  'fault.busy': 'its server is busy or still loading the model',
  'mend.model.busy': 'ask again in a minute',
  'fault.broken': 'its server failed by itself',
  'mend.model.broken': 'look at the log of the model server',
  'fault.timeout': 'it gave no answer in time',
  'mend.model.timeout': 'ask again; if it stays slow, take a smaller model or raise timeoutMs',
  'fault.refused': 'nothing listens at the address of its server',
  'mend.model.refused': 'start the model server, or correct its address (OLLAMA_API_URL, OPENAI_BASE_URL)',
  'fault.unknown_host': 'the name of its server is not known',
  'mend.model.unknown_host':
    'correct its address (OLLAMA_API_URL, OPENAI_BASE_URL), or the name server (DNS)',
  'fault.tls': 'no safe connection to its server (TLS): its certificate is not trusted, or it has none',
  'mend.model.tls':
    'renew the certificate, name its authority in NODE_EXTRA_CA_CERTS, or correct the address',
  'fault.unreachable': 'its server cannot be reached',
  'mend.model.unreachable': 'check the network, the proxy and its address (OLLAMA_API_URL, OPENAI_BASE_URL)',
  'fault.cut': 'the connection broke within the answer',
  'mend.model.cut': 'ask again',
  'fault.gpu_memory': 'the memory of its machine does not hold it',
  'mend.model.gpu_memory': 'free memory there, or take a smaller model or a smaller contextTokens',
  'fault.memory': 'memory does not hold it, not even on the CPU alone',
  'mend.model.memory': 'free memory on its machine, or take a smaller model or a smaller contextTokens',
  'fault.crashed': 'the process that runs it crashed',
  'mend.model.crashed': 'look at the log of the model server, and update the server or the model',
  'fault.context': 'the question is longer than the model holds',
  'mend.model.context': 'ask about a shorter time or fewer services',
  'fault.rejected': 'its server does not understand the question',
  'mend.model.rejected': 'check that the address is a chat server’s, and update it',
  'fault.unusable': 'its reply could not be used',
  'fault.untrue': 'nothing it said about the logs turned out to be so, so nothing of it is used',
  'mend.model.untrue':
    'take a more capable model; after three such replies in a row it is asked only every five minutes',
  'mend.model.unusable': 'ask again, or take a more capable model',
};
