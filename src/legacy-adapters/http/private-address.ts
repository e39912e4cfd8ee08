import { z } from 'zod';
import { namesPrivateHost } from '../../address-guard.js';

/** Whether a source may lie in our own network; part of the block of every adapter whose address is configured. */
export const privateAddressOption = {
  allow_private_address: z
    .boolean()
    .default(false)
    .describe('true: the address may lie inside a private network or on this machine'),
};

/** Refuses an address that is private as it is written, or this machine by its name, at `key`; other names are judged when they are resolved. */
export function checkAddress(
  key: string,
  address: string | undefined,
  isAllowed: boolean,
  context: z.RefinementCtx,
): void {
  if (address === undefined || isAllowed || !URL.canParse(address)) return;
  const url = new URL(address);
  if (!namesPrivateHost(url) && !/^localhost$/i.test(url.hostname)) return;
  context.addIssue({
    code: 'custom',
    path: [key],
    message: 'lies inside a private network. Set allow_private_address: true if that is meant',
  });
}
