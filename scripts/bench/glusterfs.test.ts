import { type Found, lastLineOf, reasonAgainst } from './glusterfs.ts'

const found: Found = { isInstalled: true, isRoot: true, hasFuse: true }

test('nothing is against it where root finds it installed and the kernel mounts it', () => {
  expect(reasonAgainst(found)).toBeNull()
})

test.each<[Partial<Found>, string]>([
  [{ isInstalled: false }, 'not installed (Debian package glusterfs-server)'],
  [{ isRoot: false, isInstalled: false }, 'only root'],
  [{ hasFuse: false }, '/dev/fuse'],
])('what is missing is named: %p', (otherwise, named) => {
  expect(reasonAgainst({ ...found, ...otherwise })).toContain(named)
})

test('of what a failed start says the last line is kept', () => {
  expect(lastLineOf('unshare … ended: volume create: bench: success\nvolume start: bench: failed\n')).toBe(
    'volume start: bench: failed',
  )
  expect(lastLineOf('one line')).toBe('one line')
})
