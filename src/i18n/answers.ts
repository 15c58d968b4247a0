import type { FailureKind } from '../domain/log/failure-kind.ts';
import type { Language } from '../domain/question/question.ts';
import { figure } from './numbers.ts';

const en = {
  'kind.memory': 'out of memory',
  'kind.pool': 'connection pool or connection limit exhausted',
  'kind.disk': 'no disk space or read-only disk',
  'kind.deadlock': 'deadlock or lock wait',
  'kind.crash': 'crash',
  'kind.port': 'port already in use',
  'kind.config': 'wrong or missing configuration',
  'kind.auth': 'access denied',
  'kind.tls': 'TLS or certificate failure',
  'kind.dns': 'name not found',
  'kind.refused': 'connection refused',
  'kind.timeout': 'timeout',
  'kind.reset': 'connection broken',
  'kind.limited': 'too many requests',
  'kind.unavailable': 'unavailable',
  'kind.route': 'no such endpoint (404)',
  'kind.status': 'server errors (5xx)',
  'kind.error': 'errors',
  'cause.own': '{kind}: {own} of its own lines {own:says|say} so.',
  'cause.both':
    '{kind}: {own} of its own lines {own:says|say} so, and {named} {named:line|lines} of {reporters} {named:names|name} it.',
  'cause.named': '{kind}: {named} {named:line|lines} of {reporters} {named:names|name} it as failing.',
  'cause.silent':
    '{kind}: {named} {named:line|lines} of {reporters} {named:names|name} it as failing; it wrote no line of its own.',
  'cause.dialled':
    '{reporters} cannot reach {address}: {kind} ({named} {named:line|lines}); it wrote no line of its own.',
  'cause.inferred':
    '{kind}: {named} {named:line|lines} of {reporters} {named:fails|fail} at an address nobody is known by, and it is the only known service without a line.',
  'ruled.caller': '{service}: its errors name {because}; it suffers, it is not the cause.',
  'ruled.usual': '{service}: its {count} {count:error is|errors are} no more than before.',
  'ruled.steady': '{service}: its {count} {count:error|errors} came at the same rate all the time.',
  'ruled.settled': '{service}: the {count} {count:error|errors} about it ended once everything had started.',
  'ruled.working':
    '{service}: it is known on port {port}, but it goes on working, and no line says that it is meant.',
  'explain.either': 'As much speaks against {list}; the lines do not tell which of them is the cause.',
  'explain.either.port':
    'The lines name port {port}, by which {list} are known; they do not tell which of them is meant.',
  'explain.either.working':
    '{list} are known on port {port} and go on working; the lines do not tell whether one of them is meant.',
  'explain.window':
    'Window {from} to {to}: {records} {records:line|lines}, {errors} of them {errors:an error|errors}.',
  'strays.later': '{count} {count:line is|lines are} dated later than now: kept, but left out here.',
  'strays.after': '{count} {count:line is|lines are} dated far after all others: kept, but left out here.',
  'strays.before': '{count} {count:line is|lines are} dated far before all others: kept, but left out here.',
  'explain.baseline':
    'Before it, since {from}: {records} {records:line|lines}, {errors} of them {errors:an error|errors}.',
  'explain.cause': 'Most likely cause: {service}. {cause}',
  'explain.since': 'First of the counted lines: {first}; last: {last}.',
  'explain.new': 'New in this window: {list}.',
  'explain.trace': 'One request ({trace}) went through {list}; it failed first in {service}.',
  'explain.silent': 'Silent since then: {list}.',
  'explain.event': 'Change when it began ({time}): {line}',
  'explain.none': 'No line tells of a failure, so the logs do not show a cause.',
  'explain.unsure': 'Lines tell of failures, but they do not prove a cause.',
  'explain.usual': 'It has failures, but no more than the time before; nothing stands out.',
  'explain.steady':
    'It has failures, but at the same rate all the time; nothing stands out, and no earlier logs are there to compare with.',
  'explain.unknown': 'No line of {service} in this window ({from} to {to}). Services here: {list}.',
  'explain.empty': 'No log lines are stored for this question.',
  'explain.alone': 'This is the evidence alone.',
  'model.none':
    'No model is set up. Whoever runs Bongsu can add one: an Ollama (OLLAMA_API_URL) or a key (OPENAI_API_KEY).',
  'model.operator': '{model}: {fault}. Whoever runs Bongsu can mend it: {mend}.',
  'model.wait': '{model}: {fault}. It may pass by itself: {mend}.',
  'model.asker': '{model}: {fault}. You can mend it: {mend}.',
  'model.onCpu': 'Memory of the GPU did not hold the model, so it ran on the CPU, which is slower.',
  'model.onGpu':
    'Memory of the GPU did not hold the whole model, so it ran with {layers} of {of} layers on the GPU, which is slower.',
  'budget.day.usd':
    'The day’s budget for models is used up ({spent} of {limit}), so no model was asked; it starts anew at midnight. This is the evidence alone.',
  'budget.user.usd':
    'Your budget for models is used up for today ({spent} of {limit}), so no model was asked; it starts anew at midnight. This is the evidence alone.',
  'budget.day.tokens':
    'The day’s tokens for models are used up ({spent} of {limit}), so no model was asked; they start anew at midnight. This is the evidence alone.',
  'budget.user.tokens':
    'Your tokens for models are used up for today ({spent} of {limit}), so no model was asked; they start anew at midnight. This is the evidence alone.',
  'explain.removed':
    'Statements of the model that could not be checked against the logs: {count}. They were left out.',
  'root.none': 'The logs hold no trace of a cause.',
  hypothesis: 'Hypothesis (not proven by the logs): {text}',
  times: '{line} ({count} {count:time|times})',
  'summary.why': '{service}: {kind}.',
  'summary.unsure': 'Failures without a proven cause; most suspicious: {service}: {kind}.',
  'summary.usual': 'No more failures than before in {records} {records:line|lines}.',
  'summary.steady': 'Failures at the same rate all the time in {records} {records:line|lines}.',
  'summary.errors': 'Errors: {errors} of {records} lines, without a proven cause.',
  'summary.quiet': 'No failure found in {records} {records:line|lines}.',
  'sum.requests':
    '{requests} {requests:request|requests}; mean response time {mean} ms; busiest endpoint {endpoint} with {count}.',
  'sum.requestsUntimed':
    '{requests} {requests:request|requests} (no response times logged); busiest endpoint {endpoint} with {count}.',
  'sum.noRequests': 'No request lines in this window.',
  'sum.errors': 'Errors: {errors} of {records} {records:line|lines} ({kinds}).',
  'sum.noErrors': 'No errors in {records} {records:line|lines}.',
  'sum.templates': 'Most frequent messages: {list}.',
  'sum.course': 'Lines per {width}: {list}.',
  'course.errors': '{errors} {errors:error|errors}',
  'sum.services': 'Services: {list}.',
  'sum.statuses': 'Status codes of requests: {list}.',
  'solution.memory':
    'Check the memory limit and recent growth of {service}; restart it if it is stuck, then raise the limit or fix the leak.',
  'solution.pool':
    'Look for connections {service} does not give back (slow queries, leaks), then check the pool size against the limit of the database.',
  'solution.disk':
    'Free disk space for {service} or enlarge the volume; check log rotation and the mount mode.',
  'solution.deadlock':
    'Find the transactions that block each other in {service} and end the older one; keep transactions short and in one order.',
  'solution.crash':
    'Read the lines of {service} right before the crash; roll back its last change if there was one, then restart it.',
  'solution.port':
    'Find what already listens on the port that {service} wants, or change one of the two ports.',
  'solution.config':
    'Compare the configuration of {service} with its last working version and correct or roll back the difference.',
  'solution.auth':
    'Check the user, the password or token and the grants that {service} uses; look for a recent rotation.',
  'solution.tls': 'Check the certificate and its validity, names and chain for {service}.',
  'solution.dns':
    'Check that the name of {service} exists in DNS, that the service is deployed, and that callers spell it correctly.',
  'solution.refused': 'Check that {service} is running, ready and listening on the port its callers use.',
  'solution.dialled':
    'Check that {address} answers: that it is running and listens there, that nothing in between blocks it, and that {reporters} {callers:has|have} the right address.',
  'solution.timeout':
    'Check whether {service} is overloaded or waits for something else: its latency, its own calls, its resources.',
  'solution.reset':
    'Check whether {service} restarted or closes connections: its restarts, limits, and proxies in between.',
  'solution.limited': 'Lower the request rate to {service} or raise its limit; back off between retries.',
  'solution.unavailable':
    'Check that {service} is running, ready and reachable, and that its callers use the right address and port.',
  'solution.route':
    'Check the routes that lead to {service} (gateway, path, port) and its last deployment: its callers ask for what nobody serves.',
  'solution.status':
    'Read the error lines of {service} for these requests; roll back its last change if there was one.',
  'solution.error': 'Read the quoted lines of {service} first; roll back its last change if there was one.',
  'solution.none':
    'Widen the time window, name a service, or check whether all services send their logs here.',
  'solution.past': 'A similar incident was resolved on {date}: "{note}".',
  'solution.helped':
    'A similar incident was resolved on {date}: "{note}". Since then this has helped {helped} {helped:time|times}.',
  'solution.noPast': 'No similar incident has been resolved here before.',
} as const;

export type Word = keyof typeof en;

/** In 해요체, like everything the bot and the page say. */
const ko: Record<Word, string> = {
  'kind.memory': '메모리 부족',
  'kind.pool': '커넥션 풀 또는 연결 한도 소진',
  'kind.disk': '디스크 공간 부족 또는 읽기 전용',
  'kind.deadlock': '교착 상태 또는 잠금 대기',
  'kind.crash': '비정상 종료',
  'kind.port': '포트 충돌',
  'kind.config': '설정 오류 또는 누락',
  'kind.auth': '접근 거부',
  'kind.tls': 'TLS 또는 인증서 오류',
  'kind.dns': '이름 확인 실패',
  'kind.refused': '연결 거부',
  'kind.timeout': '시간 초과',
  'kind.reset': '연결 끊김',
  'kind.limited': '요청 과다',
  'kind.unavailable': '사용 불가',
  'kind.route': '엔드포인트 없음(404)',
  'kind.status': '서버 오류(5xx)',
  'kind.error': '오류',
  'cause.own': '{kind}: 자체 로그 {own}줄에서 확인돼요.',
  'cause.both':
    '{kind}: 자체 로그 {own}줄에서 확인되고, 다른 서비스({reporters})의 로그 {named}줄도 이 서비스를 지목해요.',
  'cause.named': '{kind}: 다른 서비스({reporters})의 로그 {named}줄이 장애 대상으로 지목해요.',
  'cause.silent':
    '{kind}: 다른 서비스({reporters})의 로그 {named}줄이 장애 대상으로 지목해요. 자체 로그는 한 줄도 없어요.',
  'cause.dialled':
    '{reporters}에서 {address}에 연결하지 못했어요: {kind}({named}줄). 자체 로그는 한 줄도 없어요.',
  'cause.inferred':
    '{kind}: {reporters}의 로그 {named}줄이 어느 서비스인지 알 수 없는 주소에서 실패했고, 알려진 서비스 가운데 로그가 없는 것은 이 서비스뿐이에요.',
  'ruled.caller': '{service}: 오류가 {because} 쪽을 가리켜요. 영향을 받았을 뿐 원인은 아니에요.',
  'ruled.usual': '{service}: 오류 {count}줄은 직전과 비슷한 수준이에요.',
  'ruled.steady': '{service}: 오류 {count}줄은 구간 내내 비슷한 빈도로 나왔어요.',
  'ruled.settled': '{service}: 관련 오류 {count}줄은 시작이 끝나면서 사라졌어요.',
  'ruled.working': '{service}: {port} 포트를 쓰지만 계속 동작하고 있고, 이 서비스를 가리키는 로그는 없어요.',
  'explain.either': '똑같이 의심되는 서비스: {list}. 로그만으로는 어느 쪽이 원인인지 알 수 없어요.',
  'explain.either.port':
    '로그에는 {port} 포트만 나오는데 이 포트를 쓰는 서비스가 여럿이에요({list}). 로그만으로는 어느 쪽인지 알 수 없어요.',
  'explain.either.working':
    '{port} 포트를 쓰는 서비스({list})는 모두 계속 동작하고 있어요. 그중 하나를 가리키는지는 로그만으로 알 수 없어요.',
  'explain.window': '구간 {from} ~ {to}: 로그 {records}줄, 그중 오류 {errors}줄.',
  'strays.later': '시각이 지금보다 늦은 로그 {count}줄은 보관하되 여기서는 제외했어요.',
  'strays.after': '시각이 다른 로그보다 훨씬 뒤인 {count}줄은 보관하되 여기서는 제외했어요.',
  'strays.before': '시각이 다른 로그보다 훨씬 앞선 {count}줄은 보관하되 여기서는 제외했어요.',
  'explain.baseline': '그 전 {from}부터: 로그 {records}줄, 그중 오류 {errors}줄.',
  'explain.cause': '가장 유력한 원인: {service}. {cause}',
  'explain.since': '집계한 로그의 처음: {first}, 마지막: {last}.',
  'explain.new': '이 구간에 새로 나타난 로그: {list}.',
  'explain.trace': '요청 하나({trace})가 {list} 순서로 지나갔고, {service}에서 처음 실패했어요.',
  'explain.silent': '그 뒤로 로그가 끊긴 서비스: {list}.',
  'explain.event': '시작 무렵의 변경({time}): {line}',
  'explain.none': '장애를 나타내는 로그가 없어 원인을 알 수 없어요.',
  'explain.unsure': '장애를 나타내는 로그는 있지만 원인을 입증하지는 못해요.',
  'explain.usual': '오류 로그가 있지만 직전보다 늘지 않았고, 눈에 띄는 이상은 없어요.',
  'explain.steady':
    '오류 로그가 있지만 구간 내내 비슷한 빈도로 나왔고, 눈에 띄는 이상은 없어요. 비교할 이전 로그는 없어요.',
  'explain.unknown': '이 구간({from} ~ {to})에는 {service}의 로그가 없어요. 로그가 있는 서비스: {list}.',
  'explain.empty': '이 질문에 해당하는 로그가 저장되어 있지 않아요.',
  'explain.alone': '그래서 근거만 보여 드려요.',
  'model.none':
    '설정된 모델이 없어요. 운영자가 Ollama(OLLAMA_API_URL)나 키(OPENAI_API_KEY)를 설정하면 모델의 설명도 볼 수 있어요.',
  'model.operator': '모델 {model}: {fault}. 운영자가 해결할 수 있어요: {mend}.',
  'model.wait': '모델 {model}: {fault}. 저절로 풀릴 수 있어요: {mend}.',
  'model.asker': '모델 {model}: {fault}. 직접 해결하실 수 있어요: {mend}.',
  'model.onCpu': 'GPU 메모리가 모자라 모델을 CPU에서 실행했어요. 그래서 더 느려요.',
  'model.onGpu': 'GPU 메모리가 모자라 모델 층 {of}개 중 {layers}개만 GPU에서 실행했어요. 그래서 더 느려요.',
  'budget.day.usd':
    '오늘 모델 예산을 모두 써서({limit} 중 {spent}) 모델에 묻지 않았어요. 자정에 다시 채워져요. 근거만 보여 드려요.',
  'budget.user.usd':
    '오늘 쓸 수 있는 개인 모델 예산을 모두 썼어요({limit} 중 {spent}). 자정에 다시 채워져요. 근거만 보여 드려요.',
  'budget.day.tokens':
    '오늘 모델 토큰을 모두 써서({limit} 중 {spent}) 모델에 묻지 않았어요. 자정에 다시 채워져요. 근거만 보여 드려요.',
  'budget.user.tokens':
    '오늘 쓸 수 있는 개인 모델 토큰을 모두 썼어요({limit} 중 {spent}). 자정에 다시 채워져요. 근거만 보여 드려요.',
  'explain.removed': '로그로 확인되지 않아 모델의 설명 가운데 {count}건을 뺐어요.',
  'root.none': '로그에 원인의 흔적이 없어요.',
  hypothesis: '가설(로그로 입증되지 않음): {text}',
  times: '{line} ({count}회)',
  'summary.why': '{service}: {kind}.',
  'summary.unsure': '장애는 있지만 원인은 입증되지 않았어요. 가장 의심되는 것: {service}: {kind}.',
  'summary.usual': '로그 {records}줄에서 직전보다 늘어난 장애는 없어요.',
  'summary.steady': '로그 {records}줄에서 장애가 내내 비슷한 빈도로 나왔어요.',
  'summary.errors': '로그 {records}줄 중 오류 {errors}줄, 입증된 원인은 없어요.',
  'summary.quiet': '로그 {records}줄에서 장애를 찾지 못했어요.',
  'sum.requests':
    '요청 {requests}건, 평균 응답 시간 {mean} ms, 가장 많이 호출된 엔드포인트 {endpoint} {count}건.',
  'sum.requestsUntimed':
    '요청 {requests}건(응답 시간 기록 없음), 가장 많이 호출된 엔드포인트 {endpoint} {count}건.',
  'sum.noRequests': '이 구간에는 요청 로그가 없어요.',
  'sum.errors': '오류: 로그 {records}줄 중 {errors}줄({kinds}).',
  'sum.noErrors': '로그 {records}줄에 오류가 없어요.',
  'sum.templates': '가장 잦은 메시지: {list}.',
  'sum.course': '{width}별 로그 수: {list}.',
  'course.errors': '오류 {errors}',
  'sum.services': '서비스: {list}.',
  'sum.statuses': '요청의 상태 코드: {list}.',
  'solution.memory':
    '{service}의 메모리 한도와 최근 증가 추이를 확인하고, 멈췄다면 재시작한 뒤 한도를 늘리거나 누수를 고쳐 주세요.',
  'solution.pool':
    '{service}에서 반환되지 않는 연결(느린 쿼리, 누수)을 찾고, 풀 크기를 데이터베이스 한도와 비교해 주세요.',
  'solution.disk':
    '{service}의 디스크 공간을 비우거나 볼륨을 늘리고, 로그 순환과 마운트 모드를 확인해 주세요.',
  'solution.deadlock':
    '{service}에서 서로 막는 트랜잭션을 찾아 오래된 쪽을 끝내고, 트랜잭션은 짧게, 같은 순서로 실행해 주세요.',
  'solution.crash': '{service}가 종료되기 직전의 로그를 읽고, 최근 변경이 있으면 되돌린 뒤 재시작해 주세요.',
  'solution.port': '{service}가 쓰려는 포트를 이미 쓰는 프로세스를 찾거나 한쪽 포트를 바꿔 주세요.',
  'solution.config': '{service}의 설정을 마지막으로 정상이던 버전과 비교해 고치거나 되돌려 주세요.',
  'solution.auth':
    '{service}가 쓰는 사용자, 비밀번호나 토큰, 권한을 확인하고 최근 교체가 있었는지 살펴봐 주세요.',
  'solution.tls': '{service}의 인증서 유효 기간, 이름, 체인을 확인해 주세요.',
  'solution.dns':
    '{service} 이름이 DNS에 있는지, 배포되어 있는지, 호출하는 쪽의 철자가 맞는지 확인해 주세요.',
  'solution.refused':
    '{service}가 실행 중이고 준비되었으며 호출하는 쪽이 쓰는 포트에서 대기하는지 확인해 주세요.',
  'solution.dialled':
    '{address}에서 실제로 대기하는 서비스가 있는지, 중간에 막는 것이 없는지, {reporters}에 설정된 주소가 맞는지 확인해 주세요.',
  'solution.timeout': '{service}가 과부하인지, 다른 것을 기다리는지(지연, 외부 호출, 자원) 확인해 주세요.',
  'solution.reset': '{service}가 재시작했는지, 연결을 끊는지(재시작, 한도, 중간 프록시) 확인해 주세요.',
  'solution.limited': '{service}로 가는 요청을 줄이거나 한도를 늘리고, 재시도 간격을 둬 주세요.',
  'solution.unavailable':
    '{service}가 실행 중이고 접근 가능한지, 호출하는 쪽의 주소와 포트가 맞는지 확인해 주세요.',
  'solution.route':
    '{service}로 가는 라우팅(게이트웨이, 경로, 포트)과 최근 배포를 확인해 주세요. 호출하는 쪽이 없는 경로를 요청하고 있어요.',
  'solution.status': '해당 요청에 대한 {service}의 오류 로그를 읽고, 최근 변경이 있으면 되돌려 주세요.',
  'solution.error': '인용된 {service} 로그를 먼저 읽고, 최근 변경이 있으면 되돌려 주세요.',
  'solution.none': '시간 구간을 넓히거나 서비스를 지정하고, 모든 서비스의 로그가 들어오는지 확인해 주세요.',
  'solution.past': '비슷한 장애가 {date}에 해결됐어요: "{note}".',
  'solution.helped': '비슷한 장애가 {date}에 해결됐어요: "{note}". 그 뒤로 {helped}번 더 도움이 됐어요.',
  'solution.noPast': '비슷한 장애를 해결한 기록은 없어요.',
};

export const WORDS: Record<Language, Record<Word, string>> = { en, ko };

/**
 * A sentence of the catalogue with its `{name}` places filled; numbers are grouped by thousands, and
 * `{name:line|lines}` stands for the word that fits the number.
 */
export function say(language: Language, word: Word, values: Record<string, string | number> = {}): string {
  return WORDS[language][word].replace(
    /\{(\w+)(?::([^|}]*)\|([^}]*))?\}/g,
    (_, name: string, one?: string, many?: string) => {
      const value = values[name] ?? '';
      if (one !== undefined) return value === 1 ? one : many!;
      return typeof value === 'number' ? figure(value) : value;
    },
  );
}

export const kindWord = (language: Language, kind: FailureKind): string => say(language, `kind.${kind}`);
