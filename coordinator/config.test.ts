import { readOptions } from '../protocol/options.ts'
import { coordinatorConfig, coordinatorOptions } from './config.ts'

function config(argv: Record<string, unknown> = {}) {
  const given = { root: '/srv', name: 'server1', ...argv }
  return coordinatorConfig(readOptions(coordinatorOptions, { argv: given, environment: {}, config: null }))
}

const replicas = ['server2=10.0.0.2:6002', 'server3=10.0.0.3:6002']

test('a coordinator that is told nothing more is alone, patient for two seconds, and content with who is there', () => {
  expect(config()).toEqual({
    ...{ root: '/srv', name: 'server1', listen: { host: '127.0.0.1', port: 6001 }, replicas: [] },
    ...{ readTimeoutMs: 2_000, heartbeatTimeoutMs: 3_000, ack: 'available', connectionsMax: 12_000 },
    ...{
      historyMs: 30 * 86_400_000,
      journalKeep: 1_000_000,
      acceptJournal: null,
      replace: [],
      recheck: false,
      text: true,
    },
  })
})

test.each([
  ['forever', null],
  ['1s', 1_000],
  ['90d', 90 * 86_400_000],
])('--history %s', (typed, historyMs) => {
  expect(config({ history: typed }).historyMs).toBe(historyMs)
})

test.each(['never', '', '0s', '999ms', '30', '36501d'])('--history %s is refused', typed => {
  expect(() => config({ history: typed })).toThrow(
    '--history must be forever, or a whole number with ms, s, m, h or d, from 1s to 36500d',
  )
})

test('replicas come in the order in which they were given', () => {
  expect(config({ replica: replicas }).replicas).toEqual([
    { name: 'server2', address: { host: '10.0.0.2', port: 6002 } },
    { name: 'server3', address: { host: '10.0.0.3', port: 6002 } },
  ])
})

test.each([
  [['server1=10.0.0.2:6002'], 'server1'],
  [['server2=10.0.0.2:6002', 'server2=10.0.0.3:6002'], 'server2'],
])('two nodes of one name are refused: %j', (replica, name) => {
  expect(() => config({ replica })).toThrow(
    `--replica ${name}=…: the name ${name} is taken; each node needs its own`,
  )
})

test('at most 31 replicas are allowed', () => {
  const many = (count: number) => Array.from({ length: count }, (_, at) => `r${at}=10.0.0.${at}:6002`)
  expect(config({ replica: many(31) }).replicas).toHaveLength(31)
  expect(() => config({ replica: many(32) })).toThrow('--replica: 32 were given; at most 31 are allowed')
})

describe.each([
  ['--replace', 'replace', 'replace'],
  ['--accept-journal', 'accept-journal', 'acceptJournal'],
] as const)('%s', (option, name, key) => {
  test('names a replica', () => {
    const found = config({ replica: replicas, [name]: 'server3' })[key]
    expect([found].flat()).toEqual(['server3'])
  })

  test.each([
    ['server4', replicas, 'one of server2, server3'],
    ['server1', replicas, 'one of server2, server3'],
    ['server2', [], 'no replica is configured'],
  ])('%s, with replicas %j, is refused', (given, replica, allowed) => {
    const asked = replica.length === 0 ? {} : { replica }
    expect(() => config({ ...asked, [name]: given })).toThrow(
      `${option} ${given}: must be the name of a --replica (${allowed})`,
    )
  })
})

test('several names may be replaced', () => {
  expect(config({ replica: replicas, replace: ['server2', 'server3'] }).replace).toEqual([
    'server2',
    'server3',
  ])
  expect(() => config({ replica: replicas, replace: ['server2', 'other'] })).toThrow('--replace other')
})

test.each([
  ['read-timeout', '99ms'],
  ['heartbeat-timeout', '2h'],
  ['ack', 'most'],
])('--%s %s is refused', (name, value) => {
  expect(() => config({ [name]: value })).toThrow(`--${name} must be`)
})
