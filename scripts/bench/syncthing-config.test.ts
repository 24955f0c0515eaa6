import { configText, type Device, deviceIdIn, type FolderStatus, hasAllOf } from './syncthing-config.ts'

const id = 'LXA2SB4-5T4VJAT-CJMIVM5-4M74CF5-TW3NH3Y-DYMMLPO-6ENDU6U-LTIUSQA'
const first: Device = { id, folder: '/bench/a & b', port: 1001, askPort: 1002 }
const second: Device = { id: id.replaceAll('L', 'M'), folder: '/bench/c', port: 2001, askPort: 2002 }

test('a device listens on its own port and dials the other one', () => {
  const text = configText(first, second)
  expect(text).toContain('<listenAddress>tcp://127.0.0.1:1001</listenAddress>')
  expect(text).toContain(`<device id="${second.id}"><address>tcp://127.0.0.1:2001</address></device>`)
  expect(text).toContain('<address>127.0.0.1:1002</address>')
  expect(text).not.toContain('2002')
})

test('no address in the configuration is beyond loopback', () => {
  const addresses = configText(first, second).match(/<(listenAddress|address)>[^<]*/g)!
  expect(addresses).toHaveLength(4)
  for (const address of addresses) expect(address).toMatch(/>(tcp:\/\/)?127\.0\.0\.1:\d+$/)
})

test('a folder whose name has marks of XML stays one folder', () => {
  expect(configText(first, second)).toContain('path="/bench/a &amp; b"')
})

test('the id of a new device is found among what is said about it', () => {
  expect(deviceIdIn(`22:03:41 INFO: Generating key\nDevice ID: ${id}\n`)).toBe(id)
})

test('no id is an error that tells what was said', () => {
  expect(() => deviceIdIn('no room on the disk\n')).toThrow('no room on the disk')
})

const whole: FolderStatus = { state: 'idle', localFiles: 10, localBytes: 40_960, needTotalItems: 0 }

test('a device that is idle, needs nothing and has every file and byte has all', () => {
  expect(hasAllOf({ ...whole }, whole)).toBe(true)
})

test.each<[string, Partial<FolderStatus>]>([
  ['is still fetching', { state: 'syncing' }],
  ['still needs something', { needTotalItems: 1 }],
  ['has not heard of a file', { localFiles: 9 }],
  ['has other bytes', { localBytes: 40_959 }],
])('a device that %s has not all', (_, otherwise) => {
  expect(hasAllOf({ ...whole, ...otherwise }, whole)).toBe(false)
})
