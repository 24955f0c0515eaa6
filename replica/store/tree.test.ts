import { execFileSync } from 'node:child_process'
import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:net'
import { join } from 'node:path'
import { parsePath } from '../../protocol/path.ts'
import { DiskError, type Fd, newStat } from './disk.ts'
import { LinuxDisk } from './linux-disk.ts'
import { temporaryFolder, WatchedDisk } from './store.fixture.ts'
import { Tree } from './tree.ts'

let root: string
let disk: WatchedDisk
let tree: Tree

beforeEach(() => {
  root = temporaryFolder()
  disk = new WatchedDisk()
  tree = new Tree({ disk, root: disk.openFolder(root) })
})

afterEach(() => {
  tree.close()
  expect(disk.open.size).toBe(0)
  execFileSync('rm', ['-rf', root])
})

/** Opens and closes. @returns 'file', or what stands there instead. */
function openAt(path: string) {
  const file = tree.openFile(parsePath(path), newStat())
  if (typeof file !== 'number') return file
  disk.close(file)
  return 'file'
}

test('a regular file is opened, and its stat is filled', () => {
  writeFileSync(join(root, 'a.txt'), 'twelve bytes')
  chmodSync(join(root, 'a.txt'), 0o744)
  const stat = newStat()
  const file = tree.openFile(parsePath('a.txt'), stat) as Fd
  disk.close(file)
  expect(stat).toMatchObject({ kind: 'file', size: 12, executable: true, isMount: false })
})

test('nothing stands at a missing name, below a missing folder, or below a file', () => {
  writeFileSync(join(root, 'a.txt'), '')
  for (const path of ['b', 'b/c', 'a.txt/c']) expect(openAt(path)).toEqual({ is: 'absent' })
})

test('a folder is a folder', () => {
  mkdirSync(join(root, 'folder'))
  expect(openAt('folder')).toEqual({ is: 'folder' })
})

test('a link is a link: to a file, to nothing, in the middle of a path, inside the root or out of it', () => {
  mkdirSync(join(root, 'folder'))
  writeFileSync(join(root, 'folder/file'), '')
  symlinkSync('folder/file', join(root, 'to-file'))
  symlinkSync('nowhere', join(root, 'to-nothing'))
  symlinkSync('folder', join(root, 'to-folder'))
  symlinkSync('/etc', join(root, 'out'))
  for (const path of ['to-file', 'to-nothing', 'to-folder', 'to-folder/file', 'out/passwd']) {
    expect(openAt(path)).toEqual({ is: 'other', what: 'link' })
  }
})

test('a FIFO that nobody writes to is named, not waited for', () => {
  execFileSync('mkfifo', [join(root, 'fifo')])
  expect(openAt('fifo')).toEqual({ is: 'other', what: 'fifo' })
})

test('a socket is named', async () => {
  const server = await new Promise<Server>(resolve => {
    const made = createServer().listen(join(root, 'socket'), () => resolve(made))
  })
  expect(openAt('socket')).toEqual({ is: 'other', what: 'socket' })
  await new Promise(resolve => server.close(resolve))
})

test('devices and mounts are named', () => {
  const realDisk = new LinuxDisk()
  const device = new Tree({ disk: realDisk, root: realDisk.openFolder('/dev') })
  expect(device.openFile(parsePath('null'), newStat())).toEqual({ is: 'other', what: 'device' })
  device.close()
  const machine = new Tree({ disk: realDisk, root: realDisk.openFolder('/') })
  expect(machine.openFile(parsePath('proc/version'), newStat())).toEqual({ is: 'other', what: 'mount' })
  machine.close()
})

test('what the system does not let us read is unreadable, in one sentence without a folder of the server', () => {
  writeFileSync(join(root, 'a.txt'), '')
  for (const code of ['EACCES', 'EIO', 'EMFILE', 'EAGAIN', 'EXOTIC']) {
    disk.openFile = () => {
      throw new DiskError(code, 'open')
    }
    const found = openAt('a.txt')
    expect(found).toMatchObject({
      is: 'unreadable',
      reason: expect.stringMatching(new RegExp(`^[^/]+ \\(${code}\\)$`)),
    })
  }
})

test('a file that vanishes between its place and its opening is not taken for absent', () => {
  writeFileSync(join(root, 'a.txt'), '')
  disk.openFile = () => {
    throw new DiskError('ENOENT', 'open')
  }
  expect(openAt('a.txt')).toMatchObject({ is: 'unreadable' })
})

test('a path of 4,096 bytes is opened', () => {
  const part = 'x'.repeat(240)
  const path = Array.from({ length: 17 }, () => part)
    .join('/')
    .padEnd(4096, 'y')
  let folder = disk.openFolder(root)
  for (const name of path.split('/').slice(0, -1)) {
    disk.makeFolder(folder, name)
    const inner = disk.openBeneath(folder, name, 'folder')
    disk.close(folder)
    folder = inner
  }
  disk.close(disk.openOwn(folder, path.split('/').at(-1)!))
  disk.close(folder)
  expect(path.length).toBe(4096)
  expect(openAt(path)).toBe('file')
  expect(openAt(`${path.slice(0, -1)}z`)).toEqual({ is: 'absent' })
})

test('nothing is opened after the tree is closed', () => {
  tree.close()
  expect(() => openAt('a.txt')).toThrow('the server is stopping')
})

describe('as a user who owns nothing here', () => {
  const isRoot = process.getuid!() === 0

  function asSomebodyElse<T>(act: () => T): T {
    if (isRoot) process.seteuid!(65_534)
    try {
      return act()
    } finally {
      if (isRoot) process.seteuid!(0)
    }
  }

  test('a closed file and a file in a closed folder are unreadable, an open one beside them is not', () => {
    chmodSync(root, 0o755)
    mkdirSync(join(root, 'closed'))
    for (const name of ['open.txt', 'closed.txt', 'closed/file.txt']) writeFileSync(join(root, name), '')
    chmodSync(join(root, 'open.txt'), 0o644)
    chmodSync(join(root, 'closed.txt'), 0)
    chmodSync(join(root, 'closed'), 0)
    const reason = 'the server may not read it (EACCES)'
    expect(asSomebodyElse(() => openAt('open.txt'))).toBe('file')
    expect(asSomebodyElse(() => openAt('closed.txt'))).toEqual({ is: 'unreadable', reason })
    expect(asSomebodyElse(() => openAt('closed/file.txt'))).toEqual({ is: 'unreadable', reason })
    chmodSync(join(root, 'closed'), 0o755)
  })
})
