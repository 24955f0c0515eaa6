import { execFileSync } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readKeyFile } from './key-file.ts'

const secret = 's'.repeat(32)

let folder: string
let file: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'concur-keys-'))
  file = join(folder, 'token')
  writeFileSync(file, `node ${secret}\n`, { mode: 0o600 })
})

afterEach(() => rmSync(folder, { recursive: true }))

test('the secrets of a file that only its owner reads', () => {
  expect(readKeyFile(file)).toEqual(new Map([['node', secret]]))
})

test('a file that others read, that is none, or whose lines are none is refused, and its secret is not shown', () => {
  const refusals: string[] = []
  const refuse = (name: string): void => {
    try {
      readKeyFile(name)
    } catch (error) {
      refusals.push((error as Error).message.replaceAll(folder, ''))
    }
  }
  chmodSync(file, 0o644)
  refuse(file)
  mkdirSync(join(folder, 'folder'))
  refuse(join(folder, 'folder'))
  execFileSync('mkfifo', ['-m', '600', join(folder, 'fifo')])
  refuse(join(folder, 'fifo'))
  refuse(join(folder, 'nowhere'))
  writeFileSync(join(folder, 'bad'), `nodes ${secret}`, { mode: 0o600 })
  refuse(join(folder, 'bad'))
  expect(refusals).toEqual([
    '--token-file "/token" can be read by others (mode 0644): chmod 600 it',
    '--token-file "/folder" is not a file',
    '--token-file "/fifo" is not a file',
    '--token-file "/nowhere" cannot be read: no such file or directory',
    '--token-file "/bad", line 1 must be ROLE SECRET, with client, node, admin as ROLE',
  ])
})
