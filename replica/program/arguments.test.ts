import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ConcurError } from '../../protocol/errors.ts'
import { durationOption, flagOption, nodeAddressesOption } from '../../protocol/option-kinds.ts'
import { readServerOptions, splitArguments } from './arguments.ts'
import { serverOptions } from './server-options.ts'

const options = {
  ...serverOptions({ listen: '127.0.0.1:6001', hostName: 'server1' }),
  replica: nodeAddressesOption({ describe: 'A replica' }),
  'read-timeout': durationOption({ describe: 'Silence', default: '2s', min: '100ms', max: '1h' }),
  text: flagOption({ describe: 'Plain text', default: true }),
}

const usage = {
  program: 'concur-server',
  summary: 'Serves.',
  version: '1.2.3',
  columns: 100,
  options,
  synopsis: '--root DIR',
  epilogue: 'That is all.',
}

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'concur-arguments-'))
})
afterEach(() => {
  rmSync(folder, { recursive: true })
})

function ask(argv: string[], environment: NodeJS.ProcessEnv = {}) {
  const asked = splitArguments(usage, argv)
  if (asked.is === 'text') throw new Error('only a text was asked for')
  return readServerOptions(options, { argv: asked.argv, environment })
}

function configFile(text: string): string {
  const file = join(folder, 'server.json')
  writeFileSync(file, text)
  return file
}

test('values come from the command line, the environment, the config file and the defaults', () => {
  const file = configFile(
    '{"//": "one machine", "replica": {"server2": "10.0.0.2:6002"}, "read-timeout": "9s", "text": false}',
  )
  const values = ask(['--root', folder, '--read-timeout=3s', '--config', file], {
    CONCUR_TEXT: '1',
    CONCUR_OTHER: 'x',
  })
  expect(values).toMatchObject({
    root: folder,
    name: 'server1',
    'read-timeout': 3_000,
    text: true,
    replica: [{ name: 'server2', address: { host: '10.0.0.2', port: 6002 } }],
    'connections-max': 12_000,
  })
})

test('the config file may be named by the environment, and name the root', () => {
  const file = configFile(JSON.stringify({ root: folder }))
  expect(ask([], { CONCUR_CONFIG: file }).root).toBe(folder)
})

test('an option is repeated for every entry of a list', () => {
  const { replica } = ask(['--replica', 'a=h:1', '--root', folder, '--replica=b=h:2'])
  expect(replica.map(({ name }) => name)).toEqual(['a', 'b'])
})

test.each<[string, string[], string]>([
  ['an unknown option', ['--lisen', 'x'], '--lisen is not an option; --help lists them'],
  ['a camel-case one', ['--readTimeout', '2s'], '--readTimeout is not an option; --help lists them'],
  ['an unknown letter', ['-x'], '-x is not an option; --help lists them'],
  ['a word', ['somewhere'], 'concur-server takes options only, not "somewhere"'],
  ['a word behind --', ['--', '--root'], 'concur-server takes options only, not "--root"'],
  [
    'a second word for a list',
    ['--replica', 'a=h:1', 'b=h:2'],
    'concur-server takes options only, not "b=h:2"',
  ],
  ['an option without its value', ['--root'], '--root must be an existing folder, and no value follows it'],
  [
    'a flag with a value',
    ['--text=maybe'],
    '--text must be given without a value (--no-text switches it off), not "maybe"',
  ],
  ['a no- for a value', ['--no-root'], '--root must be an existing folder, and --no-root is not an option'],
  ['no root', [], '--root is missing; it must be an existing folder'],
  [
    'a root that is not there',
    ['--root', '/nowhere/at/all'],
    '--root must be an existing folder, not "/nowhere/at/all"',
  ],
  ['a root that is a device', ['--root', '/dev/null'], '--root must be an existing folder, not "/dev/null"'],
  ['a root of one dash', ['--root', '-'], '--root must be an existing folder, not "-"'],
  [
    'a config file that is not there',
    ['--root', '/', '--config', '/nowhere.json'],
    '--config must be a JSON file that can be read, not "/nowhere.json" (ENOENT)',
  ],
  [
    'a config file that is a folder',
    ['--config', '/'],
    '--config must be a JSON file that can be read, not "/" (EISDIR)',
  ],
])('%s is refused in one sentence', (_, argv, sentence) => {
  expect(() => ask(argv)).toThrow(new ConcurError('USAGE', sentence))
})

test('an unknown key of the config file is refused with the name of the file', () => {
  const file = configFile('{"ack": "all"}')
  expect(() => ask(['--root', folder, '--config', file])).toThrow(
    `"ack" in ${file} is not an option; --help lists them`,
  )
})

test('--version is the version, and --help has every option with its default, whatever stands beside them', () => {
  expect(splitArguments(usage, ['--version', '--root'])).toEqual({ is: 'text', text: '1.2.3' })
  const asked = splitArguments(usage, ['--nothing', '--help'])
  const text = asked.is === 'text' ? asked.text : ''
  for (const name of Object.keys(options)) expect(text).toContain(`--${name}`)
  expect(text).toContain('concur-server --root DIR [options]')
  expect(text).toMatch(/--read-timeout +TIME {2}Silence.*\[default: 2s]/)
  expect(text).toMatch(/--root +DIR {2}The folder to serve \(required\)/)
})
