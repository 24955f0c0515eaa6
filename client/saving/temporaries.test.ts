import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  unlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Temporaries } from './temporaries.ts'

let folder: string
let temporaries: Temporaries
/** What chance gives, the first one first; then the last one for ever. */
let chances: number[]

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'concur-temporaries-'))
  chances = [0]
  const fraction = () => (chances.length > 1 ? chances.shift()! : chances[0]!)
  temporaries = new Temporaries({ fraction })
})

afterEach(() => {
  temporaries.removeAll()
  rmSync(folder, { recursive: true, force: true })
})

const at = (name: string) => join(folder, name)
const names = () => readdirSync(folder).sort()

test('a file that is not whole lies beside its target, under a name that tells whose it is', () => {
  temporaries.create(at('report.pdf'), 0o600)
  expect(names()).toEqual(['.report.pdf.concur-00000000'])
  expect(statSync(at(names()[0]!)).mode & 0o777).toBe(0o600)
})

test('it takes the place of its target when it is whole, and is not removed then', () => {
  writeFileSync(at('a'), 'old')
  const temporary = temporaries.create(at('a'), 0o666)
  writeSync(temporary.fd, 'new')
  temporaries.rename(temporary, at('a'))
  temporaries.removeAll()
  temporaries.remove(temporary)
  expect(names()).toEqual(['a'])
  expect(readFileSync(at('a'), 'utf8')).toBe('new')
})

test('all that are not whole go, and only those', () => {
  const [first, second] = [temporaries.create(at('a'), 0o666), temporaries.create(at('b'), 0o666)]
  temporaries.rename(second, at('b'))
  temporaries.create(at('c'), 0o666)
  temporaries.removeAll()
  expect(names()).toEqual(['b'])
  temporaries.remove(first)
})

test('one that somebody else has removed is gone as it should be', () => {
  const temporary = temporaries.create(at('a'), 0o666)
  unlinkSync(temporary.path)
  temporaries.remove(temporary)
  expect(names()).toEqual([])
})

test('one that cannot take its target’s place is still known, and goes', () => {
  const temporary = temporaries.create(at('a'), 0o666)
  expect(() => temporaries.rename(temporary, at('nothing/a'))).toThrow(
    expect.objectContaining({ code: 'ENOENT' }),
  )
  temporaries.remove(temporary)
  expect(names()).toEqual([])
})

test('a name that exists is never opened: another is tried', () => {
  writeFileSync(at('.a.concur-00000000'), 'somebody’s')
  chances = [0, 0, 0.5]
  const { path } = temporaries.create(at('a'), 0o666)
  expect(path).toBe(at('.a.concur-80000000'))
  expect(readFileSync(at('.a.concur-00000000'), 'utf8')).toBe('somebody’s')
})

test('that every name exists is more than chance', () => {
  writeFileSync(at('.a.concur-00000000'), 'somebody’s')
  expect(() => temporaries.create(at('a'), 0o666)).toThrow(expect.objectContaining({ code: 'EEXIST' }))
  expect(readFileSync(at('.a.concur-00000000'), 'utf8')).toBe('somebody’s')
})

test('a folder that is not there is an error at once', () => {
  chances = [0, 0.25, 0.5]
  expect(() => temporaries.create(at('nothing/a'), 0o666)).toThrow(
    expect.objectContaining({ code: 'ENOENT' }),
  )
  expect(chances).toEqual([0.25, 0.5])
})

test.each(['x'.repeat(255), 'ü'.repeat(127), `${'x'.repeat(199)}${'ü'.repeat(20)}`])(
  'a name of the longest kind has room for a temporary one, cut between characters',
  name => {
    const { path } = temporaries.create(at(name), 0o666)
    expect(existsSync(path)).toBe(true)
    expect(path).not.toContain('\ufffd')
    expect(Buffer.byteLength(path.slice(folder.length + 1))).toBeLessThanOrEqual(255)
  },
)
