/**
 * A hostile server says what it likes in every text that a person will see: whatever the command, what is printed moves no
 * cursor, ends no line of ours, turns no direction of writing, and is JSON where JSON was asked for.
 */
import {
  absent,
  errorVerdict,
  leaseOf,
  lists,
  node,
  rowOf,
  silent,
  statusOfTwo,
  verdictOf,
  verifies,
} from '../fixtures/client-server.ts'
import { type ClientWorld, clientWorld } from '../fixtures/client-world.ts'
import { digestOf } from '../protocol/digest.ts'
import { ConcurError } from '../protocol/errors.ts'
import type { ClientId } from '../protocol/ids.ts'
import type { EscapedPath } from '../protocol/listed-path.ts'
import type { LoggedOperation, Row } from '../protocol/messages.ts'

let world: ClientWorld
beforeEach(async () => {
  world = await clientWorld()
})
afterEach(() => world.shell.remove())

/** What a terminal would obey. */
const nasty: Record<string, string> = {
  'a screen cleared': '\u001b[2J\u001b[H',
  'a title set': '\u001b]0;owned\u0007',
  'a colour': '\u009b31mred',
  'a line of its own': 'x\r\nSINGLE_FILE a.txt  31 B  server1 = server2',
  'a bell and steps back': '\u0007\b\b\b',
  'a line separator': 'x\u2028y\u2029z',
  'letters turned around': '\u202egnp.exe\u202c',
  'letters set apart': '\u2066x\u2069\u2067y\u2069',
  'marks of direction': '\u200ex\u200fy\u061cz',
  'a deleted letter': 'x\u007fy',
}

/** Everything that may move what stands beside it. */
const moves = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/

const content = Buffer.from('one\n')
const { digest } = digestOf(content)
const on = ['server1']

/** A place where a server may say something: what is set, and the commands that show it. */
type Place = (text: string) => readonly (readonly string[])[]

const operation = (said: Partial<Record<keyof LoggedOperation, unknown>>): LoggedOperation =>
  ({
    ...{ epoch: 1, seq: 7, timeMs: 1, client: 'ann@here', type: 'put', path: 'a.txt' },
    ...{ from: null, size: 4, digest },
    ...said,
  }) as LoggedOperation

const rowNamed = (path: string, mark: Row['mark']) => rowOf(path, mark, { server1: content, server2: null })

const places: Record<string, Place> = {
  'the sentence of an ERROR verdict': text => {
    world.server.onRead = stream => stream.send('VERDICT', errorVerdict('NOT_FOUND', text), true)
    return [
      ['get', 'a.txt'],
      ['cat', 'a.txt'],
      ['stat', 'a.txt'],
      ['diff', 'a.txt'],
    ]
  },
  'the sentence of a refused request': text => {
    const error = new ConcurError('IO_ERROR', text)
    for (const name of [
      'onRead',
      'onList',
      'onStatus',
      'onChange',
      'onLog',
      'onVerify',
      'onHistory',
      'onCheck',
    ] as const)
      world.server[name] = (stream: { fail(error: ConcurError): void }) => stream.fail(error)
    return [
      ...[
        ['get', 'a.txt'],
        ['get', '-r', 'a'],
        ['ls'],
        ['status'],
        ['rm', 'a.txt'],
        ['log'],
        ['verify'],
        ['history', 'a.txt'],
      ],
      ['check', 'a.txt'],
    ]
  },
  'a reason of a node in a verdict': text => {
    const details = [{ ...silent('server2', text) }]
    const verdict = verdictOf([{ bytes: content, on }], { unreachable: [node('server2')], details })
    world.server.onRead = stream => stream.send('VERDICT', verdict, true)
    return [
      ['stat', 'a.txt'],
      ['stat', '--strict', 'a.txt'],
    ]
  },
  'a reason why a copy is missing': text => {
    const details = [{ ...absent('server2'), reason: text }]
    const verdict = verdictOf([{ bytes: content, on }], { missing: [node('server2')], details })
    world.server.onRead = stream => stream.send('VERDICT', verdict, true)
    return [['stat', 'a.txt']]
  },
  'a note of a version': text => {
    const { versions, ...verdict } = verdictOf([
      { bytes: content, on },
      { bytes: Buffer.from('two\n'), on: ['server2'] },
    ])
    const noted = versions.map(version => ({ ...version, cause: 'edited-on-disk' as const, note: text }))
    world.server.onRead = stream => stream.send('VERDICT', { ...verdict, versions: noted }, true)
    return [
      ['stat', 'a.txt'],
      ['cat', 'a.txt'],
    ]
  },
  'an escaped name in a listing': text => {
    const row = { ...rowNamed('a', '!'), escaped: true as const, path: `a/${text}` as EscapedPath }
    world.server.onList = lists([row])
    world.server.onVerify = verifies([row])
    return [['ls', '-l'], ['ls', '-R'], ['verify'], ['get', '-r', 'a']]
  },
  'a reason of a node in a listing': text => {
    world.server.onList = lists([], [silent('server2', text)])
    world.server.onVerify = verifies([], { unreachable: [silent('server2', text)] })
    return [['ls'], ['verify'], ['get', '-r', '--strict', 'a']]
  },
  'the reasons and addresses of a status': text => {
    const said = { reason: text, held: text, unwatched: text, address: text }
    world.server.onStatus = stream =>
      stream.send(
        'STATUS_IS',
        {
          ...statusOfTwo,
          coordinator: { ...statusOfTwo.coordinator, ...said, state: 'refusing-changes' },
          replicas: [{ ...statusOfTwo.replicas[0]!, ...said, fenced: text, state: 'down' }],
        },
        true,
      )
    return [['status']]
  },
  'where a lock was asked for': text => {
    const lease = leaseOf('a.txt', { from: text, holder: 'bob' as ClientId })
    world.server.onCheck = stream => stream.send('LOCK_IS', { state: 'held', lease }, true)
    world.server.onStatus = stream => stream.send('STATUS_IS', { ...statusOfTwo, locks: [lease] }, true)
    return [['check', 'a.txt'], ['status']]
  },
  'why a change was kept back, and what went wrong behind it': text => {
    world.server.onChange = (stream, request) =>
      world.server.finish(stream, request, null, {
        kept: [{ node: node('server2'), path: 'a.txt' as never, reason: text }],
        behind: [{ node: node('server2'), reason: text, behindOps: 3 }],
        error: { code: 'TIMEOUT', message: text },
      })
    return [
      ['rm', 'a.txt'],
      ['mv', 'a.txt', 'b.txt'],
    ]
  },
  'why a node is behind': text => {
    world.server.onWait = stream =>
      stream.send('WAITED', { seq: 7, behind: [{ node: node('server2'), reason: text, behindOps: 3 }] }, true)
    return [['wait']]
  },
  'a farewell': text => {
    world.server.onRead = world.server.onStatus = () => {
      throw new ConcurError('INTERNAL', text)
    }
    return [['stat', 'a.txt'], ['status']]
  },
}

const cases = Object.keys(places).flatMap(place => Object.keys(nasty).map(text => [place, text] as const))

test('there are a hundred cases at least', () => {
  expect(cases.length).toBeGreaterThanOrEqual(100)
})

test.each(cases)('%s may hold %s, and nothing obeys it', async (place, text) => {
  for (const argv of places[place]!(nasty[text]!)) {
    const { out, err } = await world.passUntil(world.shell.run(argv))
    expect([argv, (out.text + err.text).match(moves)?.index ?? null]).toEqual([argv, null])
    const lines = [...out.lines, ...err.lines]
    expect(lines.filter(line => line === 'SINGLE_FILE a.txt  31 B  server1 = server2')).toEqual([])
    const json = await world.passUntil(world.shell.run([...argv, '--json']))
    for (const line of json.out.lines) expect(() => JSON.parse(line)).not.toThrow()
    expect(json.out.text.match(moves)).toBeNull()
  }
})

test('names that no path, client or node can have are not even heard', async () => {
  for (const path of ['a\u001b[2J', 'a/../b', '/etc/passwd', '.concur/x', 'a//b', 'a\nb']) {
    world.server.onLog = stream => void stream.sendFlow('LOGGED', { operations: [operation({ path })] }, true)
    world.server.onList = lists([rowNamed(path, '=')])
    for (const argv of [['log'], ['ls'], ['get', '-r', 'a']]) {
      const { status, out, err } = await world.passUntil(world.shell.run(argv))
      expect([path, argv, status]).toEqual([path, argv, 2])
      expect((out.text + err.text).match(moves)).toBeNull()
      expect(out.text).toBe('')
    }
  }
  for (const client of ['a\u001b[2J', 'a\nb']) {
    world.server.onLog = stream =>
      void stream.sendFlow('LOGGED', { operations: [operation({ client })] }, true)
    expect((await world.passUntil(world.shell.run(['log']))).status).toBe(2)
  }
})
