import { type Cluster, type ClusterOptions, startCluster } from '../fixtures/cluster.ts'
import { FakeTime, turns } from '../fixtures/fake-time.ts'
import { until } from '../fixtures/until.ts'

const KiB = 1024
const MiB = 1024 * KiB

let cluster: Cluster
let time: FakeTime

afterEach(() => cluster.close())

async function start(options: ClusterOptions): Promise<void> {
  time = new FakeTime()
  cluster = await startCluster({ time, ...options })
}

describe('a plain-text read', () => {
  test.each([
    ['a line feed', 'a.txt\n'],
    ['a carriage return and a line feed', 'a.txt\r\n'],
  ])('is answered after %s', async (_, typed) => {
    await start({ trees: { server1: { 'a.txt': 'x\n' }, server2: { 'a.txt': 'x\n' } } })
    expect(await cluster.text('server1', typed)).toBe('SINGLE_FILE|x\n')
  })

  test('is answered after 100 ms of silence', async () => {
    await start({ trees: { server1: { 'a.txt': 'x' }, server2: { 'a.txt': 'x' } } })
    const line = await cluster.line('server1')
    line.say('a.txt')
    await time.pass(100)
    expect((await line.ended()).text).toBe('SINGLE_FILE|x')
  })

  test('is answered at the end of the stream', async () => {
    await start({ trees: { server1: { 'a.txt': 'x' }, server2: { 'a.txt': 'x' } } })
    const line = await cluster.line('server1')
    line.say('a.txt')
    line.end()
    expect((await line.ended()).text).toBe('SINGLE_FILE|x')
  })

  test('shows each version behind its first holder, and further ones in the same pattern', async () => {
    const trees = {
      server1: { 'a.txt': 'one\n' },
      server2: { 'a.txt': 'two\n' },
      server3: { 'a.txt': 'one\n' },
    }
    await start({ replicas: 2, trees })
    expect(await cluster.text('server1', 'a.txt\n')).toBe('DIFFERENT_FILES|SERVER1|one\n|SERVER2|two\n')
    cluster.write('server3', 'a.txt', 'three\n')
    expect(await cluster.text('server1', 'a.txt\n')).toBe(
      'DIFFERENT_FILES|SERVER1|one\n|SERVER2|two\n|SERVER3|three\n',
    )
  })

  test('of a file that some nodes lack is that file', async () => {
    await start({ trees: { server1: { first: 'x' }, server2: { second: 'y' } } })
    expect(await cluster.text('server1', 'first\n')).toBe('SINGLE_FILE|x')
    expect(await cluster.text('server1', 'second\n')).toBe('SINGLE_FILE|y')
  })

  test('of a file that no node has says so, in the same words for any number of nodes', async () => {
    await start({ replicas: 2 })
    expect(await cluster.text('server1', 'file4.txt\n')).toBe('ERROR|File not found on both servers')
  })

  test('with a node that cannot be asked is an error that names it, whatever the others hold', async () => {
    await start({ replicas: 2, trees: { server1: { 'a.txt': 'x' } } })
    cluster.cut('server2')
    await cluster.untilState(['server2'], 'down')
    expect(await cluster.text('server1', 'a.txt\n')).toBe('ERROR|server2 could not be asked')
    expect(await cluster.text('server1', 'nowhere\n')).toBe('ERROR|server2 could not be asked')
    cluster.silence('server3')
    const answer = cluster.text('server1', 'a.txt\n')
    await time.pass(2_500)
    expect(await answer).toBe('ERROR|server2, server3 could not be asked')
    cluster.wake('server3')
  })

  test.each([
    ['bars', 'a|b|SERVER2|c'],
    ['the words of the answer', 'ERROR|File not found on both servers'],
    ['an answer of ours', 'DIFFERENT_FILES|SERVER1|x|SERVER2|y'],
    ['line endings', '\r\n\n\r'],
    ['nothing', ''],
    ['zeros', '\0\0\0'],
  ])('gives contents byte for byte: %s', async (_, content) => {
    await start({
      trees: { server1: { same: content, differs: content }, server2: { same: content, differs: 'y' } },
    })
    expect(await cluster.text('server1', 'same\n')).toBe(`SINGLE_FILE|${content}`)
    expect(await cluster.text('server1', 'differs\n')).toBe(`DIFFERENT_FILES|SERVER1|${content}|SERVER2|y`)
  })

  test('takes a path of many letters, split anywhere', async () => {
    const path = 'Ordner mit Leerzeichen/größe $(x) \u{1f600}.txt'
    await start({ trees: { server1: { [path]: 'x' }, server2: { [path]: 'x' } } })
    const line = await cluster.line('server1')
    for (const byte of Buffer.from(`${path}\n`)) {
      line.say(Buffer.from([byte]))
      await turns(2)
    }
    expect((await line.ended()).text).toBe('SINGLE_FILE|x')
  })

  test.each<[string, string | Buffer, string]>([
    ['that is empty', '\n', 'it is empty'],
    ['out of the root', '../secret\n', '.. as a part'],
    ['from the top of the machine', '/etc/passwd\n', 'it begins with /'],
    ['into the server’s own folder', '.CONCUR/node.json\n', '.concur is the server'],
    ['with a control character', 'a\tb\n', 'it has a control character'],
    ['that is not UTF-8', Buffer.from([0x66, 0xff, 0x0a]), 'it is not valid UTF-8'],
    ['of 4,097 bytes', `${'a/'.repeat(2_048)}a\n`, 'it is longer than 4096 bytes'],
    ['that never ends', 'a'.repeat(100_000), 'it is longer than 4096 bytes'],
    ['with a part of 256 bytes', `${'a'.repeat(256)}\n`, 'a part is longer than 255 bytes'],
  ])('refuses a path %s', async (_, typed, sentence) => {
    await start({})
    expect(await cluster.text('server1', typed)).toMatch(
      new RegExp(`^ERROR\\|not a path: .*${sentence.replace('.', '\\.')}`),
    )
  })

  test('of what is no file says what it is, and of a file and a folder that they differ', async () => {
    await start({ trees: { server1: { both: null, mixed: 'x' }, server2: { both: null, mixed: null } } })
    expect(await cluster.text('server1', 'both\n')).toBe('ERROR|a folder on server1, a folder on server2')
    expect(await cluster.text('server1', 'mixed\n')).toBe(
      'ERROR|the copies differ, and not all of them are files',
    )
  })

  test('is one line in the log', async () => {
    await start({ trees: { server1: { 'a.txt': 'x' }, server2: { 'a.txt': 'y' } } })
    await cluster.text('server1', 'a.txt\r\n')
    await cluster.text('server1', '../x\n')
    await until(() => cluster.coordinator.log.all('request').length === 2, 'the lines')
    const shared = { client: null, op: 'text', ms: expect.any(Number) }
    expect(cluster.coordinator.log.all('request')).toEqual([
      { ...shared, path: 'a.txt', verdict: 'DIFFERENT_FILES' },
      { ...shared, path: '../x', code: 'BAD_PATH' },
    ])
  })

  test('is not answered where plain text is turned off', async () => {
    await start({ trees: { server1: { 'a.txt': 'x' } }, coordinator: { text: false } })
    expect(await cluster.text('server1', 'a.txt\n')).toBe('ERROR|this server answers no plain text')
  })
})

describe('a large plain-text answer', () => {
  const large = Buffer.alloc(3 * MiB + 3, 'large')
  const openFiles = (): number =>
    [cluster.coordinator, ...cluster.replicas].reduce((sum, { disk }) => sum + disk.open.size, 0)

  test.each(['server1', 'server2'])('from %s comes whole', async holder => {
    await start({ trees: { [holder]: { big: large } } })
    expect(await cluster.text('server1', 'big\n')).toBe(`SINGLE_FILE|${large}`)
  })

  test('of two versions comes whole, one behind the other', async () => {
    const other = Buffer.alloc(large.length, 'other')
    await start({ trees: { server1: { big: large }, server2: { big: other } } })
    expect(await cluster.text('server1', 'big\n')).toBe(`DIFFERENT_FILES|SERVER1|${large}|SERVER2|${other}`)
  })

  test('to a slow reader waits for it and holds little, and the replica is not taken for silent', async () => {
    await start({ trees: { server2: { big: large } } })
    const line = await cluster.line('server1')
    line.say('big\n')
    await until(() => line.received.length > 0, 'the first bytes')
    line.pause()
    const { disk } = cluster.node('server2')
    const readSoon = disk.readSoon.bind(disk)
    let bytesRead = 0
    disk.readSoon = (...read) => {
      bytesRead += read[1].length
      return readSoon(...read)
    }
    await turns(200)
    await time.pass(20_000)
    expect(bytesRead).toBeLessThanOrEqual(2 * MiB)
    line.resume()
    expect((await line.ended()).text).toBe(`SINGLE_FILE|${large}`)
  })

  test.each(['server1', 'server2'])('to a reader that is gone lets go of the file on %s', async holder => {
    await start({ trees: { [holder]: { big: large } } })
    await cluster.atRest()
    const before = openFiles()
    const { streamCount } = cluster.node('server2')
    const line = await cluster.line('server1')
    line.say('big\n')
    await until(() => line.received.length > 0, 'the first bytes')
    expect(openFiles()).toBeGreaterThan(before)
    line.destroy()
    await until(() => openFiles() === before, 'the file to be closed')
    await until(() => cluster.coordinator.log.all('request').length === 1, 'the line in the log')
    expect(cluster.coordinator.log.all('request')).toMatchObject([{ path: 'big', code: 'UNREACHABLE' }])
    expect(cluster.node('server2').streamCount).toBe(streamCount)
  })

  test('whose replica is lost in the middle is broken off, so that nobody takes it for whole', async () => {
    await start({ trees: { server2: { big: large } } })
    const line = await cluster.line('server1')
    line.say('big\n')
    await until(() => line.received.length > 0, 'the first bytes')
    line.pause()
    cluster.cut('server2')
    await turns(20)
    line.resume()
    await until(() => line.closed !== null, 'the break')
    expect(line.closed?.error).not.toBe(null)
    expect(line.received.length).toBeLessThan(large.length)
  })
})

describe('a copy that changes under the read', () => {
  /** Writes something else each time that a node opens its copy to send it. */
  function changeUnder(name: string, contents: string[]): void {
    const { store } = cluster.node(name)
    const openBody = store.openBody.bind(store)
    store.openBody = (...asked) => {
      const content = contents.shift()
      if (content !== undefined) cluster.write(name, 'a.txt', content)
      return openBody(...asked)
    }
  }

  beforeEach(() => start({ trees: { server1: { 'a.txt': 'one' }, server2: { 'a.txt': 'two' } } }))

  test('is compared and read anew', async () => {
    changeUnder('server2', ['changed', 'changed again'])
    expect(await cluster.text('server1', 'a.txt\n')).toBe('DIFFERENT_FILES|SERVER1|one|SERVER2|changed again')
  })

  test('three times, and then is an error and nothing else', async () => {
    changeUnder('server2', ['a', 'bb', 'ccc', 'dddd'])
    expect(await cluster.text('server1', 'a.txt\n')).toBe('ERROR|server2: a.txt is not that content any more')
  })

  test('and is deleted is missing when it is compared anew', async () => {
    const { store } = cluster.node('server2')
    const openBody = store.openBody.bind(store)
    store.openBody = (...asked) => {
      cluster.remove('server2', 'a.txt')
      return openBody(...asked)
    }
    expect(await cluster.text('server1', 'a.txt\n')).toBe('SINGLE_FILE|one')
  })
})
