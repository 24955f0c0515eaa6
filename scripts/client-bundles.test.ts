/** What a command that reads a file loads, which is most of the time that it takes. */
import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { clientBundles, notForReads } from './client-bundles.ts'

interface Loaded {
  readonly files: ReadonlySet<string>
  /** Modules of Node and of packages that are there before the first line of `main` runs. */
  readonly modules: ReadonlySet<string>
  /** What is imported when it is needed. */
  readonly onDemand: ReadonlySet<string>
}

function loadedBy(main: string): Loaded {
  const files = new Set<string>()
  const modules = new Set<string>()
  const onDemand = new Set<string>()
  const load = (file: string): void => {
    if (files.has(file)) return
    files.add(file)
    const code = readFileSync(file, 'utf8').replace(/\/\*[\s\S]*?\*\//g, '')
    for (const [, specifier] of code.matchAll(
      /^(?:import|export)\s+(?!type\b)(?:[\w*\s{},]+\sfrom\s+)?'([^']+)'/gm,
    )) {
      if (specifier!.startsWith('.')) load(join(dirname(file), specifier!))
      else modules.add(specifier!)
    }
    for (const [, specifier] of code.matchAll(/(?<!typeof )\bimport\('([^']+)'\)/g)) onDemand.add(specifier!)
  }
  load(main)
  return { files, modules, onDemand }
}

const reads = loadedBy(clientBundles['client-reads'])

test('a command that reads loads no module of Node or of a package that it can do without', () => {
  const ofNode = ['buffer', 'fs', 'module', 'net', 'os', 'path', 'util'].map(name => `node:${name}`)
  expect([...reads.modules].sort()).toEqual([...ofNode, 'pretty-bytes', 'yargs-parser'])
})

test('what it never loads is left out, and what it may need is not', () => {
  expect([...reads.onDemand].sort()).toEqual(
    ['./key.ts', './tls-dialer.ts', './terminal/progress-bar.ts', ...notForReads].sort(),
  )
})

test('what only other commands need is not among its files', () => {
  const files = [...reads.files]
  expect(files).toContain('client/reading/read-try.ts')
  expect(files.filter(file => file.startsWith('client/sending/'))).toEqual([])
  expect(files).not.toContain('client/commands.ts')
})
