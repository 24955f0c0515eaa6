/** The coordinator's own node as a change sees it: bytes that are not wanted any more leave nothing. */
import { digestOf } from '../../protocol/digest.ts'
import type { NodeName, StageId } from '../../protocol/ids.ts'
import { ownFiles } from '../../replica/store/changes.fixture.ts'
import { DiskError } from '../../replica/store/disk.ts'
import { openTemporaryStore, type TemporaryStore } from '../../replica/store/store.fixture.ts'
import { LocalMember } from './local-member.ts'

const id = 'c'.repeat(32) as StageId
const bytes = Buffer.from('bytes')
const { digest } = digestOf(bytes)

let opened: TemporaryStore
let member: LocalMember

beforeEach(async () => {
  opened = await openTemporaryStore()
  member = new LocalMember({ name: 'server1' as NodeName, store: opened.store })
})

afterEach(() => opened.remove())

const staging = () => Object.keys(ownFiles(opened.root, 'staging'))

test('bytes that are sealed stay until they are not wanted', async () => {
  const stage = member.openStage(id)
  await stage.write(bytes)
  await stage.seal(bytes.length, digest)
  expect(staging()).toEqual([id])
  stage.end()
  stage.end()
  expect(staging()).toEqual([])
})

test('bytes that are on their way go at once', async () => {
  const stage = member.openStage(id)
  await stage.write(bytes)
  stage.end()
  expect(staging()).toEqual([])
})

test('bytes that are being sealed go when that has ended', async () => {
  const stage = member.openStage(id)
  await stage.write(bytes)
  const sealed = stage.seal(bytes.length, digest)
  stage.end()
  await sealed
  expect(staging()).toEqual([])
})

test('bytes that are not those of their digest are refused, and go when that was heard', async () => {
  const stage = member.openStage(id)
  await stage.write(bytes)
  await expect(stage.seal(bytes.length, digestOf(Buffer.from('others')).digest)).rejects.toMatchObject({
    code: 'BAD_DIGEST',
  })
  stage.end()
  expect(staging()).toEqual([])
})

test.each([
  ['ENOSPC', { code: 'NO_SPACE', message: 'no space is left on server1' }],
  ['EIO', { code: 'IO_ERROR', message: 'the disk refuses (EIO) on server1' }],
])('what the disk refuses with %s is told with the name of the node', async (code, refusal) => {
  const { disk } = opened
  const stage = member.openStage(id)
  disk.write = () => {
    throw new DiskError(code, 'write')
  }
  await expect(stage.write(bytes)).rejects.toMatchObject(refusal)
  stage.end()
  disk.openOwn = () => {
    throw new DiskError(code, 'open')
  }
  expect(() => member.openStage(id)).toThrow(expect.objectContaining(refusal))
  expect(staging()).toEqual([])
  for (const call of ['write', 'openOwn'] as const) disk[call] = Object.getPrototypeOf(disk)[call]
})

test('a disk that does not let the bytes go is no failure of the change', async () => {
  const { disk } = opened
  const stage = member.openStage(id)
  await stage.write(bytes)
  await stage.seal(bytes.length, digest)
  disk.remove = () => {
    throw new DiskError('EROFS', 'unlink')
  }
  stage.end()
  disk.remove = Object.getPrototypeOf(disk).remove
  expect(staging()).toEqual([id])
})
