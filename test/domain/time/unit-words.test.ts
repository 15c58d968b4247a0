import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isTimeUnitAt, lengthOfUnit } from '../../../src/domain/time/unit-words.ts';

test('milliseconds and seconds in many languages', () => {
  for (const unit of ['ミリ秒', '毫秒', '밀리초', 'мс', 'Millisekunden', 'msn', 'มิลลิวินาที', 'אלפיות שנייה'])
    assert.deepEqual([lengthOfUnit(unit), isTimeUnitAt(`45 ${unit}`, 2)], [1, true], unit);
  for (const unit of [
    '秒',
    '초',
    'с',
    'сек',
    'СЕК',
    'секунды',
    'segundos',
    'saniye',
    'giây',
    'วินาที',
    'שניות',
  ])
    assert.deepEqual([lengthOfUnit(unit), isTimeUnitAt(`45${unit}`, 2)], [1_000, true], unit);
  assert.ok(isTimeUnitAt('45ミリ秒で処理', 2));
});

test('words that only begin alike, and the Russian word for `with`, are no units', () => {
  assert.equal(lengthOfUnit('ms'), undefined);
  for (const text of ['5 с ошибкой', '5 секретов', '5 sekundär', '5 mscorlib', '5', '5 '])
    assert.ok(!isTimeUnitAt(text, 1), text);
});

test('Korean and Chinese units end before particles, not inside of another word', () => {
  for (const text of ['5 초과', '5 초기화', '5초안', '5 초대', '5초전도', '5秒杀', '5 秒针', '5毫秒级'])
    assert.ok(!isTimeUnitAt(text, 1), text);
  for (const text of [
    '5초',
    '5 초 초과',
    '5초만에',
    '5초간',
    '5초 동안',
    '5초이내',
    '5초 후',
    '5초전',
    '5초 걸림',
    '5초걸렸습니다',
    '5초내에',
    '5초를',
    '5밀리초 소요',
    '5秒以内',
    '5秒後',
    '5秒间',
    '5秒鐘',
    '5秒で',
    '5毫秒完成',
  ])
    assert.ok(isTimeUnitAt(text, 1), text);
});
