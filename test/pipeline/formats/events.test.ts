import { testFormats } from './harness.ts';

testFormats('event', {
  'MySQL slow log': {
    file: 'mysql-slow.log',
    text: `/usr/sbin/mysqld, Version: 8.0.34. started with:
# Time: 2026-11-24T06:00:00.637000Z
# User@Host: app[app] @ web01 [10.0.0.5]  Id: 53
# Query_time: 1.171444  Lock_time: 0.000532 Rows_sent: 25  Rows_examined: 8606
SET timestamp=1795500000;
SELECT * FROM orders
WHERE id = 5;
# User@Host: app[app] @ web01 [10.0.0.5]  Id: 54
# Query_time: 2.171444  Lock_time: 0.000532 Rows_sent: 25  Rows_examined: 8606
SET timestamp=1795500010;
SELECT 2;`,
    records: [
      {},
      {
        time: '06:00:00.637',
        service: 'mysql-slow',
        lines: 6,
        message:
          'SELECT * FROM orders WHERE id = 5; Query_time: 1.171444 Lock_time: 0.000532 Rows_sent: 25 Rows_examined: 8606',
      },
      { time: '06:00:10.000', lines: 4 },
    ],
  },
  'PostgreSQL, statements of several lines': {
    text: `2026-11-24 06:00:00.000 UTC [1] app@shop LOG:  duration: 5 ms  statement: SELECT 1
2026-11-24 06:00:01.000 UTC [1] app@shop LOG:  duration: 6 ms  statement: SELECT 2
2026-11-24 06:00:02.000 UTC [1] app@shop LOG:  duration: 7 ms  statement: SELECT 3
2026-11-24 06:00:03.000 UTC [1] app@shop LOG:  duration: 8 ms  statement: SELECT *
\tFROM orders
\tWHERE id = 7
2026-11-24 06:00:04.000 UTC [1] app@shop ERROR:  deadlock detected`,
    records: [
      {},
      {},
      {},
      { lines: 3, level: 'info' },
      { time: '06:00:04.000', level: 'error', message: 'app@shop ERROR:  deadlock detected' },
    ],
  },
  MongoDB: {
    file: 'mongod.log',
    text: `{"t":{"$date":"2026-11-24T06:00:00.123+00:00"},"s":"E","c":"STORAGE","id":22435,"ctx":"thread1","msg":"WiredTiger error","attr":{"error":28}}
2026-11-24T06:00:01.123+0000 I NETWORK  [listener] connection accepted`,
    records: [
      { time: '06:00:00.123', level: 'error', service: 'mongod', message: 'WiredTiger error' },
      { time: '06:00:01.123', level: 'info', service: 'mongod' },
    ],
  },
  'Oracle alert log': {
    text: `Tue Nov 24 06:00:00 2026
Thread 1 advanced to log sequence 12 (LGWR switch)
  Current log# 3 seq# 12 mem# 0: /u01/redo03.log
2026-11-24T06:00:09.123456+00:00
ORA-01110: data file 5: '/u01/x.dbf'`,
    records: [
      { time: '06:00:00.000', lines: 3 },
      { time: '06:00:09.123', lines: 2 },
    ],
  },
  'Ruby: a level before the time': {
    text: `I, [2026-11-24T06:00:00.1 #7]  INFO -- : one
I, [2026-11-24T06:00:01.1 #7]  INFO -- : two
F, [2026-11-24T06:00:02.1 #7] FATAL -- : 
ActionController::RoutingError (No route matches [GET] "/x"):
I, [2026-11-24T06:00:03.1 #7]  INFO -- : three`,
    records: [{}, {}, { level: 'fatal', lines: 2 }, { message: 'three' }],
  },
  'log4j, java.util.logging as XML': {
    text: `<log4j:event logger="com.shop.Pool" timestamp="1795500007000" level="ERROR" thread="main">
<log4j:message><![CDATA[pool <dry>]]></log4j:message>
</log4j:event>
<record>
  <date>2026-11-24T06:00:05Z</date>
  <level>SEVERE</level>
  <message>pool &lt;dry&gt;</message>
</record>`,
    records: [
      { time: '06:00:07.000', level: 'error', message: 'pool <dry>' },
      { time: '06:00:05.000', level: 'error', message: 'pool <dry>' },
    ],
  },
  '.NET console': {
    text: `fail: Shop.Cart[0]
      pool dry
      System.InvalidOperationException: no
         at Shop.Cart.Total()
info: Shop.Cart[0]
      up`,
    records: [
      { level: 'error', lines: 4 },
      { level: 'info', lines: 2 },
    ],
  },
});
