import { deadMessages } from '../../store/alert-messages.js';
import { newsSince, type Watcher } from './context.js';

/** Messages that were given up, told on the other channels. A message that only says so is not told of again. */
export const watchMessages: Watcher = async (context) => {
  const dead = await deadMessages(context.db, newsSince(context));
  return dead
    .filter(({ kinds }) => kinds.some((kind) => kind !== 'alert.undelivered'))
    .map(({ id, channel, error, titles }) => ({
      kind: 'alert.undelivered',
      about: id,
      cycle: null,
      run: null,
      title: `A message to ${channel} was given up`,
      lines: [`${error}.`, ...titles.slice(0, 10).map((title) => `not delivered: ${title}`)],
      detail: { channel, message: id, error, alerts: titles.length },
      customers: [],
      owners: [],
      link: '/alerts?show=undelivered',
    }));
};
