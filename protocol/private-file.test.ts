import { assertPrivate } from './private-file.ts'

const me = 1000
const mine = { isFile: true, mode: 0o100600, uid: me }

test.each([
  ['of one’s own that only its owner reads', mine, me],
  ['that root lends, as systemd does', { ...mine, mode: 0o100400, uid: 0 }, me],
  ['of somebody, to root', { ...mine, uid: 12 }, 0],
])('a file %s is taken', (_, file, uid) => {
  expect(() => assertPrivate(file, uid, 'F')).not.toThrow()
})

test.each([
  ['that its group reads', { ...mine, mode: 0o100640 }, 'F can be read by others (mode 0640): chmod 600 it'],
  ['that all read', { ...mine, mode: 0o100604 }, 'F can be read by others (mode 0604): chmod 600 it'],
  ['that others write', { ...mine, mode: 0o100602 }, 'F can be read by others (mode 0602): chmod 600 it'],
  ['of somebody else', { ...mine, uid: 12 }, 'F belongs to somebody else (user id 12)'],
  ['that is a folder', { ...mine, isFile: false }, 'F is not a file'],
])('a file %s is refused', (_, file, sentence) => {
  expect(() => assertPrivate(file, me, 'F')).toThrow(sentence)
})
