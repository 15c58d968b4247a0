// Sixty questions as people type them in a chat, and twelve nobody can count; written by somebody who had not read the word lists.
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
  warnings,
} from './expected.ts';

const DAY1 = during('2026-05-11T00:00:00', '2026-05-12T00:00:00');
const TODAY = during('00:00:00', '15:31:00');

/** Where no time is named, the last day of the logs is meant. */
const LAST_DAY = during('2026-05-11T15:29:58', '15:31:00');
const SO_FAR = during('2026-05-11T00:00:00', '2026-05-11T15:30:30');
const pool = holds('pool exhausted');
const refused = holds('econnrefused');
const failed = status(500, 600);
const outage = all(of('inventory'), errors);
const march = (from: string, to: string) => during(`2026-03-03T${from}`, `2026-03-03T${to}`);

const ENGLISH: readonly Asked[] = [
  ['shop', 'how many 503s did we serve today', count(status(503))],
  ['shop', 'hey whats the slowest endpoint today', first('/api/orders')],
  ['shop', 'which svc is throwing the most errors', first('inventory')],
  ['shop', 'when did the pool exhausted stuff start?', time(pool, 'first')],
  ['shop', 'when did inventory recover?', time(outage, 'last')],
  ['shop', 'is inventory still down?', any(fine, time(outage, 'last'))],
  ['shop', 'how long was inventory failing today', stretch(outage)],
  ['shop', 'what errors does order have', told(all(of('order'), errors), 'rejected order')],
  ['shop', 'show me the last 3 errs from order pls', lines(all(of('order'), errors), 3)],
  ['shop', 'is payment affected?', fine],
  ['shop', 'who calls payment', names('order')],
  ['shop', 'what does order depend on', names('payment', 'inventory')],
  ['shop', 'anything new since 2pm?', newer('pool exhausted')],
  ['shop', 'what changed between 1:50 and 2:10 pm today', any(newer('deploy'), newer('pool exhausted'))],
  [
    'shop',
    'errors today vs yesterday',
    any(compared(all(errors, TODAY), all(errors, DAY1)), compared(all(errors, TODAY), all(errors, SO_FAR))),
  ],
  ['shop', 'how many reqs to /api/search yesterday', count(all(path('/api/search'), DAY1))],
  ['shop', 'how often does gc pause happen', count(all(holds('gc pause'), LAST_DAY))],
  ['shop', 'busiest endpoint between 10 and 11 this morning', first('/api/orders')],
  [
    'shop',
    'are there more 503s in the last hour than the hour before?',
    compared(
      all(status(503), during('14:30:30', '15:30:30')),
      // As long as the first, whose last half minute has no lines yet.
      all(status(503), during('13:30:30', '14:29:59')),
    ),
  ],
  ['shop', 'what % of requests failed today', part(all(failed, TODAY), all(requests, TODAY))],
  ['shop', 'since when is /api/orders slow', time(status(503), 'first')],
  ['shop', 'avg latency of /api/search on may 11', mean(all(path('/api/search'), DAY1))],
  [
    'shop',
    "find 'item not found' from 3am to 4am today",
    any(
      lines(all(holds('item not found'), during('03:00:00', '04:00:00'))),
      count(all(holds('item not found'), during('03:00:00', '04:00:00'))),
    ),
  ],
  ['shop', 'whens the last time payment retried a card', time(holds('retrying card'), 'last')],
  [
    'shop',
    'any warnings from search in the last 2 hrs?',
    any(
      count(all(of('search'), warnings, during('13:30:30', '15:30:30'))),
      lines(all(of('search'), warnings, during('13:30:30', '15:30:30'))),
    ),
  ],
  ['payroll', "what's mailer complaining about", told(all(of('mailer'), errors), 'ECONNREFUSED')],
  ['payroll', 'when did the ECONNREFUSED begin', time(refused, 'first')],
  ['payroll', 'how many slips failed w/ econnrefused', count(refused)],
  ['payroll', 'is ledger-db ok?', fine],
  ['payroll', 'are the mailer errors still going on?', any(ongoing, affected)],
];

const KOREAN: readonly Asked[] = [
  ['shop', 'payment 에러 몇개야?', count(all(of('payment'), errors))],
  ['shop', '오늘 503 몇 건 났어?', count(status(503))],
  ['shop', '제일 느린 api 뭐임?', first('/api/orders')],
  ['shop', '에러 젤 많은 서비스 어디야', first('inventory')],
  ['shop', '인벤토리 에러 언제부터야?', time(outage, 'first')],
  ['shop', 'inventory 언제 복구됐나요?', time(outage, 'last')],
  ['shop', 'inventory 아직도 장애중이야?', any(fine, time(outage, 'last'))],
  ['shop', 'inventory 장애 얼마나 지속됐어?', stretch(outage)],
  [
    'shop',
    '오늘 오후 2시부터 3시까지 에러 몇건인지 알려줘',
    count(all(errors, during('14:00:00', '15:00:00'))),
  ],
  ['shop', 'order 에러 로그 좀 보여줘', lines(all(of('order'), errors), 3)],
  ['shop', 'gateway 마지막 에러 3개만', lines(all(of('gateway'), errors), 3)],
  ['shop', '결제쪽은 영향 없나요?', fine],
  ['shop', 'payment는 괜찮은 거 맞죠?', fine],
  ['shop', 'payment 누가 호출해?', names('order')],
  ['shop', 'order가 부르는 서비스 뭐뭐 있어', names('payment', 'inventory')],
  [
    'shop',
    '어제랑 비교해서 에러 늘었어?',
    any(compared(all(errors, TODAY), all(errors, DAY1)), compared(all(errors, TODAY), all(errors, SO_FAR))),
  ],
  ['shop', '2시 이후에 새로 생긴 에러 있어?', newer('pool exhausted')],
  ['shop', 'gc pause 얼마나 자주 남?', count(all(holds('gc pause'), LAST_DAY))],
  ['shop', '어제 요청 총 몇건 들어왔어요', count(all(requests, DAY1))],
  ['shop', '/api/orders 어제 몇번 호출됐어?', count(all(path('/api/orders'), DAY1))],
  ['shop', '오늘 실패율 얼마나 돼?', part(all(failed, TODAY), all(requests, TODAY))],
  ['shop', '/api/search 평균 응답시간 어제 기준으로 얼마야', mean(all(path('/api/search'), DAY1))],
  ['shop', 'order 배포 몇시에 끝났어?', time(holds('deploy of order'), 'first')],
  ['shop', 'gateway 5xx 처음 난게 몇시야', time(failed, 'first')],
  ['payroll', '메일 언제부터 안나가?', any(time(refused, 'first'), time(status(502), 'first'))],
  ['payroll', 'mailer 에러 언제 시작됬어', time(refused, 'first')],
  ['payroll', '근태 기록이 없다는 에러 몇번 났냐', count(holds('근태 기록이 없습니다'))],
  ['payroll', '정산은 문제없어?', fine],
  [
    'payroll',
    '9시 반부터 10시까지 502 응답 몇 건이에요',
    count(all(status(502), march('09:30:00', '10:00:00'))),
  ],
  ['payroll', '제일 문제 많은 서비스가 뭐에요', first('mailer')],
];

export const BLIND_A: readonly Asked[] = [...ENGLISH, ...KOREAN];

/** These are refused, or handed to the analysis of causes or the summary. */
export const BLIND_A_REFUSED: readonly string[] = [
  'why did inventory run out of connections?',
  'summarize today pls',
  'should we roll back order?',
  "who's on call tonight",
  'will it happen again tomorrow?',
  'how many customers complained about payment',
  'is the disk of inventory full?',
  '지금 무슨 일이야?',
  '왜 503 나는거야',
  '롤백해도 될까요?',
  '이번달 매출 얼마야',
  '담당자 누구야?',
];
