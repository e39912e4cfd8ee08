import { lookup as dnsLookup } from 'node:dns';
import { BlockList, isIP, type LookupFunction } from 'node:net';
import { AppError } from './errors.js';

/*
 * Where our requests may go. Configurations name addresses, and replies name them too: a report's download link comes from
 * the other side. Nothing we are told may make us talk to our own network, so every name is checked after it was resolved
 * and at the moment of connecting, not before; a name that is public when it is looked at and private when it is used gains
 * nothing. Networks are those that IANA's special-purpose registries (RFC 6890) keep from the public internet.
 */

// Two lists: one list of both takes every IPv4 address for one of ::ffff:0:0/96.
const [blocked4, blocked6] = [new BlockList(), new BlockList()];
for (const [network, prefix] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
] as const)
  blocked4.addSubnet(network, prefix, 'ipv4');
for (const [network, prefix] of [
  // Forms that carry an IPv4 address inside, which a gateway may unpack: compatible, mapped, translated, NAT64, Teredo, 6to4.
  ['::', 96],
  ['::ffff:0:0', 96],
  ['::ffff:0:0:0', 96],
  ['64:ff9b::', 96],
  ['64:ff9b:1::', 48],
  ['2001::', 32],
  ['2002::', 16],
  ['100::', 64],
  ['2001:db8::', 32],
  ['fc00::', 7],
  ['fe80::', 10],
  ['fec0::', 10],
  ['ff00::', 8],
] as const)
  blocked6.addSubnet(network, prefix, 'ipv6');

/** Whether an address is private, loopback, link-local, multicast, reserved, or hides another one inside. Text that is no address counts as private. */
export function isPrivateAddress(address: string): boolean {
  // "fe80::1%eth0": the zone says through which interface, and changes nothing about what the address is.
  const plain = address.replace(/%.*$/, '');
  const family = isIP(plain);
  // ::ffff:8.8.8.8 is plain 8.8.8.8, written so by a socket that speaks both.
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(plain)?.[1];
  if (mapped !== undefined && isIP(mapped) === 4) return blocked4.check(mapped, 'ipv4');
  if (family === 0) return true;
  return family === 4 ? blocked4.check(plain, 'ipv4') : blocked6.check(plain, 'ipv6');
}

/** Whether the host of an address is written as a private address. A name is judged when it is resolved. */
export function namesPrivateHost(url: URL): boolean {
  const host = url.hostname.replace(/^\[|\]$/g, '');
  return isIP(host) !== 0 && isPrivateAddress(host);
}

/** Throws AppError `address_private` when `namesPrivateHost`. */
export function refusePrivateHost(url: URL): void {
  if (namesPrivateHost(url)) throw privateAddress(url.hostname);
}

function privateAddress(host: string): AppError {
  return new AppError('address_private', { detail: host, context: { host } });
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
