import { TZDate } from '@date-fns/tz';
import { zone } from './events.js';

/** A year has few midnights and the demo asks for them thousands of times. */
const known = new Map<string, string>();

/** Midnight of a day with its offset, "2026-10-01T00:00:00+02:00": of the business's zone, or of UTC for what was set up wrongly. */
export function atMidnight(date: string, cut: 'local' | 'utc'): string {
  if (cut === 'utc') return `${date}T00:00:00Z`;
  const found = known.get(date);
  if (found !== undefined) return found;
  const [year = 0, month = 1, day = 1] = date.split('-').map(Number);
  const made = new TZDate(year, month - 1, day, zone).toISOString().replace('.000', '');
  known.set(date, made);
  return made;
}
