import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findInSql } from '../../../src/masking/places/sql.ts';
import { foundIn } from '../found.ts';

const SECRET = ['harbor', 'Tug73'].join('!');

test('passwords in statements are found: said, inserted, and bound apart', () => {
  for (const line of [
    `ALTER USER quay IDENTIFIED BY '${SECRET}'`,
    `CREATE ROLE quay WITH LOGIN PASSWORD '${SECRET}'`,
    `INSERT INTO users (id, name, password) VALUES (7, 'kim', '${SECRET}')`,
    `INSERT INTO users (password, name) VALUES ('${SECRET}', 'kim')`,
    `update users set password = $2 where id = $1; parameters: [7, '${SECRET}']`,
    `INSERT INTO users (name, password) VALUES (?, ?) -- binds: ["kim", "${SECRET}"]`,
    `update users set password=$2 where id=$1 DETAIL: parameters: $1 = '7', $2 = '${SECRET}'`,
    `select crypt('${SECRET}', gen_salt('bf'))`,
  ])
    assert.deepEqual(foundIn(findInSql, line), [SECRET], line);
});

test('all rows of one statement are looked at, other columns stay', () => {
  const line = `INSERT INTO users (name, password) VALUES ('kim', 'a1b2c3d4'), ('lee', 'e5f6a7b8')`;
  assert.deepEqual(foundIn(findInSql, line), ['a1b2c3d4', 'e5f6a7b8']);
  for (const other of [
    "INSERT INTO tide (id, name) VALUES (7, 'spring')",
    "select * from users where name = 'kim'",
    'update users set password = NULL where id = 7',
    'INSERT INTO users (name, password) VALUES (?, ?)',
  ])
    assert.deepEqual(foundIn(findInSql, other), [], other);
});
