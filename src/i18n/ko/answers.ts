import type { answers as english } from '../en/answers.ts';
import { figure } from '../numbers.ts';

export const answers: typeof english = {
  'kind.memory': '메모리 부족',
  'kind.pool': '커넥션 풀 또는 연결 한도 소진',
  'kind.disk': '디스크 공간 부족 또는 읽기 전용',
  'kind.limit': '자원 한도 도달',
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
  'kind.slow': '느려짐',
  'kind.error': '오류',
  'kind.unclassified': '분류되지 않은 실패',
  'problem.slow': ({ what, now, usual }) => `느려짐: ${what}${now}(평소 ${usual})`,
  problem: ({ kind, words }) => `${kind}: ${words}`,
  'cause.own': ({ kind, own }) => `${kind}. 자체 로그 ${figure(own)}줄에서 확인돼요.`,
  'cause.both': ({ kind, own, named, reporters }) =>
    `${kind}. 자체 로그 ${figure(own)}줄에서 확인되고, 다른 서비스(${reporters})의 로그 ${figure(named)}줄도 이 서비스를 지목해요.`,
  'cause.named': ({ kind, named, reporters }) =>
    `${kind}. 다른 서비스(${reporters})의 로그 ${figure(named)}줄이 장애 대상으로 지목해요.`,
  'cause.silent': ({ kind, named, reporters }) =>
    `${kind}. 다른 서비스(${reporters})의 로그 ${figure(named)}줄이 장애 대상으로 지목해요. 그동안 자체 로그는 한 줄도 없어요.`,
  'cause.unresolvedTarget': ({ reporters, address, kind, named }) =>
    `${reporters}에서 ${address}에 연결하지 못했어요: ${kind}(${figure(named)}줄). 그동안 자체 로그는 한 줄도 없어요.`,
  'cause.inferred': ({ kind, named, reporters }) =>
    `${kind}. ${reporters}의 로그 ${figure(named)}줄이 어느 서비스인지 알 수 없는 주소에서 실패했고, 알려진 서비스 가운데 로그가 없는 것은 이 서비스뿐이에요.`,
  'ruled.caller': ({ service, because }) =>
    `${service}: 오류가 ${because} 쪽을 가리켜요. 영향을 받았을 뿐 원인은 아니에요.`,
  'ruled.usual': ({ service, count }) => `${service}: 오류 ${figure(count)}줄은 직전과 비슷한 수준이에요.`,
  'ruled.steady': ({ service, count }) =>
    `${service}: 오류 ${figure(count)}줄은 기간 내내 비슷한 빈도로 나왔어요.`,
  'ruled.settled': ({ service, count }) =>
    `${service}: 관련 오류 ${figure(count)}줄은 시작이 끝나면서 사라졌어요.`,
  'ruled.working': ({ service, port }) =>
    `${service}: ${port} 포트를 쓰지만 계속 동작하고 있고, 이 서비스를 가리키는 로그는 없어요.`,
  'explain.either': ({ list }) =>
    `똑같이 의심되는 서비스: ${list}. 로그만으로는 어느 쪽이 원인인지 알 수 없어요.`,
  'explain.either.port': ({ port, list }) =>
    `로그에는 ${port} 포트만 나오는데 이 포트를 쓰는 서비스가 여럿이에요(${list}). 로그만으로는 어느 쪽인지 알 수 없어요.`,
  'explain.either.working': ({ list, port }) =>
    `${port} 포트를 쓰는 서비스(${list})는 모두 계속 동작하고 있어요. 그중 하나를 가리키는지는 로그만으로 알 수 없어요.`,
  'explain.window': ({ from, to, records, errors }) =>
    `기간 ${from} ~ ${to}: 로그 ${figure(records)}줄, 그중 오류 ${figure(errors)}줄.`,
  'strays.later': ({ count }) =>
    `시각이 지금보다 늦은 로그 ${figure(count)}줄은 보관하되 여기서는 제외했어요.`,
  'strays.after': ({ count }) =>
    `시각이 다른 로그보다 훨씬 뒤인 ${figure(count)}줄은 보관하되 여기서는 제외했어요.`,
  'strays.before': ({ count }) =>
    `시각이 다른 로그보다 훨씬 앞선 ${figure(count)}줄은 보관하되 여기서는 제외했어요.`,
  'strays.unread': ({ count }) =>
    `더 오래된 로그 ${figure(count)}줄은 읽지 않았어요. 그 시간을 정해서 물어보면 살펴봐요.`,
  'explain.baseline': ({ from, records, errors }) =>
    `직전 같은 길이(${from}~): 로그 ${figure(records)}줄, 그중 오류 ${figure(errors)}줄.`,
  'explain.cause': ({ service, cause }) => `가장 유력한 원인: ${service}. ${cause}`,
  'explain.since': ({ first, last }) => `이 로그는 ${first}에 처음, ${last}에 마지막으로 나왔어요.`,
  'explain.new': ({ list }) => `이 기간에 새로 나타난 종류의 로그: ${list}.`,
  'explain.new.of': ({ service, kinds, count }) => `${service} ${figure(kinds)}종(${figure(count)}줄)`,
  'explain.trace': ({ trace, list, service }) =>
    `요청 하나(${trace})가 ${list} 순서로 지나갔고, ${service}에서 처음 실패했어요.`,
  'explain.silent': ({ list }) => `그 뒤로 로그가 끊긴 서비스: ${list}.`,
  'explain.event': ({ time, line }) => `발생 직전 변경(${time}): ${line}`,
  'explain.none': '장애를 나타내는 로그가 없어 원인을 알 수 없어요.',
  'explain.looked':
    '오류, 일반 로그에 적힌 실패, 한 번뿐인 심각한 로그, 느려진 처리, 로그가 끊긴 서비스를 살펴봤어요.',
  'explain.unsure': '장애를 나타내는 로그는 있지만 원인을 입증하지는 못해요.',
  'explain.noPast': '비교할 정상 시간이 거의 없어서, 얼마나 자주 나왔는지는 증거가 되지 않아요.',
  'explain.usual': '오류 로그가 있지만 직전보다 늘지 않았고, 눈에 띄는 이상은 없어요.',
  'explain.steady':
    '오류 로그가 있지만 기간 내내 비슷한 빈도로 나왔고, 눈에 띄는 이상은 없어요. 비교할 이전 로그는 없어요.',
  'explain.unknown': ({ service, from, to, list }) =>
    `이 기간(${from} ~ ${to})에는 ${service}의 로그가 없어요. 로그가 있는 서비스: ${list}.`,
  'explain.empty': '이 질문에 해당하는 로그가 저장되어 있지 않아요.',
  'explain.alone': '그래서 근거만 보여 드려요.',
  'model.none':
    '설정된 모델이 없어요. 운영자가 Ollama(OLLAMA_API_URL)나 키(OPENAI_API_KEY)를 설정하면 모델의 설명도 볼 수 있어요.',
  'model.operator': ({ model, fault, mend }) =>
    `모델 ${model}: ${fault}. 운영자가 해결할 수 있어요: ${mend}.`,
  'model.wait': ({ model, fault, mend }) => `모델 ${model}: ${fault}. 저절로 풀릴 수 있어요: ${mend}.`,
  'model.asker': ({ model, fault, mend }) => `모델 ${model}: ${fault}. 직접 해결하실 수 있어요: ${mend}.`,
  'model.onCpu': 'GPU 메모리가 모자라 모델을 CPU에서 실행했어요. 그래서 더 느려요.',
  'model.onGpu': ({ layers, of }) =>
    `GPU 메모리가 모자라 모델 층 ${figure(of)}개 중 ${figure(layers)}개만 GPU에서 실행했어요. 그래서 더 느려요.`,
  'budget.day.usd': ({ spent, limit }) =>
    `오늘 모델 예산을 모두 써서(${limit} 중 ${spent}) 모델에 묻지 않았어요. 자정에 다시 채워져요. 근거만 보여 드려요.`,
  'budget.user.usd': ({ spent, limit }) =>
    `오늘 쓸 수 있는 개인 모델 예산을 모두 썼어요(${limit} 중 ${spent}). 자정에 다시 채워져요. 근거만 보여 드려요.`,
  'budget.day.tokens': ({ spent, limit }) =>
    `오늘 모델 토큰을 모두 써서(${limit} 중 ${spent}) 모델에 묻지 않았어요. 자정에 다시 채워져요. 근거만 보여 드려요.`,
  'budget.user.tokens': ({ spent, limit }) =>
    `오늘 쓸 수 있는 개인 모델 토큰을 모두 썼어요(${limit} 중 ${spent}). 자정에 다시 채워져요. 근거만 보여 드려요.`,
  'explain.removed': ({ count }) => `로그로 확인되지 않아 모델의 설명 가운데 ${figure(count)}건을 뺐어요.`,
  'root.none': '로그에 원인의 흔적이 없어요.',
  hypothesis: ({ text }) => `가설(로그로 입증되지 않음): ${text}`,
  times: ({ line, count }) => `${line} (${figure(count)}회)`,
  'summary.why': ({ service, kind }) => `${service}: ${kind}.`,
  'summary.unsure': ({ service, kind }) =>
    `장애는 있지만 원인은 입증되지 않았어요. 가장 의심되는 것: ${service}: ${kind}.`,
  'summary.usual': ({ records }) => `로그 ${figure(records)}줄에서 직전보다 늘어난 장애는 없어요.`,
  'summary.steady': ({ records }) => `로그 ${figure(records)}줄에서 장애가 내내 비슷한 빈도로 나왔어요.`,
  'summary.errors': ({ errors, records }) =>
    `로그 ${figure(records)}줄 중 오류 ${figure(errors)}줄, 입증된 원인은 없어요.`,
  'summary.quiet': ({ records }) => `로그 ${figure(records)}줄에서 장애를 찾지 못했어요.`,
  'sum.requests': ({ requests, mean, endpoint, count }) =>
    `요청 ${figure(requests)}건, 평균 응답 시간 ${figure(mean)} ms, 가장 많이 호출된 엔드포인트 ${endpoint} ${figure(count)}건.`,
  'sum.requestsUntimed': ({ requests, endpoint, count }) =>
    `요청 ${figure(requests)}건(응답 시간 기록 없음), 가장 많이 호출된 엔드포인트 ${endpoint} ${figure(count)}건.`,
  'sum.noRequests': '이 기간에는 요청 로그가 없어요.',
  'sum.errors': ({ errors, records, kinds }) =>
    `오류: 로그 ${figure(records)}줄 중 ${figure(errors)}줄(${kinds}).`,
  'sum.noErrors': ({ records }) => `로그 ${figure(records)}줄에 오류가 없어요.`,
  'sum.templates': ({ list }) => `가장 잦은 메시지: ${list}.`,
  'sum.histogram': ({ width, list }) => `${width}별 로그 수: ${list}.`,
  'course.errors': ({ errors }) => `오류 ${figure(errors)}`,
  'sum.services': ({ list }) => `서비스: ${list}.`,
  'sum.statuses': ({ list }) => `요청의 상태 코드: ${list}.`,
  'solution.memory': ({ service }) =>
    `${service}의 메모리 한도와 최근 증가 추이를 확인하고, 멈췄다면 재시작한 뒤 한도를 늘리거나 누수를 고쳐 주세요.`,
  'solution.pool': ({ service }) =>
    `${service}에서 반환되지 않는 연결(느린 쿼리, 누수)을 찾고, 풀 크기를 데이터베이스 한도와 비교해 주세요.`,
  'solution.disk': ({ service }) =>
    `${service}의 디스크 공간을 비우거나 볼륨을 늘리고, 로그 순환과 마운트 모드를 확인해 주세요.`,
  'solution.limit': ({ service }) =>
    `${service}에서 이 한도를 다 쓰는 것(누수, 밀린 작업)을 찾아 줄인 뒤 한도를 늘려 주세요.`,
  'solution.deadlock': ({ service }) =>
    `${service}에서 서로 막는 트랜잭션을 찾아 오래된 쪽을 끝내고, 트랜잭션은 짧게, 같은 순서로 실행해 주세요.`,
  'solution.crash': ({ service }) =>
    `${service}에서 종료 직전에 나온 로그를 읽고, 최근 변경이 있으면 되돌린 뒤 재시작해 주세요.`,
  'solution.port': ({ service }) =>
    `${service}에 필요한 포트를 이미 쓰고 있는 프로세스를 찾거나 한쪽 포트를 바꿔 주세요.`,
  'solution.config': ({ service }) =>
    `${service}의 설정을 마지막으로 정상이던 버전과 비교해 고치거나 되돌려 주세요.`,
  'solution.auth': ({ service }) =>
    `${service}에서 쓰는 사용자, 비밀번호나 토큰, 권한을 확인하고 최근 교체가 있었는지 살펴봐 주세요.`,
  'solution.tls': ({ service }) => `${service}의 인증서 유효 기간, 이름, 체인을 확인해 주세요.`,
  'solution.dns': ({ service }) =>
    `${service} 이름이 DNS에 있는지, 배포되어 있는지, 호출하는 쪽의 철자가 맞는지 확인해 주세요.`,
  'solution.refused': ({ service }) =>
    `${service} 쪽이 실행 중이고 준비되었으며 호출하는 쪽이 쓰는 포트에서 대기하는지 확인해 주세요.`,
  'solution.unresolvedTarget': ({ address, reporters }) =>
    `${address}에서 실제로 대기하는 서비스가 있는지, 중간에 막는 것이 없는지, ${reporters}에 설정된 주소가 맞는지 확인해 주세요.`,
  'solution.timeout': ({ service }) =>
    `${service} 쪽이 과부하인지, 다른 것을 기다리는지(지연, 외부 호출, 자원) 확인해 주세요.`,
  'solution.reset': ({ service }) =>
    `${service} 쪽이 재시작했는지, 연결을 끊는지(재시작, 한도, 중간 프록시) 확인해 주세요.`,
  'solution.limited': ({ service }) =>
    `${service} 쪽으로 가는 요청을 줄이거나 한도를 늘리고, 재시도 간격을 둬 주세요.`,
  'solution.unavailable': ({ service }) =>
    `${service} 쪽이 실행 중이고 접근 가능한지, 호출하는 쪽의 주소와 포트가 맞는지 확인해 주세요.`,
  'solution.route': ({ service }) =>
    `${service} 쪽으로 가는 라우팅(게이트웨이, 경로, 포트)과 최근 배포를 확인해 주세요. 호출하는 쪽이 없는 경로를 요청하고 있어요.`,
  'solution.status': ({ service }) =>
    `해당 요청에 대한 ${service}의 오류 로그를 읽고, 최근 변경이 있으면 되돌려 주세요.`,
  'solution.slow': ({ service }) =>
    `그때부터 ${service}에서 무엇을 기다리는지(쿼리, 외부 호출, CPU·메모리·디스크) 확인하고, 최근 변경이 있으면 되돌려 주세요.`,
  'solution.error': ({ service }) => `인용된 ${service} 로그를 먼저 읽고, 최근 변경이 있으면 되돌려 주세요.`,
  'solution.none': '기간을 넓히거나 서비스를 지정하고, 모든 서비스의 로그가 들어오는지 확인해 주세요.',
  'solution.past': ({ date, note }) => `비슷한 장애가 ${date}에 해결됐어요: "${note}".`,
  'solution.helped': ({ date, note, helped }) =>
    `비슷한 장애가 ${date}에 해결됐어요: "${note}". 그 뒤로 ${figure(helped)}번 더 도움이 됐어요.`,
  'solution.noPast': '비슷한 장애를 해결한 기록은 없어요.',
};
