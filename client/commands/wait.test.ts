import { node } from '../../fixtures/client-server.ts'
import { type ClientWorld, clientWorld } from '../../fixtures/client-world.ts'
import { ConcurError } from '../../protocol/errors.ts'

const behind = [
  { node: node('server2'), reason: 'is 3 operations behind', behindOps: 3 },
  { node: node('server3'), reason: 'down 3 min', behindOps: null },
]

let world: ClientWorld
beforeEach(async () => {
  world = await clientWorld()
})
afterEach(() => world.shell.remove())

test('everything is there: one line and status 0', async () => {
  const { status, out } = await world.shell.run(['wait'])
  expect([status, out.text]).toEqual([0, 'every node has what was changed up to seq 811\n'])
  expect(world.server.asked).toEqual([{ opcode: 'WAIT', body: { path: '', timeoutMs: 30_000 } }])
  expect(JSON.parse((await world.shell.run(['wait', '--json'])).out.text)).toEqual({
    ok: true,
    seq: 811,
    behind: [],
  })
})

test.each([
  [['wait', 'x/', '--timeout', '2m'], { path: 'x', timeoutMs: 120_000 }],
  [['wait', '/', '--timeout', '0s'], { path: '', timeoutMs: 0 }],
])('%j asks for %j', async (argv, body) => {
  await world.shell.run(argv)
  expect(world.server.asked).toEqual([{ opcode: 'WAIT', body }])
})

test('not reached names who is behind, and is status 2', async () => {
  world.server.onWait = stream => stream.send('WAITED', { seq: 900, behind }, true)
  const message = 'after 30 s still behind seq 900: server2 (is 3 operations behind), server3 (down 3 min)'
  const { status, out, err } = await world.shell.run(['wait', 'x'])
  expect([status, out.text, err.text]).toEqual([2, '', `ERROR TIMEOUT x: ${message}\n`])
  const json = await world.shell.run(['wait', 'x', '--json'])
  expect(JSON.parse(json.out.text)).toEqual({
    ok: false,
    seq: 900,
    behind: ['server2', 'server3'],
    error: { code: 'TIMEOUT', message },
  })
  expect(json.status).toBe(2)
})

test('a time of less than a second is told as it was asked for', async () => {
  world.server.onWait = stream => stream.send('WAITED', { seq: 900, behind }, true)
  const { err } = await world.shell.run(['wait', '--timeout', '1500ms'])
  expect(err.text).toMatch(/^ERROR TIMEOUT: after 1.5 s still behind seq 900: /)
})

test('a server that works on it is waited for, one that says nothing is not', async () => {
  world.server.onWait = stream => {
    for (let at = 500; at < 25_000; at += 500)
      world.time.after(at, () => stream.send('PROGRESS', { node: null, bytesDone: 0, bytesTotal: 0 }))
    world.time.after(25_000, () => stream.send('WAITED', { seq: 811, behind: [] }, true))
  }
  const running = world.shell.run(['wait'])
  await world.time.pass(26_000)
  expect((await running).status).toBe(0)
  world.server.onWait = () => {}
  const silent = world.shell.run(['wait'])
  await world.time.pass(15_000)
  expect((await silent).err.text).toBe('ERROR TIMEOUT: the server said nothing for 10 s\n')
})

test('what cannot be asked is an error', async () => {
  world.server.onWait = stream =>
    stream.fail(new ConcurError('UNREACHABLE', 'the coordinator cannot be reached'))
  const { status, out } = await world.shell.run(['wait', '--json'])
  expect(JSON.parse(out.text)).toEqual({
    ok: false,
    error: { code: 'UNREACHABLE', message: 'the coordinator cannot be reached' },
  })
  expect(status).toBe(2)
  expect((await world.shell.run(['wait', '../x'])).err.text).toMatch(/^ERROR BAD_PATH /)
  expect((await world.shell.run(['wait', '--timeout', 'soon'])).err.text).toBe(
    'ERROR USAGE: --timeout must be a whole number with ms, s, m, h or d, from 0ms to 30d, not "soon"\n',
  )
})
