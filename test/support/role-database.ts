import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { inject } from 'vitest';
import { openDatabase, type Store } from '../../src/store/database.js';

export type RoleDatabase = {
  /** Names of roles of this database alone; `owner` exists and owns it, and may make roles but is no superuser. */
  readonly names: { readonly owner: string; readonly app: string; readonly read: string };
  /** Gives a role a password and opens the database as it. */
  as(role: string): Promise<Store & { readonly url: string }>;
  drop(): Promise<void>;
};

/** An empty database that belongs to an ordinary account, as on a managed Postgres. */
export async function createRoleDatabase(): Promise<RoleDatabase> {
  const suffix = randomBytes(5).toString('hex');
  const name = `shadowbill_test_${suffix}`;
  const names = { owner: `owner_${suffix}`, app: `app_${suffix}`, read: `read_${suffix}` };
  const password = `p${suffix}`;
  const admin = new pg.Client({ connectionString: inject('serverUrl') });
  await admin.connect();
  await admin.query(`create role ${names.owner} login createrole password '${password}'`);
  await admin.query(`create database ${name} owner ${names.owner} template template0 encoding 'UTF8'`);
  const opened: Store[] = [];
  return {
    names,
    as: async (role) => {
      await admin.query(`alter role ${role} password '${password}'`);
      const url = new URL(inject('serverUrl'));
      Object.assign(url, { pathname: `/${name}`, username: role, password });
      const store = openDatabase({ url: url.href, applicationName: 'test', poolSize: 6, onError: () => undefined });
      opened.push(store);
      return { ...store, url: url.href };
    },
    drop: async () => {
      for (const store of opened) await store.close();
      await admin.query(`drop database ${name} with (force)`);
      for (const role of [names.app, names.read, names.owner]) await admin.query(`drop role if exists ${role}`);
      await admin.end();
    },
  };
}
