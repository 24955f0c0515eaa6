/** The arrows between the rooms, as the README draws them, and the rules that go with them. */
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'

const rooms = [
  'protocol',
  'replica/store',
  'replica/program',
  'replica',
  'coordinator',
  'client',
  'fixtures',
  'scripts',
] as const
type Room = (typeof rooms)[number]

const mayImport: Record<Room, readonly Room[]> = {
  protocol: ['protocol'],
  'replica/store': ['protocol', 'replica/store'],
  'replica/program': ['protocol', 'replica/program'],
  replica: ['protocol', 'replica', 'replica/store', 'replica/program'],
  coordinator: ['protocol', 'replica/store', 'replica/program', 'coordinator'],
  client: ['protocol', 'client'],
  fixtures: rooms,
  scripts: rooms,
}

/** node modules that a room leaves to others. */
const forbiddenModules: Partial<Record<Room, RegExp>> = {
  protocol: /^(node:)?(fs|fs\/promises|timers|timers\/promises|process|perf_hooks|worker_threads)$/,
}

const topLevel = ['client', 'coordinator', 'fixtures', 'protocol', 'replica', 'scripts']

interface Source {
  readonly file: string
  readonly room: Room
  readonly text: string
  readonly imports: readonly string[]
}

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap(entry => {
    const path = join(folder, entry.name)
    return entry.isDirectory() ? filesBelow(path) : [path]
  })
}

function roomOf(file: string): Room {
  const inner = rooms.find(room => room.includes('/') && file.startsWith(`${room}/`))
  return inner ?? (file.split('/')[0] as Room)
}

/** Lines of code only: what a comment says imports nothing. */
function readSource(file: string): Source {
  const text = readFileSync(file, 'utf8')
  const code = text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/^\s*\/\/.*$/gm, '')
  const imports = [...code.matchAll(/(?<![.\w])(?:from|import)\s*\(?\s*'([^']+)'/g)].map(match => match[1]!)
  return { file, room: roomOf(file), text: code, imports }
}

const sources = topLevel
  .flatMap(filesBelow)
  .filter(file => file.endsWith('.ts'))
  .map(readSource)
const isTest = ({ file }: Source): boolean => /\.(test|suite|fixture)\.ts$/.test(file)
const production = sources.filter(
  source => !isTest(source) && source.room !== 'fixtures' && source.room !== 'scripts',
)

function importedFile({ file }: Source, specifier: string): string | null {
  if (!specifier.startsWith('.')) return null
  const target = normalize(join(dirname(file), specifier))
  return target === 'package.json' ? null : target
}

test('imports follow the arrows between the rooms', () => {
  const wrong = production.flatMap(source =>
    source.imports.flatMap(specifier => {
      const target = importedFile(source, specifier)
      if (target === null || mayImport[source.room].includes(roomOf(target))) return []
      return [`${source.file} imports ${target}`]
    }),
  )
  expect(production.length).toBeGreaterThan(50)
  expect(wrong).toEqual([])
})

test('a room leaves alone the modules that it must not know', () => {
  const wrong = production.flatMap(({ file, room, imports }) =>
    imports
      .filter(specifier => forbiddenModules[room]?.test(specifier))
      .map(specifier => `${file} imports ${specifier}`),
  )
  expect(wrong).toEqual([])
})

test('no imports go round in a circle', () => {
  const targets = new Map(
    production.map(source => [source.file, source.imports.flatMap(one => importedFile(source, one) ?? [])]),
  )
  const done = new Set<string>()
  const circles: string[] = []
  const visit = (file: string, way: readonly string[]): void => {
    if (way.includes(file)) circles.push([...way.slice(way.indexOf(file)), file].join(' -> '))
    if (done.has(file) || way.includes(file)) return
    for (const target of targets.get(file) ?? []) visit(target, [...way, file])
    done.add(file)
  }
  for (const file of targets.keys()) visit(file, [])
  expect(circles).toEqual([])
})

test('only a main reads the environment or the arguments', () => {
  const readers = production.filter(({ text }) => /process\.(env|argv)\b/.test(text)).map(({ file }) => file)
  expect(readers.filter(file => !file.endsWith('/main.ts'))).toEqual([])
})

test('the top level holds the six folders and nothing else', () => {
  const folders = readdirSync('.', { withFileTypes: true })
    .filter(
      entry =>
        entry.isDirectory() && !entry.name.startsWith('.') && !['node_modules', 'dist'].includes(entry.name),
    )
    .map(({ name }) => name)
  expect(folders.sort()).toEqual(topLevel)
})
