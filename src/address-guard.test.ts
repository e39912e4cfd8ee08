import { connect } from 'node:net';
import { describe, expect, test } from 'vitest';
import { isPrivateAddress, namesPrivateHost, publicLookup, refusePrivateHost } from './address-guard.js';
import { AppError } from './errors.js';

describe('an address', () => {
  test.each([
    '127.0.0.1',
    '127.255.255.254',
    '10.1.2.3',
    '172.16.0.1',
    '172.31.255.255',
    '192.168.1.1',
    '169.254.169.254',
    '100.64.0.1',
    '0.0.0.0',
    '198.18.0.1',
    '203.0.113.9',
    '224.0.0.1',
    '255.255.255.255',
    '::1',
    '::',
    '0:0:0:0:0:0:0:1',
    '::127.0.0.1',
    '::7f00:1',
    '::a9fe:a9fe',
    'fd00::1',
    'fe80::1',
    'fe80::1%eth0',
    'fec0::1',
    'ff02::1',
    '::ffff:10.0.0.1',
    '::FFFF:10.0.0.1',
    '::ffff:7f00:1',
    '0:0:0:0:0:ffff:7f00:1',
    '::ffff:0:7f00:1',
    '64:ff9b::a00:1',
    '64:ff9b:1::a00:1',
    '2002:7f00:1::1',
    '2002:a9fe:a9fe::',
    '2001:0:4136:e378:8000:63bf:3fff:fdd2',
    '100::1',
    '2001:db8::1',
    'no address',
    '',
    '1.2.3',
    '0x7f.1',
  ])('%s is private', (address) => expect(isPrivateAddress(address)).toBe(true));

  test.each(['8.8.8.8', '172.32.0.1', '172.15.0.1', '100.128.0.1', '2606:4700::1111', '2003::1', '::ffff:8.8.8.8'])(
    '%s is public',
    (address) => expect(isPrivateAddress(address)).toBe(false),
  );
});

describe('the host of a web address', () => {
  // A browser's reading of an address turns every spelling of a number into the same four: they are checked as read.
  test.each([
    'http://127.1/',
    'http://2130706433/',
    'http://0x7f.0.0.1/',
    'http://0177.0.0.1/',
    'http://0/',
    'http://[::1]/',
    'http://[::ffff:127.0.0.1]/',
    'http://[2002:7f00:1::]/',
    'http://169.254.169.254/latest/meta-data',
    'http://①②⑦.0.0.1/',
  ])('%s is private as it is written', (address) => {
    expect(namesPrivateHost(new URL(address))).toBe(true);
    expect(() => refusePrivateHost(new URL(address))).toThrow(AppError);
  });

  test.each(['https://api.example.com/', 'https://8.8.8.8/', 'https://localhost/'])('%s is not', (address) =>
    expect(namesPrivateHost(new URL(address))).toBe(false),
  );
});

test('the lookup of a name that leads into a private network gives sockets an error and no address', async () => {
  const failure = await new Promise((resolve) => {
    const socket = connect({ host: 'localhost', port: 9, lookup: publicLookup });
    socket.on('error', resolve);
  });
  expect(failure).toMatchObject({ code: 'address_private', exitCode: 3 });
});
