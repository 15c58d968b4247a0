import assert from 'node:assert/strict';
import { test } from 'node:test';
import { querySchema } from '../../../src/analysis/queries/query.ts';
import { isAsking, readQuestion } from '../../../src/analysis/queries/reading.ts';
import { timeIn } from '../../../src/bot/commands/parse/when-window.ts';

const SERVICES = ['gateway', 'order', 'cart', 'payment', 'shipping-api', '정산'];
const read = (text: string, words?: ReadonlySet<string>) =>
  readQuestion(text, { services: SERVICES, timeIn, ...(words ? { words } : {}) });

/** The kind, what else the query says, and the filter, in short. */
function short(text: string, words?: ReadonlySet<string>): string {
  const reading = read(text, words);
  if ('hand' in reading) return `→ ${reading.hand}`;
  if ('refused' in reading) return `✗ ${reading.refused}`;
  const query = querySchema.parse(reading.query);
  const { kind, ...rest } = query;
  const { filter = {}, ...others } = 'filter' in rest ? rest : { filter: {} };
  const told = [...Object.entries(others), ...Object.entries(filter)]
    .filter(([, value]) => value !== false && value !== undefined)
    .map(
      ([name, value]) =>
        `${name}=${Array.isArray(value) ? value[0] : typeof value === 'object' ? Object.values(value ?? {}).join('-') : value}`,
    );
  return [kind, ...told].join(' ');
}

test('plain questions are read by their form, in both languages', () => {
  const told: [string, string][] = [
    ['which service is slowest?', 'rank by=service measure=mean_ms limit=5'],
    ['어느 서비스가 제일 느려?', 'rank by=service measure=mean_ms limit=5'],
    ['top 3 slowest endpoints', 'rank by=endpoint measure=mean_ms limit=3'],
    ['what is the busiest endpoint', 'rank by=endpoint measure=requests limit=5'],
    ['which service fails most', 'rank by=service measure=lines limit=5 levels=error'],
    ['오류가 가장 많은 서비스는?', 'rank by=service measure=lines limit=5 levels=error'],
    ['what does cart write most?', 'rank by=template measure=lines limit=5 services=cart'],
    ['정산은 뭘 제일 많이 써?', 'rank by=template measure=lines limit=5 services=정산'],
    ['how many errors did payment log', 'count measure=lines services=payment levels=error'],
    ['결제에서 오류가 몇 건 났어?', 'count measure=lines services=payment levels=error'],
    ['how many 5xx', 'count measure=requests status=500-600'],
    ['how many 404s did gateway return?', 'count measure=requests services=gateway status=404-405'],
    ['how many lines hold "pool exhausted"?', 'count measure=lines text="pool exhausted"'],
    ['how many services had errors', 'count measure=lines of=service levels=error'],
    ['how often do timeouts occur?', 'often measure=lines forms=timeout'],
    ['타임아웃은 얼마나 자주 나?', 'often measure=lines forms=timeout'],
    ['when did the errors start', 'begin levels=error'],
    ['오류는 언제 끝났어?', 'end levels=error'],
    ['언제부터 느려졌어?', 'begin slow=true'],
    ['is shipping ok?', 'state services=shipping-api'],
    ['paymant 괜찮아?', 'state services=payment'],
    ['what is new since 13:20?', 'changes which=new'],
    ['who calls payment?', 'calls direction=callers services=payment'],
    ['what does order call?', 'calls direction=callees services=order'],
    ['payment를 호출하는 서비스는?', 'calls direction=callers services=payment'],
    ['show the last 5 errors of cart', 'lines order=newest limit=5 services=cart levels=error'],
    ['when was the first timeout', 'occurrence which=first forms=timeout'],
    ['마지막 경고는 언제야?', 'occurrence which=last levels=warn'],
    ['어제보다 오류가 늘었어?', 'compare measure=lines with=day levels=error'],
    ['is it slower than the hour before?', 'compare measure=mean_ms with=hour'],
    ['what is the error rate of gateway', 'share services=gateway'],
    ['how long does /api/orders take?', 'duration path=/api/orders'],
    ['when was traffic highest?', 'peak measure=requests'],
    ['로그는 언제부터 있어?', 'extent'],
    ['why is cart slow', '→ why'],
    ['원인이 뭐야?', '→ why'],
    ['요약해줘', '→ summarize'],
    ['what happened at 13:20', '→ summarize'],
  ];
  for (const [text, expected] of told) assert.equal(short(text), expected, text);
});

test('chat forms: short, sloppy, mixed, and mistyped', () => {
  const told: [string, string][] = [
    ['payment 에러 몇개야?', 'count measure=lines services=payment levels=error'],
    ['에러 젤 많은 서비스 어디임', 'rank by=service measure=lines limit=5 levels=error'],
    ['cart 아직도 장애중이야?', 'end services=cart levels=error'],
    ['cart 몇 분 동안 죽어있었어?', 'course services=cart levels=error'],
    ['when did cart recover?', 'end services=cart levels=error'],
    ['is cart still down', 'end services=cart levels=error'],
    ['how long was cart failing', 'course services=cart levels=error'],
    ['what errors does cart have', 'rank by=template measure=lines limit=5 services=cart levels=error'],
    ['어디서 에러 나?', 'rank by=service measure=lines limit=5 levels=error'],
    ['cart 에러 종류별로 몇건씩?', 'rank by=template measure=lines limit=20 services=cart levels=error'],
    ['did errors go up after 3 pm', 'compare measure=lines with=before levels=error'],
    ['how is payment doing', 'state services=payment'],
    ['payment 상태 어때?', 'state services=payment'],
    ['cart 호출하는 서비스', 'calls direction=callers services=cart'],
    ['how many erorrs did cart log', 'count measure=lines services=cart levels=error'],
    ['when did the pool exhausted stuff start?', 'begin text=pool exhausted'],
    ['응답 몇 건', 'count measure=requests'],
    ['what did cart say at 14:20', 'lines order=newest limit=5 services=cart'],
  ];
  for (const [text, expected] of told) assert.equal(short(text), expected, text);
});

test('what is not understood to the last word is refused, and never taken for another question', () => {
  const told: [string, string][] = [
    ['what is the weather in Seoul?', '✗ word'],
    ['점심 뭐 먹지?', '✗ word'],
    ['how many users signed up', '✗ word'],
    ['will it fail tomorrow?', '✗ future'],
    ['내일 오류가 날까?', '✗ future'],
    ['should I restart payment?', '✗ advice'],
    ['how many lines without errors', '✗ not'],
    ['what is the p95 of gateway', '✗ distinct'],
    ['when did payment start?', '✗ form'],
    ['restart payment', '✗ form'],
    ['is traffic falling', '✗ word'],
    ['how many orders today', '✗ word'],
    ['who calls payment "grpc"', '✗ word'],
    ['first and last error of cart', '✗ join'],
    ['이거 누가 배포했어', '✗ form'],
    ['delete all logs', '✗ advice'],
  ];
  for (const [text, expected] of told) assert.equal(short(text), expected, text);
});

/** Words that the messages of a store are made of. */
const WORDS = new Set([
  'order',
  'rejected',
  'item',
  'pool',
  'exhausted',
  'card',
  '급여',
  '정산을',
  '마쳤습니다',
]);
const shortOf = (text: string): string => short(text, WORDS);

test('words of the logs explain what is counted where they tell what became of it', () => {
  const told: [string, string][] = [
    ['how many orders got rejected yesterday', 'count measure=lines text=order forms=rejected'],
    ['how many times was the pool exhausted', 'count measure=lines text=pool exhausted'],
    ['number of card retries', 'count measure=lines text=card forms=retry'],
    ['급여 정산 몇건 끝났어', 'count measure=lines services=정산 text=급여 forms=마쳤'],
    ['how many orders today', '✗ word'],
    ['how many orders signed up', '✗ word'],
    ['how many customers rejected', '✗ word'],
    ['카드 몇 개야', '✗ word'],
    ['how many non-200 responses', '✗ not'],
  ];
  for (const [text, expected] of told) assert.equal(shortOf(text), expected, text);
});

test('a part is of the whole that the words name', () => {
  const told: [string, string][] = [
    ['what share of all errors is from cart', 'share of=levels services=cart levels=error'],
    ['percentage of errors from cart', 'share of=levels services=cart levels=error'],
    ['전체 에러 중 cart 비율', 'share of=levels services=cart levels=error'],
    ['cart 에러가 전체 에러의 몇 프로에요', 'share of=levels services=cart levels=error'],
    ['what share of requests go to /api/search', 'share of=undefined path=/api/search'],
    ['503 중 gateway 비율', 'share of=status services=gateway status=503-504'],
    ['what percentage of cart logs are errors', 'share services=cart levels=error'],
    ['cart 에러 비율', 'share services=cart'],
  ];
  for (const [text, expected] of told) assert.equal(shortOf(text), expected, text);
});

test('a figure for each, passives, glued and mistyped words', () => {
  const told: [string, string][] = [
    ['warnings per service', 'rank by=service measure=lines limit=20 levels=warn'],
    ['avg response time by endpoint', 'rank by=endpoint measure=mean_ms limit=20'],
    ['how many errors does each service have', 'rank by=service measure=lines limit=20 levels=error'],
    ['errors by service and endpoint', '✗ form'],
    ['which endpoint is called least', 'rank by=endpoint measure=requests least=true limit=5'],
    ['what percentage of calls to /a came back 503', 'share status=503-504 path=/a'],
    ['are we still getting 503s', 'end status=503-504'],
    ['how many minutes was cart down', 'course services=cart levels=error'],
    ['cart에러 몇건이엿어', 'count measure=lines services=cart levels=error'],
    ['오늘 요청 수', 'count measure=requests'],
    ['did cart get slower', 'compare measure=mean_ms with=before services=cart'],
    ['whats the total requests', 'count measure=requests'],
    ['slowest requests today', 'duration longest=true'],
  ];
  for (const [text, expected] of told) assert.equal(shortOf(text), expected, text);
});

test('what is asked for one of many, or beside a deployment, is not guessed', () => {
  const told: [string, string][] = [
    ['which order failed', '✗ word'],
    ['which card was retried the most', '✗ word'],
    [
      'which order errors are most common',
      'rank by=template measure=lines limit=5 services=order levels=error',
    ],
    ['how many errors were deployed', '✗ word'],
    ['배포하고 나서 에러 몇 개 났지', 'count measure=lines levels=error'],
    ['how many service errors', '✗ form'],
    ['payment 서버 타임아웃 몇 번 났어?', 'count measure=lines services=payment forms=timeout'],
    ['what time is it', '✗ advice'],
  ];
  for (const [text, expected] of told) assert.equal(shortOf(text), expected, text);
});

test('rates, orders of a ranking, tags, and what has not ended', () => {
  const told: [string, string][] = [
    ['how many errors an hour do we get from cart', 'often measure=lines services=cart levels=error'],
    ['hourly rate of 404s', 'often measure=requests status=404-405'],
    ['cart 에러 몇 분에 한 번 나', 'often measure=lines services=cart levels=error'],
    ['에러율 높은 서비스 순으로 보여줘', 'rank by=service measure=failed_share limit=5'],
    ['cart 아직 안 살아났어?', 'end services=cart levels=error'],
    ['pool exhausted 처음 뜬 시각', 'occurrence which=first text=pool exhausted'],
    ['최근에 새로 뜬 에러 있어?', 'changes which=new levels=error'],
    ['avg time of /api/orders', 'duration path=/api/orders'],
    ['what is cart complaining about', 'rank by=template measure=lines limit=5 services=cart levels=error'],
  ];
  for (const [text, expected] of told) assert.equal(shortOf(text), expected, text);
});

test('a narrower word holds, and a part of other things than lines is refused', () => {
  const told: [string, string][] = [
    ['are there any fatal errors', 'count measure=lines levels=fatal'],
    ['/api/orders 제일 느렸던 응답 몇 ms야', 'duration longest=true path=/api/orders'],
    ['slowest response of /api/orders', 'duration longest=true path=/api/orders'],
    ['gateway 에러 중에 503 비율', '✗ form'],
    ['what % of errors are 503', '✗ form'],
    ['503 에러 비율', 'share status=503-504'],
    ['payment는 에러 한번도 안났어?', 'count measure=lines services=payment levels=error'],
    ['에러 언제부터 안 났어?', '✗ not'],
    ['cart 에러 얼마나 오래 갔어요?', 'course services=cart levels=error'],
    ['compare 404 count today and yesterday', 'compare measure=requests with=day status=404-405'],
  ];
  for (const [text, expected] of told) assert.equal(shortOf(text), expected, text);
});

test('a remark is told from a question', () => {
  for (const text of ['is it over?', 'how many errors now', '언제부터야', '오류 보여줘'])
    assert.ok(isAsking(text), text);
  for (const text of [
    'I raised the pool size',
    '풀 크기를 늘렸어요',
    'looks better now',
    'more users than yesterday, fine',
  ])
    assert.ok(!isAsking(text), text);
});
