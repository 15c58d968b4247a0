import type { Health, HealthPhrase } from '../domain/health.ts';
import type { Language } from '../domain/question/question.ts';

/** What parts of the program say of themselves, with `{name}` for what is filled in. */
const en = {
  // what is said of a part
  kept: '{file}, {used} MB used, {free} MB free',
  error: '{error}',
  closed: 'closed',
  held: '{topics} topics, {held} messages held',
  brokers: '{count} broker(s) at {place}',
  shared: 'partitions of {topic} shared out anew at {at}',
  consuming: '{place}: not consuming {topics}',
  noLetters:
    'no dead-letter topic can be read: {topics}; make it, or let this client make it: without it a message that cannot be read holds its partition back',
  heldBack:
    '{topic}, partition {partition}: the batch at offset {offset} was refused {times} times in a row ({error})',
  undecoded:
    '{topic}: {count} batch(es) could not be decoded, the last in partition {partition} at offset(s) {offsets} ({error}); what came is in {letters}, check how its producer compresses',
  noBroker: 'no broker answers at {place}: {error}',
  index: '{place}, index {index}, {count} records, {status}',
  'foreign.template':
    '{place}: the index template "{name}" was not made by Bongsu and is in the way of the index {index}',
  'foreign.index': '{place}: the index "{name}" was not made by Bongsu and stands where {index} should be',
  unreadable: '{count} document(s) cannot be read and are left out, the first is {name} (see the log)',
  redis: '{place}, {used} used',
  appendOn: 'append-only file on',
  appendOff: 'append-only file off: a crash of Redis loses what it has not saved (set "appendonly yes")',
  untouched: '{place}; starts with the first job',
  jobs: '{place}: {waiting} waiting, {active} active, {failed} failed',
  placeError: '{place}: {error}',
  model: '{model} at {place}',
  context: 'context {tokens} tokens',
  onCpu: 'on the CPU, since the memory of the GPU does not hold it',
  onGpu: '{layers} of {of} layers on the GPU, since its memory does not hold more',
  modelMissing: 'the model is not there',
  noKey: 'no key',
  noModel: 'no model: answers are evidence and ranked causes',
  late: 'no answer within {seconds} s',
  noOpen: '{place} cannot be opened ({error})',
  place: '{place}',
  connections: '{count} connections',
  lines: '{count} lines',
  waiting: '{count} waiting',
  sent: '{count} sent',
  dropped: '{count} dropped',
  refused: 'refused {count} ({reasons})',
  refusedKept: 'the log store refused {count} line(s), which are in {file}',
  refusedLost: '{count} more had no room there and are gone',
  letters:
    '{topic}: {count} message(s) put aside, the last at {at} (partition {partition}, offset {offset}): {reason}',
  followed: '{count} followed',
  events: '{count} events',
  left: '{left} files are not read: {followed} are followed, which is the most',
  silent: 'has said nothing for {minutes} min',
  messages: '{count} messages',
  unread: 'its messages cannot be read yet',
  socketMode: 'Socket Mode',
  httpPort: 'HTTP port {port}',
  channel: 'channel {channel}',
  chartsLost: '{count} charts could not be shown',
  reportsLost: '{count} reports could not be uploaded',
  unregistered: '/logs is not registered yet',
  standby: 'standing by, another process sends',
  troubled: '{place}: {code}',
  detoured: '{place}: {code}, {count} messages went to the fallback',
  behind: 'the clock of this machine was set back by {seconds} s',
  givenUp: '{count} replies given up, their threads are gone',
  noStore: 'state store: {error}',
  unclaimed: 'this process cannot say that it is the one that sends: state store {error}',
  // what to do
  'mend.disk': 'free space on the disk, or make the data folder writable',
  'mend.logsFile': 'move the damaged file away (the next start creates a new one) or restore a copy of it',
  'mend.stateFile':
    'restore the data folder from a copy, or move the damaged file away (open incidents are forgotten)',
  'mend.dataDir': 'stop the other process that uses the data folder, or give this one a folder of its own',
  'mend.kafka':
    'Start Kafka, or correct bus.brokers in config.json (or KAFKA_BOOTSTRAP_SERVERS); Bongsu connects by itself.',
  'mend.heldBack':
    'Mend what the reason names (often another backend that is away). Nothing is lost: the batch comes again by itself, and what is behind it waits.',
  'mend.decoding':
    'The broker or Bongsu cannot unpack or decode what is stored there: look at the compression of its producers (compression.type) and at the disk of the broker.',
  'mend.consuming': 'Look at the broker and at the rights of this client; Bongsu tries again by itself.',
  'mend.elastic': 'start Elasticsearch at {place}, or set logs.url (ELASTICSEARCH_URL) to where it is',
  'mend.foreign.template':
    'set logs.index to a name that the template does not cover, or rename or remove the template "{name}"; nothing of it was changed',
  'mend.foreign.index':
    'set logs.index to a name that is free, or rename or remove the index "{name}"; nothing is written to it',
  'mend.elasticBlocked':
    'Make room on the disk of Elasticsearch, or remove the block (index.blocks, cluster.blocks). Nothing is lost: what is to be stored waits.',
  'mend.elasticIndex':
    'Look at the index of logs.index in Elasticsearch: whether it is open, and whether the cluster may make it. What comes live waits.',
  'mend.elasticAuth': 'put the right user and password into ELASTICSEARCH_URL',
  'mend.shards': 'see GET _cluster/allocation/explain',
  'mend.redis': 'start Redis at {place}, or set state.url (REDIS_URL) to where it is',
  'mend.redisAuth': 'put the right user and password into REDIS_URL',
  'mend.redisFull': 'give Redis more memory or disk',
  'mend.queueRedis':
    'Start Redis, or correct queue.url in config.json (or REDIS_URL); Bongsu connects by itself.',
  'mend.queueEmbedded': 'Look at postgres.log in {place}; or set queue.kind to "redis".',
  'mend.pull': 'ollama pull {model}',
  'mend.key': 'set OPENAI_API_KEY',
  'mend.late': 'Look at the log of this backend, then at the network between it and Bongsu.',
  'mend.lowPort': 'use a port above 1023',
  'mend.port': 'stop what uses the port, or change it in collect',
  'mend.receiver': 'see that the receiver runs and is reachable',
  'mend.file': 'let Bongsu read the file, or leave it out of collect.files',
  'mend.files': 'narrow collect.files to what is written to, or read the rest with another Bongsu',
  'mend.refused':
    'see the reasons in {file}, mend them, read those lines again with bongsu ingest, then remove the file',
  'mend.letters':
    'mend the producer; the messages lie unchanged on {topics}, with the reason in their headers, and can be sent again',
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
  'mend.model.missing': 'correct the name or the address, or fetch it (ollama pull {model})',
  'fault.limited': 'its server takes no more requests for the moment',
  'mend.model.limited': 'ask again in {seconds} s',
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
  'mend.model.unusable': 'ask again, or take a more capable model',
};
export type HealthWord = keyof typeof en;

const ko: Record<HealthWord, string> = {
  kept: '{file}, {used} MB 사용, {free} MB 남음',
  error: '오류: {error}',
  closed: '닫힘',
  held: '토픽 {topics}개, 보관 중인 메시지 {held}개',
  brokers: '{place}의 브로커 {count}개',
  shared: '{topic}의 파티션을 {at}에 다시 나눔',
  consuming: '{place}: {topics} 토픽을 읽지 못하고 있어요',
  noLetters:
    '읽지 못한 메시지를 두는 토픽을 쓸 수 없어요: {topics}. 토픽을 만들거나 이 클라이언트에 만들 권한을 주세요. 없으면 읽지 못한 메시지가 그 파티션을 막아요',
  heldBack:
    '{topic} 토픽의 파티션 {partition}: 오프셋 {offset}의 묶음이 {times}번 연속으로 처리되지 못했어요({error})',
  undecoded:
    '{topic} 토픽: 해석하지 못한 묶음 {count}개, 마지막은 파티션 {partition}의 오프셋 {offsets}({error}). 받은 내용은 {letters} 토픽에 있으니 보내는 쪽의 압축 설정을 확인해 주세요',
  noBroker: '{place}에서 응답하는 브로커가 없어요: {error}',
  index: '{place}, 인덱스 {index}, 기록 {count}개, {status}',
  'foreign.template':
    '{place}: 인덱스 {index}의 자리를 다른 인덱스 템플릿이 막고 있어요: "{name}"(Bongsu가 만든 것이 아니에요)',
  'foreign.index': '{place}: {index} 자리에 다른 인덱스가 있어요: "{name}"(Bongsu가 만든 것이 아니에요)',
  unreadable: '읽을 수 없어 빼놓은 문서 {count}건(첫 번째는 {name}, 자세한 내용은 로그)',
  redis: '{place}, {used} 사용',
  appendOn: '추가 전용 파일 켜짐',
  appendOff:
    '추가 전용 파일 꺼짐: Redis가 죽으면 저장하지 않은 것을 잃어요("appendonly yes"로 설정해 주세요)',
  untouched: '{place}, 첫 작업이 들어오면 시작해요',
  jobs: '{place}: 대기 {waiting}, 실행 {active}, 실패 {failed}',
  placeError: '{place}: {error}',
  model: '{place}의 {model}',
  context: '컨텍스트 {tokens}토큰',
  onCpu: 'GPU 메모리가 모자라 CPU에서 실행해요',
  onGpu: 'GPU 메모리가 모자라 층 {of}개 중 {layers}개만 GPU에서 실행해요',
  modelMissing: '모델이 없어요',
  noKey: '키가 없어요',
  noModel: '모델 없음: 근거와 원인 순위로 답해요',
  late: '{seconds}초 안에 응답이 없어요',
  noOpen: '{place}을(를) 열 수 없어요({error})',
  place: '{place}',
  connections: '연결 {count}개',
  lines: '{count}줄',
  waiting: '{count}건 대기',
  sent: '{count}건 보냄',
  dropped: '{count}건 버림',
  refused: '{count}건 거절({reasons})',
  refusedKept: '로그 저장소가 거절한 {count}줄이 {file}에 있어요',
  refusedLost: '{count}줄은 그 파일에 자리가 없어 잃었어요',
  letters:
    '{topic}: 메시지 {count}개를 따로 두었어요. 마지막은 {at}(파티션 {partition}, 오프셋 {offset}): {reason}',
  followed: '파일 {count}개를 따라 읽는 중',
  events: '{count}건',
  left: '파일 {left}개를 읽지 못해요. {followed}개까지만 따라 읽을 수 있어요',
  silent: '{minutes}분째 소식이 없어요',
  messages: '메시지 {count}개',
  unread: '아직 메시지를 읽을 수 없어요',
  socketMode: 'Socket Mode',
  httpPort: 'HTTP 포트 {port}',
  channel: '채널 {channel}',
  chartsLost: '차트 {count}개를 보여 주지 못했어요',
  reportsLost: '보고서 {count}개를 올리지 못했어요',
  unregistered: '/logs가 아직 등록되지 않았어요',
  standby: '다른 프로세스가 보내고 있어 대기 중이에요',
  troubled: '{place}: {code}',
  detoured: '{place}: {code}, 메시지 {count}개를 예비 채널로 보냈어요',
  behind: '이 컴퓨터의 시계가 {seconds}초 뒤로 돌아갔어요',
  givenUp: '스레드가 사라져 답글 {count}개를 포기했어요',
  noStore: '상태 저장소: {error}',
  unclaimed: '이 프로세스가 보낼 차례인지 확인하지 못해요: 상태 저장소 {error}',
  'mend.disk': '디스크 공간을 비우거나 데이터 폴더에 쓸 수 있게 해 주세요',
  'mend.logsFile': '손상된 파일을 옮기거나(다음 시작 때 새로 만들어요) 복사본으로 되돌려 주세요',
  'mend.stateFile':
    '데이터 폴더를 복사본으로 되돌리거나 손상된 파일을 옮겨 주세요(열려 있는 장애는 잊게 돼요)',
  'mend.dataDir': '데이터 폴더를 쓰는 다른 프로세스를 멈추거나, 이 프로세스에 다른 폴더를 주세요',
  'mend.kafka':
    'Kafka를 시작하거나 config.json의 bus.brokers(또는 KAFKA_BOOTSTRAP_SERVERS)를 고쳐 주세요. 연결은 알아서 다시 해요.',
  'mend.heldBack':
    '괄호 안의 원인을 해결해 주세요(다른 저장소에 연결되지 않을 때가 많아요). 잃는 것은 없어요. 이 묶음은 저절로 다시 처리하고, 뒤에 있는 것은 기다려요.',
  'mend.decoding':
    '저장된 데이터를 브로커나 Bongsu가 풀거나 해석하지 못해요. 보내는 쪽의 압축 설정(compression.type)과 브로커의 디스크를 확인해 주세요.',
  'mend.consuming': '브로커와 이 클라이언트의 권한을 확인해 주세요. 연결은 알아서 다시 해요.',
  'mend.elastic': '{place}의 Elasticsearch를 시작하거나 logs.url(ELASTICSEARCH_URL)을 맞게 고쳐 주세요',
  'mend.foreign.template':
    'logs.index를 그 템플릿에 걸리지 않는 이름으로 바꾸거나, 템플릿 "{name}"의 이름을 바꾸거나 지워 주세요. 템플릿은 건드리지 않았어요',
  'mend.foreign.index':
    'logs.index를 비어 있는 이름으로 바꾸거나, 인덱스 "{name}"의 이름을 바꾸거나 지워 주세요. 이 인덱스에는 아무것도 쓰지 않아요',
  'mend.elasticBlocked':
    'Elasticsearch의 디스크를 비우거나 쓰기 차단(index.blocks, cluster.blocks)을 풀어 주세요. 잃는 것은 없고, 저장할 로그는 기다려요.',
  'mend.elasticIndex':
    'Elasticsearch에서 logs.index의 인덱스가 열려 있는지, 클러스터가 만들 수 있는지 확인해 주세요. 실시간 로그는 기다려요.',
  'mend.elasticAuth': 'ELASTICSEARCH_URL에 올바른 사용자와 비밀번호를 넣어 주세요',
  'mend.shards': 'GET _cluster/allocation/explain을 확인해 주세요',
  'mend.redis': '{place}의 Redis를 시작하거나 state.url(REDIS_URL)을 맞게 고쳐 주세요',
  'mend.redisAuth': 'REDIS_URL에 올바른 사용자와 비밀번호를 넣어 주세요',
  'mend.redisFull': 'Redis의 메모리나 디스크를 늘려 주세요',
  'mend.queueRedis':
    'Redis를 시작하거나 config.json의 queue.url(또는 REDIS_URL)을 고쳐 주세요. 연결은 알아서 다시 해요.',
  'mend.queueEmbedded': '{place}의 postgres.log를 확인하거나 queue.kind를 "redis"로 바꿔 주세요.',
  'mend.pull': '다음을 실행해 주세요: ollama pull {model}',
  'mend.key': 'OPENAI_API_KEY를 설정해 주세요',
  'mend.late': '이 백엔드의 로그를 보고, 그다음 Bongsu와의 네트워크를 확인해 주세요.',
  'mend.lowPort': '1023보다 큰 포트를 써 주세요',
  'mend.port': '그 포트를 쓰는 프로그램을 멈추거나 collect에서 포트를 바꿔 주세요',
  'mend.receiver': '받는 쪽이 실행 중이고 연결되는지 확인해 주세요',
  'mend.file': 'Bongsu가 그 파일을 읽을 수 있게 하거나 collect.files에서 빼 주세요',
  'mend.files': '실제로 쓰이는 파일만 걸리게 collect.files를 좁히거나, 나머지는 다른 Bongsu로 읽어 주세요',
  'mend.refused': '{file}에서 이유를 보고 고친 다음, bongsu ingest로 그 줄을 다시 읽고 파일을 지워 주세요',
  'mend.letters':
    '보낸 쪽을 고쳐 주세요. 메시지는 {topics}에 그대로 있고 헤더에 이유가 있어요. 고친 뒤 다시 보내면 돼요',
  'mend.process': '실행 중인지, 로그에 무엇이 있는지 확인해 주세요',
  'mend.slackToken':
    'SLACK_BOT_TOKEN, SLACK_APP_TOKEN, SLACK_SIGNING_SECRET을 확인해 주세요. 토큰이 취소되었다면 앱을 다시 설치해 주세요.',
  'mend.slackRights':
    '채널에 봇을 초대하고(/invite @bongsu) 채널이 보관되지 않았는지 확인한 다음, 앱의 권한을 manifest.yaml과 비교해 주세요.',
  'mend.slackChannel': '채널 ID(chats.slack.channel, C…)가 맞는지, 채널이 보관되지 않았는지 확인해 주세요.',
  'mend.slack':
    'Slack에 연결할 수 없어 계속 다시 시도하고 있어요. 네트워크, 프록시, SLACK_API_URL을 확인해 주세요.',
  'mend.discordToken':
    'DISCORD_TOKEN을 확인해 주세요. 토큰이 유출되었다면 개발자 포털에서 다시 발급해 주세요.',
  'mend.discordRights':
    '채널에서 봇에게 채널 보기, 메시지 보내기, 스레드에서 메시지 보내기, 공개 스레드 만들기, 링크 첨부, 파일 첨부, 메시지 기록 보기 권한을 허용해 주세요.',
  'mend.discordChannel': '채널 ID(chats.discord.channel)가 맞는지, 봇이 그 서버에 있는지 확인해 주세요.',
  'mend.discord':
    'Discord에 연결할 수 없어 계속 다시 시도하고 있어요. 네트워크, 프록시, DISCORD_API_URL을 확인해 주세요.',
  'mend.clock': '이 컴퓨터의 시계를 맞춰 주세요. 알림은 흐른 시간에 따라 계속 나가요',
  'mend.claim': '상태 저장소를 고쳐 주세요. 기다리는 것은 그 안에 있고, 새로 들어오는 것은 버스에서 기다려요',
  'mend.token': '토큰을 확인해 주세요',
  'mend.invite': '채널에 봇을 초대하고 권한을 확인해 주세요',
  'mend.channel': '설정한 채널을 확인해 주세요',
  'mend.later': '잃은 것은 없어요. 플랫폼이 다시 응답하면 보내요',
  // why a model gives no answer, and what to do
  'fault.none': '응답하는 모델이 없어요',
  'mend.model.none': 'Ollama를 시작하거나 OLLAMA_API_URL 또는 OPENAI_API_KEY를 설정해 주세요',
  'fault.key': '서버가 키를 거부했어요',
  'mend.model.key': '키(OPENAI_API_KEY)를 확인해 주세요',
  'fault.forbidden': '이 키로는 이 모델을 쓸 수 없어요',
  'mend.model.forbidden': '키에 권한을 주거나 다른 모델로 바꿔 주세요',
  'fault.missing': '서버에 이 모델이 없어요',
  'mend.model.missing': '이름이나 주소를 고치거나 모델을 받아 주세요(ollama pull {model})',
  'fault.limited': '서버가 지금은 요청을 더 받지 않아요',
  'mend.model.limited': '{seconds}초 뒤에 다시 물어봐 주세요',
  'fault.quota': '계정의 사용 한도를 모두 썼어요',
  'mend.model.quota': '계정에 금액을 충전하거나 한도가 다시 채워질 때까지 기다려 주세요',
  'fault.busy': '서버가 바쁘거나 아직 모델을 불러오고 있어요',
  'mend.model.busy': '1분 뒤에 다시 물어봐 주세요',
  'fault.broken': '서버 안에서 오류가 났어요',
  'mend.model.broken': '모델 서버의 로그를 확인해 주세요',
  'fault.timeout': '제한 시간 안에 답하지 않았어요',
  'mend.model.timeout': '다시 물어보고, 계속 느리면 더 작은 모델을 쓰거나 timeoutMs를 늘려 주세요',
  'fault.refused': '서버 주소에서 실행 중인 것이 없어요',
  'mend.model.refused': '모델 서버를 시작하거나 주소(OLLAMA_API_URL, OPENAI_BASE_URL)를 고쳐 주세요',
  'fault.unknown_host': '서버 이름을 찾을 수 없어요',
  'mend.model.unknown_host': '주소(OLLAMA_API_URL, OPENAI_BASE_URL)나 DNS를 고쳐 주세요',
  'fault.tls': '서버와 안전하게 연결할 수 없어요(TLS). 인증서를 믿을 수 없거나 인증서가 없어요',
  'mend.model.tls': '인증서를 갱신하거나 NODE_EXTRA_CA_CERTS에 인증 기관을 지정하거나 주소를 고쳐 주세요',
  'fault.unreachable': '서버에 연결할 수 없어요',
  'mend.model.unreachable': '네트워크, 프록시, 주소(OLLAMA_API_URL, OPENAI_BASE_URL)를 확인해 주세요',
  'fault.cut': '답하는 도중에 연결이 끊겼어요',
  'mend.model.cut': '다시 물어봐 주세요',
  'fault.gpu_memory': '서버의 메모리가 모자라 모델을 올릴 수 없어요',
  'mend.model.gpu_memory': '메모리를 비우거나 더 작은 모델 또는 더 작은 contextTokens를 써 주세요',
  'fault.memory': 'CPU만으로도 메모리가 모자라 모델을 올릴 수 없어요',
  'mend.model.memory': '서버의 메모리를 비우거나 더 작은 모델 또는 더 작은 contextTokens를 써 주세요',
  'fault.crashed': '모델을 실행하는 프로세스가 비정상 종료됐어요',
  'mend.model.crashed': '모델 서버의 로그를 보고 서버나 모델을 업데이트해 주세요',
  'fault.context': '질문이 모델이 담을 수 있는 길이보다 길어요',
  'mend.model.context': '더 짧은 시간이나 더 적은 서비스에 대해 물어봐 주세요',
  'fault.rejected': '서버가 질문을 이해하지 못했어요',
  'mend.model.rejected': '채팅 서버의 주소가 맞는지 확인하고 서버를 업데이트해 주세요',
  'fault.unusable': '모델의 답을 쓸 수 없어요',
  'mend.model.unusable': '다시 물어보거나 더 나은 모델을 써 주세요',
};

export const HEALTH_WORDS: Record<Language, Record<HealthWord, string>> = { en, ko };

/** A word of the catalogue with what is filled in. */
export type Phrase = [word: HealthWord, values?: Record<string, string | number>];

/** One phrase in words. */
export const healthText = (language: Language, [word, values = {}]: Phrase): string =>
  HEALTH_WORDS[language][word].replace(/\{(\w+)\}/g, (_, name: string) => String(values[name] ?? ''));
const inWords = (language: Language, phrases: readonly Phrase[]): string =>
  phrases.map((one) => healthText(language, one)).join(', ');

/** Health said in words of the catalogue; `detail` and `mend` are English, for programs and logs. */
export function healthOf(ok: boolean, kind: string, detail: Phrase[], mend?: Phrase): Health {
  return {
    ok,
    kind,
    detail: inWords('en', detail),
    ...(mend ? { mend: healthText('en', mend) } : {}),
    said: { detail, ...(mend ? { mend } : {}) },
  };
}

const isPhrase = (phrase: HealthPhrase): phrase is Phrase => phrase[0] in HEALTH_WORDS.en;

/** What a part says, in phrases; undefined when it says nothing in phrases, or in words of another version. */
export function phrasesOf({ said }: Health): { detail: Phrase[]; mend?: Phrase } | undefined {
  if (!said?.detail.every(isPhrase) || (said.mend && !isPhrase(said.mend))) return undefined;
  return { detail: said.detail, ...(said.mend ? { mend: said.mend } : {}) };
}

/** The same for people of a language. A word of another version of the program stays English. */
export function healthIn(language: Language, health: Health): Health {
  const said = phrasesOf(health);
  if (!said) return health;
  return {
    ...health,
    detail: inWords(language, said.detail),
    ...(said.mend ? { mend: healthText(language, said.mend) } : {}),
  };
}

/** What stands for the models where there is none and none was asked for: the rest is whole without. */
export const NO_MODEL = healthOf(true, 'none', [['noModel']]);
