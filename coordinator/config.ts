/** What a coordinator is told: its options, and the configuration that follows from them. */
import type { AckLevel } from '../protocol/change-messages.ts'
import { parseDuration } from '../protocol/durations.ts'
import { ConcurError } from '../protocol/errors.ts'
import type { NodeName } from '../protocol/ids.ts'
import { nodesMax } from '../protocol/limits.ts'
import {
  choiceOption,
  durationOption,
  integerOption,
  type NodeAddress,
  nodeAddressesOption,
  nodeNameOption,
  nodeNamesOption,
  parsedOption,
  undecidedFlagOption,
} from '../protocol/option-kinds.ts'
import type { ValuesOf } from '../protocol/options.ts'
import type { Address } from '../protocol/world.ts'
import { serverConfig, serverOptions, speaksText } from '../replica/program/server-options.ts'

export interface CoordinatorConfig {
  readonly root: string
  readonly name: NodeName
  readonly listen: Address
  readonly replicas: readonly NodeAddress[]
  readonly readTimeoutMs: number
  readonly heartbeatTimeoutMs: number
  readonly ack: AckLevel
  /** Records of the journal that stay, however far every node is. */
  readonly journalKeep: number
  /** Milliseconds for which every node keeps what was replaced or deleted; null: for ever. */
  readonly historyMs: number | null
  /** Whose journal is taken over at this start. */
  readonly acceptJournal: NodeName | null
  /** A store that was fenced is looked at again. */
  readonly recheck: boolean
  /** Names that a node with another id may take. */
  readonly replace: readonly NodeName[]
  readonly text: boolean
  readonly connectionsMax: number
}

const historyMax = '36500d'

export const coordinatorOptions = {
  ...serverOptions({ listen: '127.0.0.1:6001' }),
  replica: nodeAddressesOption({
    describe: 'A replica: its own name, and where it is dialled. Give it once for each',
  }),
  'read-timeout': durationOption({
    describe: 'How long a replica may be silent before a read goes on without it',
    default: '2s',
    min: '100ms',
    max: '1h',
  }),
  'heartbeat-timeout': durationOption({
    describe: 'How old a heartbeat may be before its replica is suspect',
    default: '3s',
    min: '100ms',
    max: '1h',
  }),
  ack: choiceOption(['available', 'quorum', 'all'], {
    describe: 'How many nodes must have a change before it is acknowledged',
    default: 'available',
    placeholder: 'LEVEL',
  }),
  'journal-keep': integerOption({
    describe: 'Records that every node keeps at least; who was away for longer compares what there is',
    default: '1000000',
    min: 1,
    max: 1_000_000_000,
  }),
  history: parsedOption(
    {
      describe: 'How long every node keeps what was replaced or deleted, in time that it is running',
      default: '30d',
      placeholder: 'TIME|forever',
      allowed: `forever, or a whole number with ms, s, m, h or d, from 1s to ${historyMax}`,
    },
    parseHistory,
  ),
  'accept-journal': nodeNameOption({
    describe: 'Go on from the journal of this replica: the own one was lost, or put back from a copy',
  }),
  replace: nodeNamesOption({
    describe: 'A known name that a new node may take, its old one being gone. Give it once for each',
  }),
  text: undecidedFlagOption({ describe: 'Answer plain-text reads too; so it does where no keys are in use' }),
}

/** @returns milliseconds; null for what is neither. */
function parseHistory(text: string): number | 'forever' | null {
  if (text === 'forever') return text
  const ms = parseDuration(text)
  return ms !== null && ms >= parseDuration('1s')! && ms <= parseDuration(historyMax)! ? ms : null
}

/** @throws ConcurError USAGE for values that cannot work together. */
export function coordinatorConfig(values: ValuesOf<typeof coordinatorOptions>): CoordinatorConfig {
  const shared = serverConfig(values)
  const names = [shared.name, ...values.replica.map(({ name }) => name)]
  const twice = names.find((name, place) => names.indexOf(name) !== place)
  if (twice !== undefined)
    throw new ConcurError(
      'USAGE',
      `--replica ${twice}=…: the name ${twice} is taken; each node needs its own`,
    )
  assertReplicas('--replace', values.replace, values.replica)
  const accepted = values['accept-journal']
  if (accepted !== null) assertReplicas('--accept-journal', [accepted], values.replica)
  if (names.length > nodesMax)
    throw new ConcurError(
      'USAGE',
      `--replica: ${values.replica.length} were given; at most ${nodesMax - 1} are allowed`,
    )
  return {
    ...shared,
    replicas: values.replica,
    readTimeoutMs: values['read-timeout'],
    heartbeatTimeoutMs: values['heartbeat-timeout'],
    ack: values.ack,
    journalKeep: values['journal-keep'],
    historyMs: values.history === 'forever' ? null : values.history,
    acceptJournal: values['accept-journal'],
    recheck: values.recheck,
    replace: values.replace,
    text: speaksText(values, true),
  }
}

/** @throws ConcurError USAGE for a name that is no replica's. */
function assertReplicas(option: string, names: readonly NodeName[], replicas: readonly NodeAddress[]): void {
  const unknown = names.find(name => !replicas.some(replica => replica.name === name))
  if (unknown === undefined) return
  const allowed =
    replicas.length === 0
      ? 'no replica is configured'
      : `one of ${replicas.map(({ name }) => name).join(', ')}`
  throw new ConcurError('USAGE', `${option} ${unknown}: must be the name of a --replica (${allowed})`)
}
