import fc from 'fast-check'
import { ConcurError } from './errors.ts'
import {
  childPath,
  compareUtf8,
  type FilePath,
  lastPart,
  parseFolderPath,
  parsePath,
  parseTypedPath,
  wholeTree,
} from './path.ts'

const bytes = (...values: number[]) => Buffer.from(values)
const badPath = (fault: string) => new ConcurError('BAD_PATH', `not a path: ${fault}`)

test.each([
  'a',
  'a/b/c',
  'file 1.txt',
  ' ',
  '...',
  '..a',
  '.a',
  'a/...',
  '-r',
  '~',
  '*?[a]{b}',
  'a|b',
  'a\\b',
  'a:b',
  '"\'$`;&',
  'é',
  'e\u0301',
  '\u0085\u00a0\u2028\ufeff',
  '😀/日本語',
  '.concurx',
  '.concu',
  'a/.concur',
  'concur',
  '.concur.',
])('%j is a path, and stays as it is', text => {
  expect(parsePath(text)).toBe(text)
  expect(parsePath(Buffer.from(text))).toBe(text)
  expect(parseTypedPath(text)).toEqual({ path: text, meansFolder: false })
})

test.each([
  ['', 'it is empty'],
  ['/', 'it begins with /'],
  ['/a', 'it begins with /'],
  ['//', 'it begins with /'],
  ['a//b', 'an empty part'],
  ['a//', 'an empty part'],
  ['.', '. as a part'],
  ['./a', '. as a part'],
  ['a/.', '. as a part'],
  ['a/./b', '. as a part'],
  ['..', '.. as a part'],
  ['../a', '.. as a part'],
  ['a/..', '.. as a part'],
  ['a/../../b', '.. as a part'],
  ['a\0b', 'it has a control character'],
  ['a\nb', 'it has a control character'],
  ['a\tb', 'it has a control character'],
  ['\x1f', 'it has a control character'],
  ['a\x7f', 'it has a control character'],
  ['.concur', ".concur is the server's own"],
  ['.concur/node.json', ".concur is the server's own"],
  ['.CONCUR', ".concur is the server's own"],
  ['.ConCur/journal/1', ".concur is the server's own"],
  ['\ud83d', 'it is not valid UTF-8'],
  ['a/\ude00b', 'it is not valid UTF-8'],
  ['\ude00\ud83d', 'it is not valid UTF-8'],
])('%j is no path: %s', (text, fault) => {
  expect(() => parsePath(text)).toThrow(badPath(fault))
  expect(() => parseTypedPath(text)).toThrow(badPath(fault))
})

test('every byte below 0x20, and 0x7f, makes no path wherever it stands; every other byte of ASCII but / does', () => {
  for (let code = 0; code < 0x80; code++) {
    const text = `a${String.fromCharCode(code)}b`
    const isRefused = code < 0x20 || code === 0x7f
    const parse = () => parsePath(text)
    if (isRefused) expect(parse).toThrow(badPath('it has a control character'))
    else expect(parse()).toBe(text)
  }
})

test.each([
  ['a byte that begins nothing', bytes(0x61, 0x80)],
  ['a sequence that is cut', bytes(0x61, 0xe2, 0x82)],
  ['an overlong slash', bytes(0x61, 0xc0, 0xaf, 0x62)],
  ['an overlong dot', bytes(0xc0, 0xae, 0xc0, 0xae)],
  ['a surrogate', bytes(0xed, 0xa0, 0x80)],
  ['what lies beyond U+10FFFF', bytes(0xf4, 0x90, 0x80, 0x80)],
  ['latin-1', bytes(0x47, 0x72, 0xfc, 0xdf, 0x65)],
])('%s is no UTF-8, so no path', (_, typed) => {
  expect(() => parsePath(typed)).toThrow(badPath('it is not valid UTF-8'))
})

test('a byte order mark is a character as any other', () => {
  expect(parsePath(bytes(0xef, 0xbb, 0xbf, 0x61))).toBe('\ufeffa')
})

test.each([
  ['one-byte', 'a'.repeat(255), 'a'.repeat(256)],
  ['two-byte', `${'é'.repeat(127)}a`, 'é'.repeat(128)],
  ['three-byte', '日'.repeat(85), `${'日'.repeat(85)}a`],
  ['four-byte', `${'😀'.repeat(63)}abc`, '😀'.repeat(64)],
])('a part of %s characters may have 255 bytes and not 256', (_, longest, tooLong) => {
  expect(Buffer.byteLength(longest)).toBe(255)
  expect(Buffer.byteLength(tooLong)).toBe(256)
  expect(parsePath(`a/${longest}/b`)).toBe(`a/${longest}/b`)
  expect(() => parsePath(`a/${tooLong}/b`)).toThrow(badPath('a part is longer than 255 bytes'))
})

test.each([
  ['one-byte', 'a'.repeat(255)],
  ['three-byte', '日'.repeat(85)],
])('a path of %s characters may have 4,096 bytes and not 4,097', (_, part) => {
  const longest = [...Array.from({ length: 15 }, () => part), 'b'.repeat(254), 'c'].join('/')
  expect(Buffer.byteLength(longest)).toBe(4096)
  expect(parsePath(longest)).toBe(longest)
  expect(() => parsePath(`${longest}d`)).toThrow(badPath('it is longer than 4096 bytes'))
  expect(parseTypedPath(`${longest}/`).path).toBe(longest)
})

test('one trailing slash says that a folder is meant, where a person typed it', () => {
  expect(parseTypedPath('a/b/')).toEqual({ path: 'a/b', meansFolder: true })
  expect(() => parsePath('a/b/')).toThrow(badPath('an empty part'))
})

test.each(['', '.', '/'])('%j is the whole tree, where a folder is asked for', typed => {
  expect(parseFolderPath(typed)).toBe(wholeTree)
})

test('any other folder is a path, and what is none is none', () => {
  expect(parseFolderPath('a/b/')).toBe('a/b')
  for (const typed of ['..', './', './a', '//', '.concur'])
    expect(() => parseFolderPath(typed)).toThrow(ConcurError)
})

test.each(['.', '..', '', 'a/b', '.concur', '.Concur', 'a\nb', '\udc00'])(
  '%j in the root names nothing',
  name => {
    expect(childPath(wholeTree, name)).toBeNull()
  },
)

test('a name in a folder is a path below it, as long as it is not too long', () => {
  const folder = Array.from({ length: 16 }, () => 'p'.repeat(254)).join('/') as FilePath
  expect(childPath('a' as FilePath, '.concur')).toBe('a/.concur')
  expect(childPath(folder, 'c'.repeat(4096 - 4080))).toHaveLength(4096)
  expect(childPath(folder, 'c'.repeat(4097 - 4080))).toBeNull()
})

test('the last part is what stands behind the last slash', () => {
  expect(lastPart(parsePath('a'))).toBe('a')
  expect(lastPart(parsePath('a/b/c.txt'))).toBe('c.txt')
})

test('a path that is parsed holds nothing that leaves the root, whatever was typed', () => {
  const piece = fc.oneof(
    fc.constantFrom('/', '.', '..', '.concur', '\0', '\\', '%2e'),
    fc.string({ unit: 'binary', maxLength: 3 }),
  )
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 8 }), pieces => {
      const typed = pieces.join('')
      let path: string
      try {
        path = parseTypedPath(typed).path
      } catch (error) {
        expect((error as ConcurError).code).toBe('BAD_PATH')
        return
      }
      const parts = path.split('/')
      expect(parts.filter(part => part === '' || part === '.' || part === '..')).toEqual([])
      expect(parts[0]!.toLowerCase()).not.toBe('.concur')
      expect(parsePath(Buffer.from(path))).toBe(path)
    }),
    { numRuns: 2_000 },
  )
})

test('texts are ordered as their UTF-8 bytes are', () => {
  const text = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 5 }),
    fc.string({
      unit: fc.constantFrom('a', '\uffff', '\ue000', '\ud7ff', '😀', '\u{10ffff}', '/'),
      maxLength: 4,
    }),
  )
  fc.assert(
    fc.property(text, text, (a, b) => {
      const expected = Buffer.compare(Buffer.from(a), Buffer.from(b))
      expect(Math.sign(compareUtf8(a, b))).toBe(expected)
    }),
    { numRuns: 5_000 },
  )
})
