import { lookup as dnsLookup } from 'node:dns';
import { BlockList, isIP, type LookupFunction } from 'node:net';
import { AppError } from '../errors.js';

/*
 * Replies name addresses too: a report's download link comes from the other side. Nothing we are told may make us talk to
 * our own network, so every name is checked after it was resolved and at the moment of connecting, not before.
 */

const blocked = new BlockList();
for (const [network, prefix] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
] as const)
  blocked.addSubnet(network, prefix, 'ipv4');
for (const [network, prefix] of [
  ['::', 127],
  ['64:ff9b::', 96],
  ['fc00::', 7],
  ['fe80::', 10],
  ['ff00::', 8],
] as const)
  blocked.addSubnet(network, prefix, 'ipv6');

/** Whether an address is private, loopback, link-local, multicast or reserved. Text that is no address counts as private. */
export function isPrivateAddress(address: string): boolean {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  const plain = mapped ?? address;
  const family = isIP(plain);
  if (family === 0) return true;
  // ::ffff:7f00:1 is the same as ::ffff:127.0.0.1, and BlockList compares it as IPv4 only when told so.
  if (family === 6 && /^::ffff:/i.test(plain)) return true;
  return blocked.check(plain, family === 4 ? 'ipv4' : 'ipv6');
}

/** Throws when the host of an address is written as a private address; a name is checked when it is resolved. */
export function refusePrivateHost(url: URL): void {
  const host = url.hostname.replace(/^\[|\]$/g, '');
  if (isIP(host) !== 0 && isPrivateAddress(host)) throw privateAddress(host);
}

function privateAddress(host: string): AppError {
  return new AppError('source_unreachable', {
    detail: `${host} is an address inside a private network; set allow_private_address if that is meant`,
    context: { host },
  });
}

/** A lookup for sockets that gives only public addresses. */
export const publicLookup: LookupFunction = (hostname, options, callback) => {
  dnsLookup(hostname, { ...options, all: true }, (error, addresses) => {
    if (error !== null) return callback(error, '', 0);
    const open = addresses.filter((one) => !isPrivateAddress(one.address));
    const [first] = open;
    if (first === undefined) return callback(privateAddress(hostname) as NodeJS.ErrnoException, '', 0);
    return options.all === true ? callback(null, open) : callback(null, first.address, first.family);
  });
};
