// Forty more chat questions and eight nobody can count, written when set A had been mended and before any of them was run.
import type { Asked } from './asked.ts';
import {
  affected,
  all,
  any,
  compared,
  count,
  during,
  errors,
  fine,
  first,
  holds,
  lines,
  mean,
  names,
  newer,
  of,
  ongoing,
  part,
  path,
  requests,
  status,
  stretch,
  time,
  told,
} from './expected.ts';

const DAY1 = during('2026-05-11T00:00:00', '2026-05-12T00:00:00');
const TODAY = during('00:00:00', '15:31:00');
const LAST_DAY = during('2026-05-11T15:29:58', '15:31:00');
const pool = holds('pool exhausted');
const refused = holds('econnrefused');
const failed = status(500, 600);
const outage = all(of('inventory'), errors);
const march = (from: string, to: string) => during(`2026-03-03T${from}`, `2026-03-03T${to}`);

const ENGLISH: readonly Asked[] = [
  [
    'shop',
    'so how many 5xx did the gateway spit out between 2pm and half past 2',
    count(all(failed, during('14:00:00', '14:30:00'))),
  ],
  ['shop', 'what service should i look at first, most errors i mean', first('inventory')],
  [
    'shop',
    'did order throw errors last night?',
    any(
      count(all(of('order'), errors, during('2026-05-11T18:00:00', '06:00:00'))),
      lines(all(of('order'), errors, during('2026-05-11T18:00:00', '06:00:00'))),
    ),
  ],
  ['shop', 'inventory was down for how long?', stretch(outage)],
  ['shop', 'at what time did the 503s go away', time(status(503), 'last')],
  ['shop', 'is inventory healthy again?', any(fine, affected, time(outage, 'last'))],
  [
    'shop',
    'latest warning from payment?',
    any(
      time(
        all(of('payment'), ({ level }) => level === 'warn'),
        'last',
      ),
      lines(all(of('payment'), ({ level }) => level === 'warn')),
    ),
  ],
  ['shop', 'pull the first 4 pool exhausted lines', lines(pool, 4)],
  [
    'shop',
    'any 404 on /api/coupons this morning?',
    any(
      count(all(path('/api/coupons'), status(404), during('06:00:00', '12:00:00'))),
      lines(all(path('/api/coupons'), status(404), during('06:00:00', '12:00:00'))),
    ),
  ],
  ['shop', 'which path is hit the most', first('/api/orders')],
  [
    'shop',
    'number of requests in the hour from 9 to 10 today',
    count(all(requests, during('09:00:00', '10:00:00'))),
  ],
  ['shop', 'anyone using inventory?', names('order')],
  ['shop', 'how slow was /api/search yesterday on average', mean(all(path('/api/search'), DAY1))],
  [
    'shop',
    'more 404s than yesterday?',
    compared(all(status(404), TODAY), all(status(404), during('2026-05-11T00:00:00', '2026-05-11T15:29:58'))),
  ],
  [
    'shop',
    'whats the failure rate on /api/orders since 2 pm',
    part(
      all(path('/api/orders'), failed, during('14:00:00', '15:31:00')),
      all(path('/api/orders'), during('14:00:00', '15:31:00')),
    ),
  ],
  ['shop', 'when was worker 3 restarted', time(holds('restarting worker'), 'first')],
  ['shop', 'what kinds of errors are we getting today', told(all(errors, TODAY), 'pool exhausted')],
  ['payroll', 'are mails still failing to go out', any(ongoing, affected)],
  ['payroll', 'since what time is mailer broken', time(refused, 'first')],
  ['payroll', 'slow query count pls', count(holds('slow query'))],
];

const KOREAN: readonly Asked[] = [
  ['shop', '어제 하루종일 에러 몇건이었지?', count(all(errors, DAY1))],
  ['shop', '지금 제일 에러 많이 뱉는 서비스 누구임', first('inventory')],
  ['shop', 'pool exhausted 로그 총 몇줄 찍혔는지 봐주세요', count(all(pool, LAST_DAY))],
  ['shop', 'inventory 몇시에 정상으로 돌아왔어요?', time(outage, 'last')],
  ['shop', 'inventory는 몇분동안 죽어있었어?', stretch(outage)],
  ['shop', '503 마지막으로 뜬 시간 알려주세요', time(status(503), 'last')],
  [
    'shop',
    '어제 오후에 /api/coupons 404 몇번이나 떴나요',
    count(all(path('/api/coupons'), status(404), during('2026-05-11T12:00:00', '2026-05-12T00:00:00'))),
  ],
  [
    'shop',
    'search 경고 최근거 2개 보여주라',
    lines(
      all(of('search'), ({ level }) => level === 'warn'),
      2,
    ),
  ],
  ['shop', '젤 바쁜 엔드포인트 뭔가요', first('/api/orders')],
  ['shop', 'payment쪽은 멀쩡한가요?', fine],
  ['shop', 'inventory를 누가 부르고 있죠', names('order')],
  ['shop', '오늘 새로 나타난 에러 있나요', newer('pool exhausted')],
  [
    'shop',
    '/api/orders 오늘 제일 오래 걸린게 몇 ms야',
    ({ figure }, facts) =>
      figure === Math.max(...facts.filter(all(path('/api/orders'), TODAY)).map(({ request }) => request!.ms)),
  ],
  ['shop', '전체 요청중에 몇퍼센트가 5xx야 오늘', part(all(failed, TODAY), all(requests, TODAY))],
  ['shop', '카드 재시도 얼마나 자주 일어나?', count(all(holds('retrying card'), LAST_DAY))],
  [
    'shop',
    '어제보다 404 많아졌어?',
    compared(all(status(404), TODAY), all(status(404), during('2026-05-11T00:00:00', '2026-05-11T15:29:58'))),
  ],
  ['payroll', 'mailer 에러 아직 나고있어?', any(ongoing, affected)],
  ['payroll', '메일 발송 언제부터 실패했어요', any(time(refused, 'first'), time(status(502), 'first'))],
  [
    'payroll',
    '9:40~9:50 사이 mailer 에러 갯수',
    count(all(of('mailer'), errors, march('09:40:00', '09:50:00'))),
  ],
  ['payroll', '로그인 api 평균 얼마나 걸려?', mean(path('/v1/login'))],
];

export const BLIND_B: readonly Asked[] = [...ENGLISH, ...KOREAN];

/** These are refused, or handed to the analysis of causes or the summary. */
export const BLIND_B_REFUSED: readonly string[] = [
  'can you page the db team',
  'how many users could not check out?',
  'is the new hire good?',
  'what would happen if payment dies',
  '어떻게 고치면 돼?',
  '손해액이 얼마야?',
  '이거 누가 배포했어',
  '언제 고쳐져?',
];
