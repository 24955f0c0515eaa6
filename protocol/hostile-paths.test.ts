/** What comes through the parser of paths names something below the root, whoever wrote it. */
import { badBytes, generatedPath, namedPaths, refusedPaths } from '../fixtures/hostile-paths.ts'
import { SeededChance } from '../fixtures/seeded-chance.ts'
import { ConcurError } from './errors.ts'
import { pathBytesMax, pathPartBytesMax } from './limits.ts'
import { parsePath } from './path.ts'

const generated = 1_000_000
const { stackTraceLimit } = Error
/** Under jest every look at a global is a call out of its world. */
const { byteLength } = Buffer

beforeAll(() => {
  Error.stackTraceLimit = 0
})
afterAll(() => {
  Error.stackTraceLimit = stackTraceLimit
})

/** @returns null for what is no path. */
function parsed(typed: string | Buffer): string | null {
  try {
    return parsePath(typed)
  } catch (error) {
    if (error instanceof ConcurError && error.code === 'BAD_PATH') return null
    throw error
  }
}

/** What is wrong with a path that came through, told without the parser's own means. */
function faultOf(path: string): string | null {
  if (byteLength(path) > pathBytesMax) return 'too long'
  for (const part of path.split('/')) {
    if (part === '' || part === '.' || part === '..') return `the part ${part}`
    if (byteLength(part) > pathPartBytesMax) return 'a long part'
  }
  for (const character of path) {
    const code = character.codePointAt(0)!
    if (code < 0x20 || code === 0x7f) return 'a control character'
    if (code >= 0xd800 && code <= 0xdfff) return 'half a character'
  }
  const [first] = path.split('/') as [string]
  return first.length === 7 && /^\.concur$/i.test(first) ? "the server's own" : null
}

test('there are some hundreds of them, written by hand', () => {
  expect(refusedPaths.length + namedPaths.length + badBytes.length).toBeGreaterThan(500)
})

test('what is no path is refused, as text and as bytes', () => {
  expect(refusedPaths.filter(text => parsed(text) !== null)).toEqual([])
  const wellFormed = refusedPaths.filter(text => text.isWellFormed())
  expect(wellFormed.filter(text => parsed(Buffer.from(text)) !== null)).toEqual([])
  expect(badBytes.filter(bytes => parsed(bytes) !== null)).toEqual([])
})

test('what only looks like a way out is a name, and stays byte for byte what it is', () => {
  expect(namedPaths.filter(text => parsed(text) !== text || parsed(Buffer.from(text)) !== text)).toEqual([])
  expect(namedPaths.map(faultOf).filter(fault => fault !== null)).toEqual([])
})

test(`of ${generated} made by chance nothing comes through that could leave the root`, () => {
  const chance = new SeededChance(20_261_127)
  const faults: string[] = []
  let paths = 0
  for (let made = 0; made < generated; made++) {
    const text = generatedPath(chance)
    const path = parsed(text)
    if (path === null) continue
    paths++
    const fault = path === text ? faultOf(path) : 'another path'
    if (fault !== null) faults.push(`${JSON.stringify(text)}: ${fault}`)
  }
  expect(faults.slice(0, 10)).toEqual([])
  expect(paths).toBeGreaterThan(generated / 20)
  expect(paths).toBeLessThan(generated / 2)
})
