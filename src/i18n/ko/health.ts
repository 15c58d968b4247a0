import type { health as english } from '../en/health.ts';

export const health: typeof english = {
  kept: ({ file, used, free }) => `${file}, ${used} MB 사용, ${free} MB 남음`,
  error: ({ error }) => `오류: ${error}`,
  closed: '닫힘',
  held: ({ topics, held }) => `토픽 ${topics}개, 보관 중인 메시지 ${held}개`,
  brokers: ({ count, place }) => `${place}의 브로커 ${count}개`,
  shared: ({ topic, at }) => `${topic}의 파티션을 ${at}에 다시 나눔`,
  consuming: ({ place, topics }) => `${place}: ${topics} 토픽을 읽지 못하고 있어요`,
  noLetters: ({ topics }) =>
    `읽지 못한 메시지를 두는 토픽을 쓸 수 없어요: ${topics}. 토픽을 만들거나 이 클라이언트에 만들 권한을 주세요. 없으면 읽지 못한 메시지가 그 파티션을 막아요`,
  heldBack: ({ topic, partition, offset, times, error }) =>
    `${topic} 토픽의 파티션 ${partition}: 오프셋 ${offset}의 묶음이 ${times}번 연속으로 처리되지 못했어요(${error})`,
  undecoded: ({ topic, count, partition, offsets, error, letters }) =>
    `${topic} 토픽: 해석하지 못한 묶음 ${count}개, 마지막은 파티션 ${partition}의 오프셋 ${offsets}(${error}). 받은 내용은 ${letters} 토픽에 있으니 보내는 쪽의 압축 설정을 확인해 주세요`,
  noBroker: ({ place, error }) => `${place}에서 응답하는 브로커가 없어요: ${error}`,
  index: ({ place, index, count, status }) => `${place}, 인덱스 ${index}, 기록 ${count}개, ${status}`,
  'foreign.template': ({ place, name, index }) =>
    `${place}: 인덱스 ${index}의 자리를 다른 인덱스 템플릿이 막고 있어요: "${name}"(Bongsu가 만든 것이 아니에요)`,
  'foreign.index': ({ place, name, index }) =>
    `${place}: ${index} 자리에 다른 인덱스가 있어요: "${name}"(Bongsu가 만든 것이 아니에요)`,
  foreignRead: ({ place, name, count, indices }) =>
    `${place}: ${name}을(를) 있는 그대로 읽어요. 인덱스 ${indices}개에 문서 ${count}건, 쓰는 것은 없어요`,
  foreignFields: ({ fields }) => `필드: ${fields}`,
  foreignOlder: ({ count }) => `그중 시간을 정하지 않은 질문은 최근 ${count}건을 봐요`,
  foreignTimeless: ({ count, field }) => `${field}이(가) 없는 문서 ${count}건은 빠져 있어요`,
  foreignNone: ({ place, name }) => `${place}: ${name}에 문서가 없어요`,
  'foreignRight.fields': ({ place, name }) =>
    `${place}에서 ${name}의 필드 목록을 볼 권한이 없어요(401 또는 403)`,
  'foreignRight.search': ({ place, name }) => `${place}에서 ${name}을(를) 검색할 권한이 없어요(401 또는 403)`,
  'foreignRight.pit': ({ place, name }) =>
    `${place}에서 ${name}의 PIT(한 시점의 보기)를 열 권한이 없어요(401 또는 403)`,
  foreignWatch: ({ name, count }) => `${name}: 새 로그 ${count}줄을 받았어요`,
  foreignSkipped: ({ minutes }) =>
    `하루 넘게 멈춰 있어서 그 앞의 ${minutes}분은 알림을 위해 살펴보지 않았어요`,
  kafkaEncrypted: ({ place }) => `${place}는 TLS로만 연결할 수 있는데 TLS를 쓰지 않고 있어요`,
  'certificate.untrusted': ({ place }) => `${place}의 인증서를 발급한 기관을 이 시스템이 몰라요`,
  'certificate.name': ({ place }) => `${place}의 인증서가 다른 이름으로 발급됐어요`,
  'certificate.expired': ({ place }) => `${place}의 인증서가 오늘은 유효하지 않아요`,
  'certificate.plain': ({ place }) => `${place}는 TLS를 쓰지 않아요`,
  unreadable: ({ count, name }) =>
    `읽을 수 없어 빼놓은 문서 ${count}건(첫 번째는 ${name}, 자세한 내용은 로그)`,
  redis: ({ place, used }) => `${place}, ${used} 사용`,
  appendOn: '추가 전용 파일 켜짐',
  appendOff:
    '추가 전용 파일 꺼짐: Redis가 죽으면 저장하지 않은 것을 잃어요("appendonly yes"로 설정해 주세요)',
  untouched: ({ place }) => `${place}, 첫 작업이 들어오면 시작해요`,
  jobs: ({ place, waiting, active, failed }) => `${place}: 대기 ${waiting}, 실행 ${active}, 실패 ${failed}`,
  placeError: ({ place, error }) => `${place}: ${error}`,
  model: ({ model, place }) => `${place}의 ${model}`,
  context: ({ tokens }) => `컨텍스트 ${tokens}토큰`,
  onCpu: 'GPU 메모리가 모자라 CPU에서 실행해요',
  onGpu: ({ layers, of }) => `GPU 메모리가 모자라 층 ${of}개 중 ${layers}개만 GPU에서 실행해요`,
  modelMissing: '모델이 없어요',
  noKey: '키가 없어요',
  noModel: '모델 없음: 근거와 원인 순위로 답해요',
  late: ({ seconds }) => `${seconds}초 안에 응답이 없어요`,
  noOpen: ({ place, error }) => `${place}을(를) 열 수 없어요(${error})`,
  place: ({ place }) => `${place}`,
  connections: ({ count }) => `연결 ${count}개`,
  lines: ({ count }) => `${count}줄`,
  waiting: ({ count }) => `${count}건 대기`,
  alertsTaken: ({ count }) => `알림 ${count}건 받음`,
  sent: ({ count }) => `${count}건 보냄`,
  dropped: ({ count }) => `${count}건 버림`,
  refused: ({ count, reasons }) => `${count}건 거절(${reasons})`,
  refusedKept: ({ count, file }) => `로그 저장소가 거절한 ${count}줄이 ${file}에 있어요`,
  refusedLost: ({ count }) => `${count}줄은 그 파일에 자리가 없어 잃었어요`,
  letters: ({ topic, count, at, partition, offset, reason }) =>
    `${topic}: 메시지 ${count}개를 따로 두었어요. 마지막은 ${at}(파티션 ${partition}, 오프셋 ${offset}): ${reason}`,
  followed: ({ count }) => `파일 ${count}개를 따라 읽는 중`,
  events: ({ count }) => `${count}건`,
  left: ({ left, followed }) => `파일 ${left}개를 읽지 못해요. ${followed}개까지만 따라 읽을 수 있어요`,
  silent: ({ minutes }) => `${minutes}분째 소식이 없어요`,
  messages: ({ count }) => `메시지 ${count}개`,
  unread: '아직 메시지를 읽을 수 없어요',
  socketMode: 'Socket Mode',
  httpPort: ({ port }) => `HTTP 포트 ${port}`,
  channel: ({ channel }) => `채널 ${channel}`,
  chartsLost: ({ count }) => `차트 ${count}개를 보여 주지 못했어요`,
  reportsLost: ({ count }) => `보고서 ${count}개를 올리지 못했어요`,
  unregistered: '/logs가 아직 등록되지 않았어요',
  standby: '다른 프로세스가 보내고 있어 대기 중이에요',
  troubled: ({ place, code }) => `${place}: ${code}`,
  detoured: ({ place, code, count }) => `${place}: ${code}, 메시지 ${count}개를 예비 채널로 보냈어요`,
  behind: ({ seconds }) => `이 컴퓨터의 시계가 ${seconds}초 뒤로 돌아갔어요`,
  givenUp: ({ count }) => `스레드가 사라져 답글 ${count}개를 포기했어요`,
  noStore: ({ error }) => `상태 저장소: ${error}`,
  unclaimed: ({ error }) => `이 프로세스가 보낼 차례인지 확인하지 못해요: 상태 저장소 ${error}`,
  'mend.disk': '디스크 공간을 비우거나 데이터 폴더에 쓸 수 있게 해 주세요',
  'mend.logsFile': '손상된 파일을 옮기거나(다음 시작 때 새로 만들어요) 복사본으로 되돌려 주세요',
  'mend.stateFile':
    '데이터 폴더를 복사본으로 되돌리거나 손상된 파일을 옮겨 주세요(열려 있는 장애는 잊게 돼요)',
  'mend.dataDir': '데이터 폴더를 쓰는 다른 프로세스를 멈추거나, 이 프로세스에 다른 폴더를 주세요',
  'mend.kafka':
    'Kafka를 시작하거나 config.json의 bus.brokers(또는 KAFKA_BOOTSTRAP_SERVERS)를 고쳐 주세요. 연결은 알아서 다시 해요.',
  'mend.kafkaAuth':
    'KAFKA_USERNAME과 KAFKA_PASSWORD를 맞게 넣고, 브로커가 바라는 방식을 KAFKA_SASL_MECHANISM(plain, scram-sha-256, scram-sha-512, oauthbearer)에 넣어 주세요.',
  'mend.kafkaTls': 'config.json의 bus.tls를 true로 하거나 KAFKA_CA에 브로커의 인증 기관을 넣어 주세요.',
  'mend.kafkaCertificate':
    'bus.ca(또는 KAFKA_CA)에 브로커의 인증 기관을 넣거나, bus.brokers를 인증서에 있는 이름으로 고쳐 주세요. TLS를 쓰지 않는 브로커라면 bus.tls를 false로 해 주세요.',
  'mend.heldBack':
    '괄호 안의 원인을 해결해 주세요(다른 저장소에 연결되지 않을 때가 많아요). 잃는 것은 없어요. 이 묶음은 저절로 다시 처리하고, 뒤에 있는 것은 기다려요.',
  'mend.decoding':
    '저장된 데이터를 브로커나 Bongsu가 풀거나 해석하지 못해요. 보내는 쪽의 압축 설정(compression.type)과 브로커의 디스크를 확인해 주세요.',
  'mend.consuming': '브로커와 이 클라이언트의 권한을 확인해 주세요. 연결은 알아서 다시 해요.',
  'mend.elastic': ({ place }) =>
    `${place}의 Elasticsearch를 시작하거나 logs.url(ELASTICSEARCH_URL)을 맞게 고쳐 주세요`,
  'mend.foreign.template': ({ name }) =>
    `logs.index를 그 템플릿에 걸리지 않는 이름으로 바꾸거나, 템플릿 "${name}"의 이름을 바꾸거나 지워 주세요. 템플릿은 건드리지 않았어요`,
  'mend.foreign.index': ({ name }) =>
    `logs.index를 비어 있는 이름으로 바꾸거나, 인덱스 "${name}"의 이름을 바꾸거나 지워 주세요. 이 인덱스에는 아무것도 쓰지 않아요`,
  'mend.foreignNone': ({ name }) =>
    `logs.index(지금 ${name})를 고쳐 주세요. filebeat-*나 logs-*-* 같은 패턴도 쓸 수 있어요`,
  'mend.foreignRight': ({ name }) =>
    `사용자, 비밀번호, 키를 맞게 넣고(ELASTICSEARCH_URL, ELASTICSEARCH_API_KEY, OPENSEARCH_URL) ${name}에 "read" 권한을 주세요. 다른 권한은 필요 없어요`,
  'mend.foreignFields': 'config.json의 logs.fields에 필드를 적어 주세요',
  'mend.foreignPlace': ({ place }) => `${place}의 서버를 시작하거나 logs.url을 맞게 고쳐 주세요`,
  'mend.certificate':
    'logs.ca(또는 ELASTICSEARCH_CA, OPENSEARCH_CA)에 서버의 인증 기관을 넣거나, logs.url을 인증서에 있는 이름으로 고쳐 주세요',
  'mend.elasticBlocked':
    'Elasticsearch의 디스크를 비우거나 쓰기 차단(index.blocks, cluster.blocks)을 풀어 주세요. 잃는 것은 없고, 저장할 로그는 기다려요.',
  'mend.elasticIndex':
    'Elasticsearch에서 logs.index의 인덱스가 열려 있는지, 클러스터가 만들 수 있는지 확인해 주세요. 실시간 로그는 기다려요.',
  'mend.elasticAuth': 'ELASTICSEARCH_URL에 올바른 사용자와 비밀번호를 넣어 주세요',
  'mend.shards': 'GET _cluster/allocation/explain을 확인해 주세요',
  'mend.redis': ({ place }) => `${place}의 Redis를 시작하거나 state.url(REDIS_URL)을 맞게 고쳐 주세요`,
  'mend.redisCertificate':
    'state.ca와 queue.ca(REDIS_CA)에 Redis의 인증 기관을 넣거나, REDIS_URL을 인증서에 있는 이름으로 고쳐 주세요. TLS를 쓰지 않는 Redis라면 redis://로 해 주세요',
  'mend.redisAuth': 'REDIS_URL에 올바른 사용자와 비밀번호를 넣어 주세요',
  'mend.redisFull': 'Redis의 메모리나 디스크를 늘려 주세요',
  'mend.queueRedis':
    'Redis를 시작하거나 config.json의 queue.url(또는 REDIS_URL)을 고쳐 주세요. 연결은 알아서 다시 해요.',
  'mend.queueEmbedded': ({ place }) =>
    `${place}의 postgres.log를 확인하거나 queue.kind를 "redis"로 바꿔 주세요.`,
  'mend.pull': ({ model }) => `다음을 실행해 주세요: ollama pull ${model}`,
  'mend.key': 'OPENAI_API_KEY를 설정해 주세요',
  'mend.late': '이 백엔드의 로그를 보고, 그다음 Bongsu와의 네트워크를 확인해 주세요.',
  'mend.lowPort': '1023보다 큰 포트를 써 주세요',
  'mend.port': '그 포트를 쓰는 프로그램을 멈추거나 collect에서 포트를 바꿔 주세요',
  'mend.receiver': '받는 쪽이 실행 중이고 연결되는지 확인해 주세요',
  'mend.file': 'Bongsu가 그 파일을 읽을 수 있게 하거나 collect.files에서 빼 주세요',
  'mend.files': '실제로 쓰이는 파일만 걸리게 collect.files를 좁히거나, 나머지는 다른 Bongsu로 읽어 주세요',
  'mend.refused': ({ file }) =>
    `${file}에서 이유를 보고 고친 다음, bongsu ingest로 그 줄을 다시 읽고 파일을 지워 주세요`,
  'mend.letters': ({ topics }) =>
    `보낸 쪽을 고쳐 주세요. 메시지는 ${topics}에 그대로 있고 헤더에 이유가 있어요. 고친 뒤 다시 보내면 돼요`,
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
  'mend.model.missing': ({ model }) => `이름이나 주소를 고치거나 모델을 받아 주세요(ollama pull ${model})`,
  'fault.limited': '서버가 지금은 요청을 더 받지 않아요',
  'mend.model.limited': ({ seconds }) => `${seconds}초 뒤에 다시 물어봐 주세요`,
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
  'fault.untrue': '로그에 대해 한 말 중에 맞는 것이 하나도 없어서 쓰지 않았어요',
  'mend.model.untrue': '더 나은 모델을 써 주세요. 세 번 이어지면 5분에 한 번만 물어봐요',
  'mend.model.unusable': '다시 물어보거나 더 나은 모델을 써 주세요',
};
