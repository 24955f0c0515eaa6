import { X509Certificate } from 'node:crypto'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { NodeName } from '../../protocol/ids.ts'
import { parseKeyRing } from '../../protocol/key-ring.ts'
import type { NodeHost } from '../../protocol/option-kinds.ts'
import { tlsContext } from '../../protocol/tls-context.ts'
import { init } from './init.ts'
import { toldOf } from './words.ts'

const dayMs = 86_400_000
const nowMs = Date.UTC(2026, 10, 27)

let parent: string
let dir: string

beforeEach(() => {
  parent = mkdtempSync(join(tmpdir(), 'concur-init-'))
  dir = join(parent, 'keys')
})

afterEach(() => rmSync(parent, { recursive: true }))

const node = (text: string): NodeHost => {
  const [name, host] = text.split('=')
  return { name: name as NodeName, host: host! }
}
const nodes = ['server1=192.0.2.1', 'server2=192.0.2.2', 'server2=two.lan'].map(node)
const read = (name: string) => readFileSync(join(dir, name), 'utf8')
const modeOf = (name: string) => (statSync(join(dir, name)).mode & 0o777).toString(8)
const certificateOf = (name: string) => new X509Certificate(read(`${name}/tls-cert.pem`))

test('every machine gets what it needs, and nothing that it does not', async () => {
  await init({ dir, nodes, nowMs })
  const files = ['server1', 'server2', 'client', 'admin'].map(name => readdirSync(join(dir, name)).sort())
  const ofServer = ['tls-ca.pem', 'tls-cert.pem', 'tls-key.pem', 'token']
  const ofPerson = ['tls-ca.pem', 'token']
  expect(files).toEqual([ofServer, ofServer, ofPerson, ofPerson])
  const rolesIn = (name: string) => [...parseKeyRing(read(`${name}/token`), 'F').keys()]
  expect(['server1', 'client', 'admin'].map(rolesIn)).toEqual([
    ['client', 'node', 'admin'],
    ['client'],
    ['client', 'admin'],
  ])
  expect(read('server1/token')).toBe(read('server2/token'))
})

test('what is secret is its owner’s alone', async () => {
  await init({ dir, nodes, nowMs })
  expect(modeOf('')).toBe('700')
  expect(['ca-key.pem', 'token', 'server1/token', 'server1/tls-key.pem', 'client/token'].map(modeOf)).toEqual(
    Array(5).fill('600'),
  )
})

test('a node’s certificate names it and all its hosts, for two years, and is of the authority', async () => {
  const made = await init({ dir, nodes, nowMs })
  const certificate = certificateOf('server2')
  expect(certificate.subjectAltName).toBe('DNS:server2, IP Address:192.0.2.2, DNS:two.lan')
  expect(Date.parse(certificate.validTo)).toBe(nowMs + 730 * dayMs)
  expect(made.untilMs).toBe(nowMs + 730 * dayMs)
  const authority = new X509Certificate(read('ca.pem'))
  expect(certificate.checkIssued(authority) && certificate.verify(authority.publicKey)).toBe(true)
  expect(Date.parse(authority.validTo)).toBe(nowMs + 3_650 * dayMs)
  const own = { cert: read('server2/tls-cert.pem'), key: read('server2/tls-key.pem') }
  expect(() => tlsContext({ ca: read('server2/tls-ca.pem'), own })).not.toThrow()
})

test('run again it makes the certificates of all nodes anew, and keeps authority and secrets', async () => {
  await init({ dir, nodes, nowMs })
  const kept = ['ca.pem', 'ca-key.pem', 'token', 'client/token'].map(read)
  const before = certificateOf('server1').serialNumber
  const made = await init({ dir, nodes: [], nowMs: nowMs + 100 * dayMs })
  expect(made.isRenewal).toBe(true)
  expect(['ca.pem', 'ca-key.pem', 'token', 'client/token'].map(read)).toEqual(kept)
  expect(certificateOf('server1').serialNumber).not.toBe(before)
  expect(Date.parse(certificateOf('server2').validTo)).toBe(nowMs + 830 * dayMs)
  expect(certificateOf('server2').subjectAltName).toContain('two.lan')
})

test('a node that is given anew has the hosts that are given now, and one more can come', async () => {
  await init({ dir, nodes, nowMs })
  await init({ dir, nodes: ['server2=192.0.2.9', 'server3=192.0.2.3'].map(node), nowMs })
  expect(certificateOf('server2').subjectAltName).toBe('DNS:server2, IP Address:192.0.2.9')
  expect(certificateOf('server3').subjectAltName).toBe('DNS:server3, IP Address:192.0.2.3')
  expect(certificateOf('server1').subjectAltName).toBe('DNS:server1, IP Address:192.0.2.1')
})

test('what was broken off goes on', async () => {
  await init({ dir, nodes, nowMs })
  for (const name of ['token', 'nodes.json', 'ca.pem']) rmSync(join(dir, name))
  const made = await init({ dir, nodes, nowMs })
  expect(made.isRenewal).toBe(false)
  const authority = new X509Certificate(read('ca.pem'))
  expect(certificateOf('server1').verify(authority.publicKey)).toBe(true)
})

test('a folder with other things in it, no node, and names that are taken are refused, and nothing is made', async () => {
  await expect(init({ dir, nodes: [], nowMs })).rejects.toThrow('--node NAME=HOST is missing')
  await expect(init({ dir, nodes: [node('client=192.0.2.1')], nowMs })).rejects.toThrow(
    'no node can be called client',
  )
  expect(readdirSync(parent)).toEqual([])
  writeFileSync(join(parent, 'mine'), '')
  await expect(init({ dir: parent, nodes, nowMs })).rejects.toThrow('--dir must be a new folder')
  expect(readdirSync(parent)).toEqual(['mine'])
})

test('it says which file goes where, and how everything is started', async () => {
  const told = toldOf(await init({ dir, nodes, nowMs })).join('\n')
  expect(told).toContain(`${dir}/server2/*  to server2`)
  expect(told).toContain(
    'concur-coordinator --root DIR --name server1 --listen 192.0.2.1:6001 --replica server2=192.0.2.2:6002',
  )
  expect(told).toContain('concur-replica --root DIR --name server2 --listen 192.0.2.2:6002')
  expect(told).toContain('until 2028-11-26')
})
