// Other words for the same, written when the reading was finished and not looked at while it was made.
import type { Asked } from './asked.ts';
import {
  affected,
  all,
  count,
  during,
  errors,
  fine,
  first,
  holds,
  lines,
  names,
  newer,
  of,
  requests,
  status,
  time,
  warnings,
} from './expected.ts';

export const HELD_OUT: readonly Asked[] = [
  ['shop', 'what service had the most failures yesterday?', first('order')],
  ['shop', 'give me the top 2 endpoints by response time', first('/api/orders')],
  [
    'shop',
    'number of 503 responses after 14:10 today',
    count(all(status(503), during('14:10:00', '15:31:00'))),
  ],
  [
    'shop',
    'can you tell me how many warnings payment wrote since midnight?',
    count(all(warnings, of('payment'), during('00:00:00', '15:31:00'))),
  ],
  ['shop', 'at what time did inventory begin to fail?', time(holds('pool exhausted'), 'first')],
  ['shop', 'has the inventory problem stopped?', time(holds('pool exhausted'), 'last')],
  ['shop', 'is everything fine with search?', fine],
  ['shop', 'which services talk to inventory?', names('order')],
  [
    'shop',
    'list the warnings of search from this morning',
    lines(all(warnings, of('search'), during('06:00:00', '12:00:00'))),
  ],
  ['shop', 'did any new messages appear after 14:00', newer('pool exhausted')],
  ['payroll', '제일 문제가 많은 서비스가 어디야?', first('mailer')],
  ['payroll', '메일 서비스 mailer에서 실패가 언제 시작됐나요?', time(all(errors, of('mailer')), 'first')],
  ['payroll', '502 응답은 총 몇 건인가요?', count(status(502))],
  ['payroll', '요청 수가 제일 많은 경로 알려주세요', first('/v1/slips')],
  ['payroll', 'portal에 문제 있어?', affected],
  [
    'payroll',
    '오전 8시에서 9시 사이에 들어온 요청은 몇 건?',
    count(all(requests, during('2026-03-03T08:00:00', '2026-03-03T09:00:00'))),
  ],
  ['payroll', '정산 서비스 에러 로그 좀 보여주세요', lines(all(errors, of('정산')))],
  ['payroll', '"근태 기록"이 몇 번이나 나왔어?', count(holds('근태 기록'))],
  ['shop', '오늘 에러가 제일 많이 난 서비스는 뭐예요?', first('inventory')],
  ['shop', 'GC pause가 마지막으로 나온 게 언제예요?', time(holds('gc pause'), 'last')],
];
