import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { goldenFrames, goldenMeanings, parseHex } from '../fixtures/golden-frames.ts'
import { digestOf } from './digest.ts'
import { errorCodes, errorNumber, isRetryable } from './errors.ts'
import * as limits from './limits.ts'
import { type BodyOf, opcodes } from './opcodes.ts'
import { type ChangeType, readEntry } from './record.ts'
import { uploads } from './upload.ts'

const root = new URL('../', import.meta.url)
const document = readFileSync(new URL('README.md', import.meta.url), 'utf8')

/** The text below a heading, up to the next one. */
function section(heading: string): string {
  const found = document.split(/^## /m).find(part => part.startsWith(`${heading}\n`))
  if (found === undefined) throw new Error(`README.md has no section ${heading}`)
  return found
}

/** The rows of the tables in a section, cells trimmed, heads left out. */
function rows(heading: string): string[][] {
  const lines = section(heading)
    .split('\n')
    .filter(line => line.startsWith('| '))
  return lines
    .map(line =>
      line
        .slice(2, -1)
        .split('|')
        .map(cell => cell.trim()),
    )
    .slice(1)
}

const hex = (number: number) => `0x${number.toString(16).padStart(2, '0')}`

test('README.md has every opcode with its number, kind, lane, longest body, and who may ask', () => {
  const written = rows('Opcodes').map(([number, name, kind, lane, max, from]) => {
    const roles = kind === 'request' ? from!.replace('dialer: ', '').split(', ') : null
    return [name, { number, kind, lane, max, roles }]
  })
  const known = Object.entries(opcodes).map(([name, { number, kind, lane, bodyBytesMax, ...rest }]) => {
    const roles = 'from' in rest ? [...rest.from] : null
    return [name, { number: hex(number), kind, lane, max: `${bodyBytesMax}`, roles }]
  })
  expect(Object.fromEntries(written)).toEqual(Object.fromEntries(known))
})

test('README.md has every error code with its number, when it comes, and whether asking again can help', () => {
  const written = rows('Errors').map(([number, code, when, again]) => [
    code,
    number,
    again === 'yes',
    when !== '',
  ])
  expect(written).toEqual(errorCodes.map(code => [code, `${errorNumber(code)}`, isRetryable(code), true]))
})

test('README.md has every limit with its value', () => {
  const written = rows('Limits').map(([name, value]) => [name, Number(value)])
  expect(Object.fromEntries(written)).toEqual({ ...limits })
})

test('README.md has the digests that its words lead to', () => {
  const { digest, blockDigests } = digestOf(Buffer.from('Hello!! Identical content test\n'))
  const pattern = Buffer.from(Array.from({ length: limits.blockBytes + 1 }, (_, i) => i % 251))
  const contents = [Buffer.alloc(0), Buffer.alloc(1), null, pattern.subarray(0, -1), pattern]
  const digests = contents.map(bytes => (bytes === null ? digest : digestOf(bytes).digest))
  expect(rows('Digests').map(([, text]) => text)).toEqual(digests.map(text => `\`${text}\``))
  expect(section('Digests')).toContain(blockDigests.toString('hex'))
})

test('the read that is shown frame by frame is made of golden frames', () => {
  const blocks = section('A read, frame by frame').match(/(^ {4}[0-9a-f ]+\n)+/gm)!
  const names = [
    'HELLO-client',
    'HELLO-coordinator',
    'READ',
    'VERDICT-single-file',
    'BODY',
    'DIGESTS',
    'CHUNK',
  ]
  const golden = new Map(goldenFrames().map(({ name, bytes }) => [name, bytes.toString('hex')]))
  expect(blocks.map(block => parseHex(block).toString('hex'))).toEqual(names.map(name => golden.get(name)))
})

test('README.md has for every request what may follow it, and where FIN is', () => {
  const written = rows('Requests').filter(
    ([name, opcodes]) => name! in uploads && /^[A-Z, ]+$/.test(opcodes!),
  )
  const known = Object.entries(uploads).map(([name, { opcodes, last }]) => [
    name,
    opcodes.join(', '),
    last ?? 'none',
  ])
  expect(written).toEqual(known)
})

test('README.md has every request with what follows it and every answer that there is', () => {
  const grammar = section('Requests').match(/(^ {4}[A-Z ].*\n)+/m)![0]
  const named = new Set(grammar.match(/[A-Z_]{3,}/g))
  const spoken = Object.entries(opcodes).flatMap(([name, { kind }]) =>
    kind === 'connection' || kind === 'stream' || name === 'PROGRESS' ? [] : [name],
  )
  expect([...named].filter(name => name !== 'FIN').sort()).toEqual(spoken.sort())
})

test('README.md has every kind of change that a record may be, and the hash of a golden one', () => {
  const kinds: Record<ChangeType, true> = {
    begin: true,
    join: true,
    leave: true,
    abandoned: true,
    put: true,
    append: true,
    rename: true,
    delete: true,
    mkdir: true,
    lock: true,
    unlock: true,
  }
  const written = Object.keys(kinds).toSpliced(Object.keys(kinds).indexOf('lock'), 0, 'restore', 'resolve')
  expect(rows('Records').map(([kind]) => kind)).toEqual(written)
  const { entries } = goldenMeanings().RECORDS!.body as BodyOf<'RECORDS'>
  const [first, second] = entries.map(({ record, body }) => readEntry(record, body))
  expect(section('Records')).toContain(first!.hash)
  expect(second!.record.previous).toBe(first!.hash)
})

test('every body in the table of opcodes has its grammar among the messages', () => {
  const bodies = new Set(rows('Opcodes').map(cells => cells[6]!))
  const grammars = [...section('Messages').matchAll(/^\*\*(\w+)\*\*/gm)].map(([, name]) => name!)
  const withoutGrammar = ['nothing', 'bytes as they are']
  expect([...bodies].filter(body => !withoutGrammar.includes(body)).sort()).toEqual(grammars.sort())
})

const inHeader = ['length', 'stream', 'opcode', 'flags']

/** Names of the fields of a golden frame, as its comments have them, each once. */
function commentedFields(name: string): string[] {
  const text = readFileSync(new URL(`fixtures/frames/${name}.hex`, root), 'utf8')
  const fields = [...text.matchAll(/ # (\w+):/g)].map(([, field]) => field!)
  return [...new Set(fields)].filter(field => !inHeader.includes(field) && field !== 'member')
}

/** Names of the fields in the grammar of an opcode's body, each once. */
function documentedFields(opcode: string): string[] {
  const body = rows('Opcodes').find(cells => cells[1] === opcode)![6]!
  const grammar = section('Messages')
    .split(/^\*\*/m)
    .find(part => part.startsWith(`${body}**`))!
  return [...new Set([...grammar.matchAll(/^ {4,8}(\w+)( |$)/gm)].map(([, field]) => field!))]
}

test.each([
  'HELLO-coordinator',
  'CHALLENGE',
  'PROOF',
  'HEARTBEAT',
  'ERROR',
  'CREDIT',
  'PROGRESS-node',
  'READ-from',
  'LIST',
  'LOOK',
  'FETCH',
  'WALK',
  'SUM',
  'SUMMED',
  'VERIFY',
  'BODY',
  'VERDICT-different-files',
  'COPY-file',
  'SEAL',
  'DONE',
  'LOG',
  'LOGGED',
  'WAIT',
  'WAITED',
  'STAGE',
  'STAGED',
  'SURVEYED',
  'JOURNAL_AT',
  'JOURNAL_IS',
  'FOLLOW',
  'COMMITTED',
  'SETTLED-outcomes',
  'NEED',
  'LOST',
  'SUPPLY',
  'WANTED',
  'REPLAY',
  'RESTATE',
  'NEED_STATED',
  'LOCK-renewed',
  'UNLOCK',
  'CHECK',
  'CONDITION_IS',
  'LOCK_IS',
  'HISTORY',
  'PRUNE-done',
  'HAD',
  'FORGET',
])('the fields of %s stand in README.md in the order of the frame', name => {
  const documented = documentedFields(name.split('-')[0]!)
  const isThere = (field: string) => field !== 'digest' && field !== 'error'
  expect(commentedFields(name).filter(isThere)).toEqual(documented.filter(isThere))
})

function sourcesBelow(folder: URL): { file: string; text: string }[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap(entry => {
    if (entry.name.startsWith('.') || ['node_modules', 'dist'].includes(entry.name)) return []
    const place = new URL(entry.isDirectory() ? `${entry.name}/` : entry.name, folder)
    if (entry.isDirectory()) return sourcesBelow(place)
    if (!entry.name.endsWith('.ts')) return []
    return [{ file: place.pathname.slice(root.pathname.length), text: readFileSync(place, 'utf8') }]
  })
}

test('every clause of README.md that the code cites is a section of it', () => {
  const cited = sourcesBelow(root).flatMap(({ file, text }) => {
    const page = file.startsWith('protocol/') ? '(?:protocol/)?README\\.md' : 'protocol/README\\.md'
    return [...text.matchAll(new RegExp(`Clause: ${page} "([^"]+)"`, 'g'))].map(([, name]) => ({
      file,
      name: name!,
    }))
  })
  expect(cited.length).toBeGreaterThan(15)
  const headings = new Set([...document.matchAll(/^## (.+)$/gm)].map(([, heading]) => heading))
  expect(cited.filter(({ name }) => !headings.has(name))).toEqual([])
})

test('every line of SECURITY.md leads to a test that is there', () => {
  const page = readFileSync(new URL('SECURITY.md', import.meta.url), 'utf8')
  const links = [...page.matchAll(/\]\(([^)]+)\)/g)].map(([, link]) => link!)
  expect(links.length).toBeGreaterThan(15)
  expect(links.filter(link => !existsSync(new URL(link, import.meta.url)))).toEqual([])
})
