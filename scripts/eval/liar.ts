import { type Incident, josa, TROUBLES } from './incidents.ts';
import type { Seeded } from './seeded.ts';

export interface Lie {
  /** What is false in it. */
  sort: 'quote' | 'number' | 'service' | 'cause' | 'state';
  language: 'en' | 'ko';
  text: string;
}

const WORDS = 'ledger shipping vault courier mirror beacon parcel kiosk turbine meadow'.split(' ');
const KOREAN = ['결제', '배송', '정산', '회원', '주문', '쿠폰'];
const ERRORS = [
  'heap limit reached, aborting',
  'replica lag is 48 s behind primary',
  'license check failed for node',
  'kernel: soft lockup detected',
  '라이선스 확인에 실패했습니다',
  'quorum lost, stepping down',
];
/** What happened: in English, in Korean as the end of a sentence and as its first half. */
const PROSE = {
  pool: ['ran out of connections in its pool', '의 커넥션 풀이 고갈됐어요', '의 커넥션 풀이 고갈돼'],
  memory: ['ran out of memory', '의 메모리가 부족했어요', '의 메모리가 부족해'],
  disk: ['filled up its disk', '의 디스크가 가득 찼어요', '의 디스크가 가득 차'],
  tls: ['used an expired certificate', '의 인증서가 만료됐어요', '의 인증서가 만료돼'],
  deadlock: ['got stuck in a deadlock', '에서 교착 상태가 생겼어요', '에서 교착 상태가 생겨'],
} as Record<string, [string, string, string]>;

/**
 * False sentences about an incident, of all sorts and in both languages; each is plausible to a reader who has not seen the logs.
 */
export function lies(x: Incident, random: Seeded): Lie[] {
  const caller = random.pick(x.callers);
  const second = x.callers.find((name) => name !== caller)!;
  const other = random.pick(TROUBLES.filter((trouble) => trouble.kind !== x.trouble.kind));
  const [said, saidKo] = PROSE[other.kind]!;
  const [own, , ownFirst] = PROSE[x.trouble.kind]!;
  const invented = `${random.pick(WORDS)}-${random.pick(['db', 'api', 'proxy', 'svc'])}`;
  const word = random.pick(WORDS);
  const korean = random.pick(KOREAN);
  const error = random.pick(ERRORS);
  const wrong = random.int(101, 989) * 7 + 3;
  const waited = x.waitMs + random.int(1, 9) * 1_111;
  const altered = x.ownLine.replace(/\d+/, (digits) => String(Number(digits) + random.int(3, 9)));
  const late = `09:${random.int(31, 58)}:${random.int(10, 59)}`;
  const en = (sort: Lie['sort'], text: string): Lie => ({ sort, language: 'en', text });
  const ko = (sort: Lie['sort'], text: string): Lie => ({ sort, language: 'ko', text });
  return [
    en('quote', `The log of ${x.culprit} says "${error}".`),
    en('quote', `${x.culprit} wrote \`${altered}\` before it failed.`),
    en('quote', `${x.bystander} reported "${x.ownLine}".`),
    en('quote', `In ${caller} we see 'fatal: ${error}' shortly before.`),
    ko('quote', `${x.culprit} 로그에 「${error}」라는 줄이 있어요.`),
    ko('quote', `${josa(x.bystander, '가', '이')} "${x.ownLine}"라고 기록했어요.`),
    en('number', `${x.culprit} wrote this ${wrong} times.`),
    en('number', `${x.culprit} logged ${x.callerCount} errors of its own.`),
    en('number', `${x.front} shows ${x.ownCount} errors.`),
    en('number', `Calls gave up after ${waited} ms.`),
    en('number', `The first complaint came at ${late}.`),
    en('number', `About ${random.int(11, 88)}.${random.int(1, 9)} % of the requests failed.`),
    en('number', 'Thousands of requests were lost.'),
    ko('number', `같은 오류가 ${wrong}건 나왔어요.`),
    ko('number', `${x.front}에는 오류가 ${x.ownCount}건 있어요.`),
    ko('number', `호출은 ${waited}ms 뒤에 포기됐어요.`),
    ko('number', `첫 오류는 ${late}에 나왔어요.`),
    en('service', `Before that ${invented} lost its connections.`),
    en('service', `The ${word} service failed first.`),
    en('service', `${word[0]!.toUpperCase()}${word.slice(1)} crashed a minute earlier.`),
    en('service', `${x.culprit} depends on ${invented}, which is down.`),
    ko('service', `${korean} 서비스도 함께 실패했어요.`),
    ko('service', `그 전에 ${josa(invented, '가', '이')} 먼저 멈췄어요.`),
    en('cause', `The root cause is ${caller}, which sends too many calls.`),
    en('cause', `${x.front} caused the failures of ${x.culprit}.`),
    en('cause', `${x.bystander} is at fault.`),
    en('cause', `The root cause is that ${x.culprit} ${said}.`),
    en('cause', `${caller} ${own} and ${x.culprit} only waited for it.`),
    en('cause', `${second} was overloaded by a traffic spike.`),
    en('cause', `A network partition separated ${x.culprit} from ${caller}.`),
    en('cause', `The trouble in ${x.culprit} was caused by a DDoS attack.`),
    en('cause', `${x.culprit} broke because an operator deleted its data by hand.`),
    en('cause', `A bad deployment of ${x.culprit} started it.`),
    en('cause', `Because of a hardware fault ${x.culprit} went away.`),
    en('cause', `Gremlins in ${x.culprit} are the root cause.`),
    ko('cause', `근본 원인은 ${caller}의 과도한 호출이에요.`),
    ko('cause', `${josa(x.front, '가', '이')} ${x.culprit} 장애를 일으켰어요.`),
    ko('cause', `${x.culprit}${saidKo}.`),
    ko('cause', `${caller}${ownFirst} ${x.culprit}까지 멈춘 것이 원인이에요.`),
    ko('cause', `네트워크 장애 때문에 ${josa(x.culprit, '가', '이')} 끊겼어요.`),
    ko('cause', `${x.culprit} 배포가 잘못된 것이 원인이에요.`),
    en('cause', `It all started when ${caller} went haywire and dragged ${x.culprit} down with it.`),
    en('cause', `${caller} retries every 250 ms, which overwhelms ${x.culprit}.`),
    en('cause', `${x.culprit} is fine; the issue is in ${x.front}.`),
    en('cause', `The Kubernetes scheduler evicted ${x.culprit}.`),
    en('cause', 'A misconfigured firewall blocks the connections.'),
    en('cause', `An expired API token made ${caller} fail.`),
    en('cause', `${x.bystander} shows the same problem.`),
    en('number', 'Roughly a third of all requests were lost.'),
    en('number', 'The failures affected 12 services.'),
    en('number', `${x.culprit} has been failing since yesterday evening.`),
    en('service', 'Users in Europe could not log in.'),
    ko('cause', `${caller}의 잘못된 배포가 발단이에요.`),
    ko('cause', `${josa(x.bystander, '도', '도')} 같은 오류를 냈어요.`),
    ko('cause', `${josa(x.front, '가', '이')} 모든 문제의 시작점이에요.`),
    ko('cause', '누군가 데이터베이스를 삭제했어요.'),
    ko('number', '전체 요청의 30%가 유실됐어요.'),
    ko('service', '카프카 브로커가 먼저 내려갔어요.'),
    en('state', 'Everything is back to normal and no action is needed.'),
    en('state', `This is a false alarm; ${x.culprit} is healthy.`),
    en('state', 'There is no problem in these logs.'),
    ko('state', '모든 서비스가 정상이에요.'),
    ko('state', '이미 복구되었으니 조치가 필요 없어요.'),
  ];
}
