import { inject, expect, test } from 'vitest';
import { sql } from 'kysely';
import { openDatabase } from '../src/store/database.js';

test('a connection that breaks is reported while the store is open and no more once it is being closed', async () => {
  const seen: string[] = [];
  const store = openDatabase({
    url: inject('serverUrl'),
    applicationName: 'test close',
    poolSize: 2,
    onError: (error) => seen.push(error.message),
  });
  await sql`select 1`.execute(store.db);
  store.pool.emit('error', new Error('lost while open'));
  const closed = store.close();
  store.pool.emit('error', new Error('the server stopped first'));
  await closed;
  expect(seen).toEqual(['lost while open']);
});
