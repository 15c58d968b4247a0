import assert from 'node:assert/strict';
import { test } from 'node:test';
import { recordsOf, testFormats } from './harness.ts';

testFormats('table', {
  'Windows event CSV': {
    file: 'system.csv',
    text: `Level,Date and Time,Source,Event ID,Task Category
Information,11/24/2026 06:00:00 AM,Service Control Manager,7036,None,The update service entered the stopped state.
Error,11/24/2026 06:00:05 AM,disk,7,None,"The device, \\Device\\Harddisk0\\DR0,
has a bad block."`,
    records: [
      { time: '06:00:00.000', level: 'info', service: 'Service Control Manager' },
      {
        time: '06:00:05.000',
        level: 'error',
        service: 'disk',
        message: 'The device, \\Device\\Harddisk0\\DR0,\nhas a bad block.',
        lines: 2,
      },
    ],
  },
  'Windows events as XML': {
    text: `<Event xmlns='http://schemas.example/event'><System><Provider Name='disk'/><EventID Qualifiers='49156'>7</EventID><Level>2</Level><TimeCreated SystemTime='2026-11-24T06:00:00.000000000Z'/><Computer>WIN01</Computer></System><EventData><Data>DR0</Data></EventData><RenderingInfo Culture='en-US'><Message>The device has a bad block.</Message></RenderingInfo></Event>
<Event xmlns='http://schemas.example/event'>
  <System><Provider Name='app'/><EventID>1</EventID><Level>3</Level>
    <TimeCreated SystemTime='2026-11-24T06:00:01Z'/></System>
  <EventData><Data Name='Path'>C:&amp;D</Data></EventData>
</Event>`,
    records: [
      {
        time: '06:00:00.000',
        level: 'error',
        service: 'disk',
        host: 'WIN01',
        message: 'The device has a bad block.',
      },
      { time: '06:00:01.000', level: 'warn', service: 'app', message: 'Path: C:&D', lines: 5 },
    ],
  },
  'Windows events as lists (Get-WinEvent, wevtutil)': {
    text: `TimeCreated      : 11/24/2026 6:00:00 AM
ProviderName     : disk
LevelDisplayName : Error
Message          : The device has
                   a bad block.

TimeCreated      : 11/24/2026 6:00:05 AM
ProviderName     : Service Control Manager
LevelDisplayName : Information
Message          : stopped

Event[0]:
  Log Name: System
  Source: disk
  Date: 2026-11-24T06:00:09.000
  Event ID: 7
  Level: Warning
  Computer: WIN01
  Description: 
The device: has a bad block.

Event[1]:
  Log Name: System
  Source: time
  Date: 2026-11-24T06:00:10.000
  Description: 
synchronised`,
    records: [
      { time: '06:00:00.000', level: 'error', service: 'disk', message: 'The device has\na bad block.' },
      { time: '06:00:05.000', level: 'info', service: 'Service Control Manager', message: 'stopped' },
      {
        time: '06:00:09.000',
        level: 'warn',
        service: 'disk',
        host: 'WIN01',
        message: 'The device: has a bad block.',
      },
      { time: '06:00:10.000', service: 'time', message: 'synchronised' },
    ],
  },
  'CSV with known names': {
    file: 'orders.csv',
    text: 'time;등급;서비스;내용\n2026-11-24 06:00:00;심각;결제;"실패; 3건"',
    records: [{ time: '06:00:00.000', level: 'fatal', service: '결제', message: '실패; 3건' }],
  },
  'CSV whose columns show by what they hold': {
    file: 'orders.csv',
    text: 'occurred,sev,who,what\n2026-11-24 06:00:00,ERROR,db,the pool is dry again\n2026-11-24 06:00:01,INFO,web,up',
    records: [
      { time: '06:00:00.000', level: 'error', message: 'the pool is dry again' },
      { time: '06:00:01.000', level: 'info', message: 'up' },
    ],
  },
  'CSV without a header': {
    file: 'orders.csv',
    text: '2026-11-24T06:00:00Z,7,ERROR,the pool is dry again\n2026-11-24T06:00:01Z,8,INFO,up',
    records: [
      { time: '06:00:00.000', level: 'error', message: 'the pool is dry again' },
      { time: '06:00:01.000', level: 'info', message: 'up' },
    ],
  },
  'columns divided by any sign': {
    file: 'hall.log',
    text: `1795500000000;W;tray-4;door jammed
1795500001000;I;tray-4;door closed
tray-4~W~2026-11-24 06:00:02~door jammed
"2026-11-24 06:00:03","ERROR","press","no answer, given up"
{2026-11-24 06:00:04} {WARN} {press} slow
2026-11-24T06:00:05Z/E motor lost
2026-11-24 06:00:06｜심각｜press｜전원 차단`,
    records: [
      { time: '06:00:00.000', level: 'warn', message: 'door jammed' },
      { time: '06:00:01.000', level: 'info', message: 'door closed' },
      { time: '06:00:02.000', level: 'warn', message: 'door jammed' },
      { time: '06:00:03.000', level: 'error', service: 'press', message: 'no answer, given up' },
      { time: '06:00:04.000', level: 'warn', service: 'press', message: 'slow' },
      { time: '06:00:05.000', level: 'error', service: 'hall', message: 'motor lost' },
      { time: '06:00:06.000', level: 'fatal', service: 'press', message: '전원 차단' },
    ],
  },
});

test('a table that tells no time is read as lines', async () => {
  const records = await recordsOf('a,b\n1,2\n3,4', 'numbers.csv');
  assert.deepEqual(
    records.map(({ message }) => message),
    ['a,b', '1,2', '3,4'],
  );
});

test('lines with a colon, an element or a bracket are no lists, and swallow nothing', async () => {
  const lines = ['state : up', 'the next line', '<b>bold</b> words', 'item[3]', '# Note: x', 'words'];
  assert.equal((await recordsOf(lines.join('\n'))).length, lines.length);
});
