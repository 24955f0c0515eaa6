import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { hmacKey } from '../protocol/hmac-key.ts'
import { keyOf } from './key.ts'

const secretOf = (role: string) => `${role}-secret-`.padEnd(40, 'x')
const random = { bytes: (count: number) => Buffer.alloc(count, 7) }

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'concur-key-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

function fileWith(...roles: string[]): string {
  const file = join(folder, 'token')
  writeFileSync(file, roles.map(role => `${role} ${secretOf(role)}\n`).join(''), { mode: 0o600 })
  return file
}

test.each([
  [['client'], 'client'],
  [['client', 'admin'], 'admin'],
  [['node', 'client', 'admin'], 'admin'],
])('of the secrets %j a client proves itself with the %s’s', (roles, role) => {
  const key = keyOf(fileWith(...roles), random)
  expect([key.role, key.onBehalfOf, key.newNonce().length]).toEqual([role, null, 32])
  const statement = Buffer.from('said')
  expect(hmacKey(secretOf(role)).isMac(statement, key.key.mac(statement))).toBe(true)
})

test('a node’s secret alone is no client’s', () => {
  expect(() => keyOf(fileWith('node'), random)).toThrow('has neither a client nor an admin secret')
})
