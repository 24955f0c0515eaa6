import { digestOf } from '../../../protocol/digest.ts'
import { parsePath } from '../../../protocol/path.ts'
import { decodeFiled, encodeFiled, pathInFiled } from './filed-object.ts'

const path = parsePath('ä/b')
const filed = {
  top: 'fork-0000000000000013-0a1b2c3d/tree',
  path,
  digest: digestOf(Buffer.from('content')).digest,
  identity: { inode: 2n ** 63n, size: 2 ** 40, mtimeNs: -1n, ctimeNs: 7n },
}

test.each([filed, { ...filed, digest: null }])('an object is read back as it was written', object => {
  expect(decodeFiled(encodeFiled(object, path))).toEqual(object)
  expect(pathInFiled(encodeFiled(object, path))).toBe(path)
  expect(pathInFiled(encodeFiled(object, null))).toBeNull()
})

test('bytes of which one is another, or is missing, are no object', () => {
  const bytes = encodeFiled(filed, path)
  for (let at = 0; at < bytes.length; at++) {
    const other = Buffer.from(bytes)
    other[at]! ^= 1
    expect(decodeFiled(other)).toBeNull()
    expect(decodeFiled(bytes.subarray(0, at))).toBeNull()
  }
})
