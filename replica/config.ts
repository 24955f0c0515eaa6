/** What a replica is told: its options, and the configuration that follows from them. */
import type { NodeName } from '../protocol/ids.ts'
import { addressOption, durationOption, undecidedFlagOption } from '../protocol/option-kinds.ts'
import type { ValuesOf } from '../protocol/options.ts'
import type { Address } from '../protocol/world.ts'
import { serverConfig, serverOptions, speaksText } from './program/server-options.ts'

export interface ReplicaConfig {
  readonly root: string
  readonly name: NodeName
  readonly listen: Address
  /** Where to dial the coordinator; null: where its link comes from. */
  readonly coordinator: Address | null
  readonly heartbeatMs: number
  readonly readTimeoutMs: number
  readonly text: boolean
  readonly connectionsMax: number
}

export const replicaOptions = {
  ...serverOptions({ listen: '127.0.0.1:6002' }),
  coordinator: addressOption({
    describe: 'Where to dial the coordinator, where the address that it announces cannot be dialled',
    portMin: 1,
  }),
  heartbeat: durationOption({
    describe: 'How often to report to the coordinator',
    default: '1s',
    min: '50ms',
    max: '1m',
  }),
  'read-timeout': durationOption({
    describe:
      'How long the coordinator may be silent when it is dialled for a client, before this copy answers alone',
    default: '2s',
    min: '100ms',
    max: '1h',
  }),
  text: undecidedFlagOption({ describe: 'Answer plain-text reads of this copy' }),
}

export function replicaConfig(values: ValuesOf<typeof replicaOptions>): ReplicaConfig {
  return {
    ...serverConfig(values),
    coordinator: values.coordinator,
    heartbeatMs: values.heartbeat,
    readTimeoutMs: values['read-timeout'],
    text: speaksText(values, false),
  }
}
