import { expireDue, todayIn } from '../run/carry-work.js';
import type { ApiContext } from './context.js';

/** Ends acceptances whose day has come before anything is read, so that no list or total shows yesterday's truth. */
export async function currentWork(api: ApiContext): Promise<void> {
  const now = api.now();
  await expireDue({ db: api.db, now, today: todayIn(now, api.work.zone) });
}
