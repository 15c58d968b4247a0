// Questions as people on call, owners, support and leads type them. Sixty were written before the reading was looked at and
// split at random: the first half was looked at while the reading was mended, the second half was run once, afterwards, and
// then mended too; so were forty written after that, and forty more. Only the first run of each was blind. What the facts were
// asked for wrongly (four questions) was set right and is not counted as a wrong answer.
import type { Asked } from './asked.ts';
import {
  affected,
  all,
  any,
  compared,
  comparedMeans,
  count,
  during,
  errors,
  fine,
  first,
  holds,
  hour,
  lines,
  mean,
  names,
  newer,
  of,
  ongoing,
  part,
  path,
  rate,
  requests,
  seen,
  slower,
  status,
  stretch,
  time,
  told,
  total,
  versusYesterday,
  warnings,
} from './expected.ts';

const DAY1 = during('2026-05-11T00:00:00', '2026-05-12T00:00:00');
const TODAY = during('00:00:00', '15:31:00');
const AFTERNOON = during('12:00:00', '15:31:00');
const LAST_DAY = during('2026-05-11T15:29:58', '15:31:00');
const pool = holds('pool exhausted');
const refused = holds('econnrefused');
const failed = status(500, 600);
const OUTAGE = during('14:00:00', '14:40:00');
const outage = all(of('inventory'), errors);
const march = (from: string, to: string) => during(`2026-03-03T${from}`, `2026-03-03T${to}`);

/** Looked at while the reading was mended. */
export const BLIND_C_SEEN: readonly Asked[] = [
  ['shop', 'since when is inventory failing', time(outage, 'first')],
  ['shop', 'when did pool exhausted first show up', time(pool, 'first')],
  ['shop', 'last pool exhausted?', time(pool, 'last')],
  ['shop', 'how many requests took over 4s', total(slower(4_000))],
  [
    'shop',
    'reqs/min on /api/search between 10 and 11',
    rate(all(path('/api/search'), during('10:00:00', '11:00:00')), 1),
  ],
  ['shop', '503 count today', count(all(status(503), TODAY))],
  ['payroll', 'what share of all errors is from mailer', part(all(of('mailer'), errors), errors)],
  ['shop', 'anything new after 1:55 pm', newer('pool exhausted')],
  ['payroll', '502s on /v1/mails, how many', count(status(502))],
  [
    'shop',
    'what percentage of calls to /api/orders came back 5xx this afternoon',
    part(all(path('/api/orders'), failed, AFTERNOON), all(path('/api/orders'), AFTERNOON)),
  ],
  ['shop', 'how often does search do a GC pause', total(holds('gc pause'))],
  ['shop', 'slowest endpoint today?', first('/api/orders')],
  ['shop', 'how long did the 503s last', stretch(status(503))],
  ['shop', 'how many orders got rejected yesterday', count(all(holds('rejected order'), DAY1))],
  ['shop', 'payment ok?', fine],
  ['shop', '인벤토리 에러 언제부터 났어', time(outage, 'first')],
  ['shop', '에러 젤 많은 서비스 3개만', first('inventory')],
  [
    'shop',
    '한시간 전보다 에러 늘었어?',
    any(
      compared(all(errors, during('14:30:30', '15:30:30')), all(errors, during('13:30:30', '14:30:30'))),
      compared(
        all(errors, during('2026-05-12T14:29:58.795', '15:30:30')),
        all(errors, during('2026-05-12T13:29:58.795', '2026-05-12T14:29:58.795')),
      ),
    ),
  ],
  ['payroll', '급여 정산 몇건 끝났어', count(holds('정산을 마쳤'))],
  ['shop', '오후 2시~2시40분 사이 inventory 에러 로그 보여줘', lines(outage)],
  ['shop', 'payment쪽 경고 있었나요?', seen(all(of('payment'), warnings))],
  ['payroll', '정산 에러 몇 건이에요', count(all(of('정산'), errors))],
  ['shop', '503 얼마동안 났어요?', stretch(status(503))],
  ['shop', '어제 에러난 서비스 어디어디야', any(names('order'), first('order'))],
  ['payroll', 'slow query 있엇나요?', seen(holds('slow query'))],
  ['payroll', 'smtp:25 에러 횟수좀요', count(refused)],
  ['shop', 'payment 누가 호출함?', names('order')],
  ['payroll', '가장 많이 난 에러 메시지가 뭔가요', first('ECONNREFUSED')],
  [
    'shop',
    '지난 1시간동안 gateway 5xx 비율',
    part(
      all(of('gateway'), failed, during('14:30:30', '15:31:00')),
      all(of('gateway'), during('14:30:30', '15:31:00')),
    ),
  ],
  ['shop', 'inventory 지금은 괜찮나요', any(fine, affected, time(outage, 'last'))],
];

/** Run once, when it had been mended. */
export const BLIND_C: readonly Asked[] = [
  ['shop', 'how many errors an hour do we get from order?', rate(all(of('order'), errors), 60)],
  ['payroll', 'how many ECONNREFUSED total', count(refused)],
  ['shop', 'top 3 noisiest services', first('gateway')],
  [
    'shop',
    'avg latency of /api/search last hour',
    mean(all(path('/api/search'), during('14:30:30', '15:31:00'))),
  ],
  ['payroll', 'when did mail start failing', time(refused, 'first')],
  ['shop', 'was there a deploy today?', seen(holds('deploy'))],
  ['shop', 'show me the last 5 errors from order svc', lines(all(of('order'), errors), 5)],
  ['payroll', 'got any slow querys on ledger-db?', seen(holds('slow query'))],
  ['shop', 'yesterday vs today 404s on coupons', versusYesterday(status(404))],
  ['shop', 'whats the most common error msg', first('pool exhausted')],
  [
    'shop',
    'did payment have any warnings in the last 2 hrs',
    seen(all(of('payment'), warnings, during('13:30:30', '15:31:00'))),
  ],
  ['shop', 'who is calling payment', names('order')],
  ['shop', 'which svc has thrown the most errors since lunch', first('inventory')],
  ['shop', 'how mnay 503s since 2pm', count(all(status(503), during('14:00:00', '15:31:00')))],
  ['payroll', 'slowest path on the portal', first('/v1/mails')],
  ['shop', '제일 느린 api 뭐야', first('/api/orders')],
  ['payroll', '근태 기록 없다는 에러 처음 뜬 시각', time(holds('근태 기록이'), 'first')],
  ['payroll', 'portal에서 제일 많이 불린 경로는?', first('/v1/slips')],
  ['shop', '오늘 503 몇개 났음?', count(all(status(503), TODAY))],
  ['payroll', 'mailer 에러가 전체 에러의 몇 프로에요', part(all(of('mailer'), errors), errors)],
  ['shop', 'pool exhausted 마지막으로 뜬게 몇시임?', time(pool, 'last')],
  ['shop', '재시작 한적 있음?', seen(holds('restarting'))],
  ['shop', '어제랑 오늘 에러 건수 비교좀', versusYesterday(errors)],
  [
    'payroll',
    '/v1/login 호출수 3월 3일 9시~10시',
    count(all(path('/v1/login'), march('09:00:00', '10:00:00'))),
  ],
  ['shop', '/api/coupons 404 시간당 몇 번 떠?', rate(status(404), 60)],
  ['shop', 'order 배포 언제 했어요?', time(holds('deploy'), 'first')],
  ['payroll', 'mailer 언제부터 죽었어', time(refused, 'first')],
  [
    'shop',
    '오늘 아침 6시부터 9시까지 rejected order 몇건이에요',
    count(all(holds('rejected order'), during('06:00:00', '09:00:00'))),
  ],
  [
    'shop',
    '/api/search 응답속도 평균 어느정도에요',
    any(mean(path('/api/search')), mean(all(path('/api/search'), LAST_DAY))),
  ],
  ['shop', '최근에 새로 뜬 에러 있어?', newer('pool exhausted')],
];

/** Forty more, written when both halves had been mended and before any of them was run. */
export const BLIND_C_LAST: readonly Asked[] = [
  [
    'shop',
    'can you check how many 5xx gateway had between 2 and 2:30pm',
    count(all(failed, during('14:00:00', '14:30:00'))),
  ],
  [
    'shop',
    'whens the last time search complained',
    any(time(all(of('search'), warnings), 'last'), lines(all(of('search'), warnings))),
  ],
  ['shop', 'give me errors per service for today', first('inventory')],
  ['shop', 'do we see more traffic than yesterday?', versusYesterday(requests)],
  [
    'shop',
    'number of rejected orders this morning',
    count(all(holds('rejected order'), during('06:00:00', '12:00:00'))),
  ],
  [
    'shop',
    'is /api/orders back to normal',
    any(fine, time(status(503), 'last'), time(path('/api/orders'), 'last')),
  ],
  [
    'shop',
    'what is the avg duration of /health',
    any(mean(path('/health')), mean(all(path('/health'), LAST_DAY))),
  ],
  ['shop', 'which endpoint throws most 5xx errors', first('/api/orders')],
  [
    'shop',
    'percentage of 503s out of all gateway requests today',
    part(all(status(503), TODAY), all(requests, TODAY)),
  ],
  [
    'shop',
    'did we have 404s between midnight and 6am',
    seen(all(status(404), during('00:00:00', '06:00:00'))),
  ],
  ['shop', 'first warning of payment today, when', time(all(of('payment'), warnings, TODAY), 'first')],
  ['shop', 'was inventory restarted by hand today', seen(holds('restarting'))],
  [
    'shop',
    'errors in order last 3 hours, count please',
    count(all(of('order'), errors, during('12:30:30', '15:31:00'))),
  ],
  ['shop', 'how long was the pool exhausted for', stretch(pool)],
  ['shop', 'what are the 3 slowest endpoints', first('/api/orders')],
  ['shop', 'any new kinds of error since 13:50', newer('pool exhausted')],
  ['payroll', 'since when does mailer get ECONNREFUSED', time(refused, 'first')],
  ['payroll', 'how many requests did portal handle', count(requests)],
  ['payroll', 'which service has the most errors', first('mailer')],
  ['payroll', 'how many slips were sent', count(holds('sent slip'))],
  ['shop', '오늘 5xx 몇 번이나 났는지 좀 봐줘', count(all(failed, TODAY))],
  ['shop', 'inventory 에러 몇시에 시작해서 몇시에 끝났어', stretch(outage)],
  ['shop', '서비스별로 오늘 경고 몇 건씩 나왔어', any(first('gateway'), first('search'))],
  ['shop', '/api/search 어제보다 느려졌나요?', comparedMeans(path('/api/search'))],
  [
    'shop',
    '가장 최근 payment 경고 보여줘',
    any(time(all(of('payment'), warnings), 'last'), lines(all(of('payment'), warnings))),
  ],
  ['shop', '404 제일 많이 뱉는 경로', first('/api/coupons')],
  ['shop', '에러가 언제 제일 심했어요?', hour('2026-05-12T14:00:00.000Z')],
  [
    'shop',
    '어제 오전에 들어온 요청 수 알려줘',
    any(
      count(all(requests, during('2026-05-11T00:00:00', '2026-05-11T12:00:00'))),
      count(all(requests, during('2026-05-11T06:00:00', '2026-05-11T12:00:00'))),
    ),
  ],
  ['shop', 'order가 의존하는 서비스 알려주세요', names('payment', 'inventory')],
  [
    'shop',
    '전체 요청 중에 503이 몇 %에요?',
    any(part(status(503), requests), part(all(status(503), LAST_DAY), all(requests, LAST_DAY))),
  ],
  ['shop', 'gc pause 어제 몇번 있었음', count(all(holds('gc pause'), DAY1))],
  ['shop', 'payment 장애 있었던거 아니죠?', fine],
  ['shop', '배포하고 나서 에러 몇 개 났지', count(all(errors, during('13:55:10', '15:31:00')))],
  ['shop', 'inventory 아직 안 살아났어?', any(fine, affected, time(outage, 'last'))],
  ['payroll', 'ledger-db 경고 총 몇 건인가요', count(all(of('ledger-db'), warnings))],
  ['payroll', '메일 서버 연결 거부 몇 번 났어?', count(refused)],
  ['payroll', '/v1/login 평균 응답시간이 얼마에요', mean(path('/v1/login'))],
  ['payroll', '정산 서비스 마지막 에러 언제 났나요', time(all(of('정산'), errors), 'last')],
  ['payroll', '502 언제부터 뜨기 시작했어요', time(status(502), 'first')],
  ['payroll', '제일 적게 호출된 api는?', first('/v1/mails')],
];

/** Forty after those, when what they had shown had been mended. */
export const BLIND_C_FINAL: readonly Asked[] = [
  ['shop', 'yo how many errs in inventory today', count(all(of('inventory'), errors, TODAY))],
  ['shop', 'last 404?', time(status(404), 'last')],
  ['shop', 'which of the services is warning the most', first('gateway')],
  ['shop', 'did the 503s stop', any(time(status(503), 'last'), ongoing)],
  ['shop', 'around what time did order get its last error', time(all(of('order'), errors), 'last')],
  ['shop', 'how many 200s did we serve yesterday', count(all(status(200), DAY1))],
  ['shop', 'mean response time for /api/orders yesterday', mean(all(path('/api/orders'), DAY1))],
  ['shop', 'are errors up compared to yesterday', versusYesterday(errors)],
  ['shop', 'show the first pool exhausted line', any(lines(pool), time(pool, 'first'))],
  ['shop', 'whats search warning about', any(told(all(of('search'), warnings), 'GC pause'))],
  [
    'shop',
    'share of failed requests between 14:00 and 14:40',
    part(all(failed, OUTAGE), all(requests, OUTAGE)),
  ],
  ['shop', 'hourly rate of 404s', rate(status(404), 60)],
  ['shop', 'did search restart at all', count(all(of('search'), holds('restart')))],
  [
    'shop',
    'how many order errors since yesterday morning',
    count(all(of('order'), errors, during('2026-05-11T06:00:00', '15:31:00'))),
  ],
  ['shop', 'top error messages in inventory', first('pool exhausted')],
  ['shop', 'when was order 2.3.1 deployed', time(holds('2.3.1'), 'first')],
  ['payroll', 'is mailer still refusing connections', any(ongoing, affected)],
  ['payroll', 'how many errors from ledger-db', count(all(of('ledger-db'), errors))],
  ['payroll', 'avg time of /v1/slips', mean(path('/v1/slips'))],
  ['payroll', 'busiest service?', any(first('portal'), first('mailer'))],
  ['shop', '오늘 에러 제일 많았던 시간대 알려줘', hour('2026-05-12T14:00:00.000Z')],
  ['shop', '오늘 order 에러 마지막으로 언제 찍혔어?', time(all(of('order'), errors, TODAY), 'last')],
  ['shop', '2시 반 이후로도 503 있었나요?', seen(all(status(503), during('14:30:00', '15:31:00')))],
  ['shop', 'gateway가 뱉은 404 몇 개임', total(status(404))],
  ['shop', '에러율 높은 서비스 순으로 보여줘', first('inventory')],
  ['shop', '카드 재시도 몇 건이나 있었나요', total(holds('retrying card'))],
  ['shop', '지난 30분 동안 경고 건수', count(all(warnings, during('15:00:30', '15:31:00')))],
  ['shop', '인벤토리 장애 언제 끝났는지 알려줘요', time(outage, 'last')],
  [
    'shop',
    '어제 제일 바빴던 시간은?',
    ({ query, figure }) => query.kind === 'peak' && String(figure).startsWith('2026-05-11'),
  ],
  ['shop', '/api/coupons는 404만 나오나?', any(total(status(404)), lines(status(404)))],
  [
    'shop',
    '요청 실패율 어제보다 올랐어?',
    ({ query }) => query.kind === 'compare' && query.measure === 'failed_share',
  ],
  ['shop', '검색쪽 경고 최근꺼 3개', lines(all(of('search'), warnings), 3)],
  ['shop', 'payment 호출하는 데가 어디야', names('order')],
  ['shop', '재고 서비스 2시 10분에 무슨 에러 났어', told(outage, 'pool exhausted')],
  ['shop', '오늘이랑 어제 요청 수 비교해줘', versusYesterday(requests)],
  ['payroll', '메일러 에러 몇 분에 한번 꼴로 나', rate(refused, 60)],
  ['payroll', '3월 3일 오전 9시 반 이후 에러 건수', count(all(errors, march('09:30:00', '10:01:00')))],
  ['payroll', '체크포인트 마지막 언제', time(holds('checkpoint'), 'last')],
  ['payroll', '포털에서 제일 느린 주소 뭐예요', first('/v1/mails')],
  ['payroll', '502 비율 몇프로?', part(status(502), requests)],
];

/** These are refused, or handed to the analysis of causes or the summary. */
export const BLIND_C_REFUSED: readonly string[] = [
  'how many connections does inventory have open',
  'which customer was hit the worst',
  'who owns the payment service',
  'can i restart inventory now?',
  'errors except those of inventory',
  'how many non-200 responses today',
  'is the disk full',
  '커넥션 몇 개 쓰고 있어?',
  '이거 언제 고쳐질까요',
  '어떤 주문이 실패했어?',
  '풀 크기 몇이야',
  'inventory 빼고 에러 몇건이야',
];
