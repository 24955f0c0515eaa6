import { node } from '../../fixtures/client-server.ts'
import { type ClientWorld, clientWorld } from '../../fixtures/client-world.ts'
import { ConcurError } from '../../protocol/errors.ts'
import type { Condition } from '../../protocol/examine-messages.ts'
import { versionText } from '../help.ts'

const condition: Condition = {
  version: versionText(),
  nowMs: 0,
  fileSystem: 'ext4',
  disk: 'one',
  closed: 0,
  closedFirst: null,
  deepVerifiedMs: null,
}

let world: ClientWorld
beforeEach(async () => {
  world = await clientWorld()
})
afterEach(() => world.shell.remove())

function examinesTwo(): void {
  world.server.onExamine = stream => {
    const nodes = ['server1', 'server2'].map(name => ({
      node: node(name),
      condition: { ...condition, disk: name },
      reason: null,
    }))
    stream.send('EXAMINED', { nodes }, true)
  }
}

test('what is wrong has its fix below it, and the status is 2', async () => {
  examinesTwo()
  const { status, out } = await world.shell.run(['doctor'])
  expect(status).toBe(2)
  const at = out.lines.findIndex(line => /^BAD {2}all nodes +deep verification +never/.test(line))
  expect(out.lines[at + 1]).toBe('     fix: concur verify --deep reads every byte of every copy')
  expect(out.lines.some(line => /^ok {3}server2 +version /.test(line))).toBe(true)
})

test('an address is tried once, however it is known, and one that does not answer is wrong', async () => {
  examinesTwo()
  const { out } = await world.shell.run(['doctor'])
  const reachable = out.lines.filter(line => line.includes(' reachable '))
  expect(reachable.map(line => line.split(/ +/).slice(0, 2).join(' '))).toEqual([
    'ok 127.0.0.1:6001',
    'BAD 127.0.0.1:6002',
  ])
})

test('--json has a document a check, every key in each', async () => {
  examinesTwo()
  const { status, out } = await world.shell.run(['--json', 'doctor'])
  const documents = out.lines.map(line => JSON.parse(line) as Record<string, unknown>)
  for (const document of documents)
    expect(Object.keys(document)).toEqual(['subject', 'check', 'ok', 'says', 'fix'])
  expect(documents.every(({ ok, fix }) => ok === (fix === null))).toBe(true)
  expect(status).toBe(2)
})

test('a server that does not examine is an error, and nothing is told of the nodes', async () => {
  world.server.onExamine = stream => stream.fail(new ConcurError('IO_ERROR', 'the disk is gone'))
  const { status, out, err } = await world.shell.run(['doctor'])
  expect(status).toBe(2)
  expect(out.text).toBe('')
  expect(err.lines).toEqual(['ERROR IO_ERROR: the disk is gone'])
})
