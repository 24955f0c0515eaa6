/**
 * The kinds of options: how the text of each is read, what it may be, and the type that follows. Every source (command
 * line, environment, config file) is brought to texts first, so that a value means the same wherever it stands.
 */
import { addressText, parseAddress, parseHost } from './addresses.ts'
import { durationText, parseDuration } from './durations.ts'
import { type NodeName, parseNodeName } from './ids.ts'
import type { Address } from './world.ts'

/** What a config file holds for an option; `never` for one that cannot stand there. */
export type ConfigShape = 'boolean' | 'text' | 'number' | 'list' | 'object' | 'never'

export interface Option<T> {
  /** One line for --help. */
  readonly describe: string
  /** `one`: the last one given counts. `many`: all that are given count, each a list by comma. */
  readonly takes: 'flag' | 'one' | 'many'
  /** What stands for the value in --help. */
  readonly placeholder: string
  /** Ends the sentence "--option must be …". */
  readonly allowed: string
  readonly required: boolean
  /** What holds where nothing is given, as it would be typed. */
  readonly default: string | null
  readonly inConfig: ConfigShape
  /** `texts` is null where nothing is given and there is no default. `refuse` is told the text that cannot be. */
  read(texts: readonly string[] | null, refuse: (text: string) => never): T
}

interface Spec {
  readonly describe: string
  readonly placeholder?: string
  readonly default?: string
  readonly required?: boolean
}

/** Null stands for "not given" only where there is neither a default nor a duty to give one. */
type Settled<S extends Spec, T> = S extends { readonly required: true } | { readonly default: string }
  ? T
  : T | null

interface Kind<T> {
  readonly placeholder: string
  readonly allowed: string
  readonly inConfig?: ConfigShape
  readonly parse: (text: string) => T | null
}

function one<const S extends Spec, T>(spec: S, kind: Kind<T>): Option<Settled<S, T>> {
  return {
    describe: spec.describe,
    takes: 'one',
    placeholder: spec.placeholder ?? kind.placeholder,
    allowed: kind.allowed,
    required: spec.required ?? false,
    default: spec.default ?? null,
    inConfig: kind.inConfig ?? 'text',
    read(texts, refuse) {
      if (texts === null) return null as Settled<S, T>
      const text = texts.at(-1) ?? ''
      return (kind.parse(text) ?? refuse(text)) as Settled<S, T>
    },
  }
}

function many<T>(spec: Spec, kind: Kind<T>): Option<readonly T[]> {
  return {
    describe: spec.describe,
    takes: 'many',
    placeholder: spec.placeholder ?? kind.placeholder,
    allowed: kind.allowed,
    required: spec.required ?? false,
    default: spec.default ?? null,
    inConfig: kind.inConfig ?? 'list',
    read: (texts, refuse) => (texts ?? []).map(text => kind.parse(text) ?? refuse(text)),
  }
}

/** On or off; `--no-…` switches it off. */
export function flagOption(spec: { readonly describe: string; readonly default?: boolean }): Option<boolean> {
  return {
    describe: spec.describe,
    takes: 'flag',
    placeholder: '',
    allowed: '1 or 0',
    required: false,
    default: spec.default ? '1' : '0',
    inConfig: 'boolean',
    read(texts, refuse) {
      const text = texts?.at(-1) ?? '0'
      return text === '1' || text === '0' ? text === '1' : refuse(text)
    },
  }
}

/** A flag that is neither on nor off where it is not given: what holds then, other options say. */
export function undecidedFlagOption(spec: { readonly describe: string }): Option<boolean | null> {
  const flag = flagOption(spec)
  return {
    ...flag,
    default: null,
    read: (texts, refuse) => (texts === null ? null : flag.read(texts, refuse)),
  }
}

/** The name of a file. That it can be read is for those to check who have a disk. */
export function fileOption<const S extends Spec>(spec: S): Option<Settled<S, string>> {
  return one(spec, { placeholder: 'FILE', allowed: 'a file that can be read', parse: nonEmptyText })
}

/** Text that a parser of its own accepts; `allowed` says what that is. */
export function parsedOption<const S extends Spec & { readonly allowed: string }, T>(
  spec: S,
  parse: (text: string) => T | null,
) {
  return one(spec, { placeholder: 'TEXT', allowed: spec.allowed, parse })
}

export function textOption<const S extends Spec>(spec: S): Option<Settled<S, string>> {
  return one(spec, { placeholder: 'TEXT', allowed: 'a text that is not empty', parse: nonEmptyText })
}

/** A folder's name as typed. That it exists is for those to check who have a disk. */
export function folderOption<const S extends Spec>(spec: S): Option<Settled<S, string>> {
  return one(spec, { placeholder: 'DIR', allowed: 'an existing folder', parse: nonEmptyText })
}

/** The config file's own name: it cannot stand in one. */
export function configFileOption<const S extends Spec>(spec: S): Option<Settled<S, string>> {
  return one(spec, {
    placeholder: 'FILE',
    allowed: 'a JSON file that can be read',
    inConfig: 'never',
    parse: nonEmptyText,
  })
}

export function nodeNameOption<const S extends Spec>(spec: S): Option<Settled<S, NodeName>> {
  return one(spec, { placeholder: 'NAME', allowed: nodeNameAllowed, parse: parseNodeName })
}

/** Names of nodes, in the order given. */
export function nodeNamesOption(spec: Spec): Option<readonly NodeName[]> {
  return many(spec, { placeholder: 'NAME', allowed: nodeNameAllowed, parse: parseNodeName })
}

/** Milliseconds. `min` and `max` are durations as typed, both inclusive. */
export function durationOption<const S extends Spec & { readonly min: string; readonly max: string }>(
  spec: S,
): Option<Settled<S, number>> {
  const minMs = parseDuration(spec.min)!
  const maxMs = parseDuration(spec.max)!
  const range = `from ${durationText(minMs)} to ${durationText(maxMs)}`
  return one(spec, {
    placeholder: 'TIME',
    allowed: `a whole number with ms, s, m, h or d, ${range}`,
    parse: text => within(parseDuration(text), minMs, maxMs),
  })
}

/** `min` and `max` are inclusive. */
export function integerOption<const S extends Spec & { readonly min: number; readonly max: number }>(
  spec: S,
): Option<Settled<S, number>> {
  return one(spec, {
    placeholder: 'N',
    allowed: `a whole number from ${spec.min} to ${spec.max}`,
    inConfig: 'number',
    parse: text => (/^-?\d{1,16}$/.test(text) ? within(Number(text), spec.min, spec.max) : null),
  })
}

export function choiceOption<const C extends string, const S extends Spec>(
  choices: readonly C[],
  spec: S,
): Option<Settled<S, C>> {
  return one(spec, {
    placeholder: choices.join('|'),
    allowed: `one of ${choices.join(', ')}`,
    parse: text => choices.find(choice => choice === text) ?? null,
  })
}

/** `portMin` 0 is for an address to listen on, where port 0 takes a free one. */
export function addressOption<const S extends Spec & { readonly portMin: 0 | 1 }>(
  spec: S,
): Option<Settled<S, Address>> {
  const { portMin } = spec
  return one(spec, {
    placeholder: 'HOST:PORT',
    allowed: addressAllowed(portMin),
    parse: text => parseAddress(text, { portMin }),
  })
}

/** Addresses to dial, in the order given. */
export function addressesOption(spec: Spec): Option<readonly Address[]> {
  return many(spec, {
    placeholder: 'HOST:PORT',
    allowed: addressAllowed(1),
    parse: text => parseAddress(text, { portMin: 1 }),
  })
}

/** A configured node and where to dial it. */
export interface NodeAddress {
  readonly name: NodeName
  readonly address: Address
}

/** Nodes in the order given. In a config file: an object name → address. */
export function nodeAddressesOption(spec: Spec): Option<readonly NodeAddress[]> {
  return many(spec, {
    placeholder: 'NAME=HOST:PORT',
    allowed: `NAME=${addressAllowed(1)}, NAME ${nodeNameAllowed}`,
    inConfig: 'object',
    parse: parseNodeAddress,
  })
}

/** A node and one host where it is dialled. */
export interface NodeHost {
  readonly name: NodeName
  readonly host: string
}

/** Hosts of nodes in the order given; a name may come more than once. */
export function nodeHostsOption(spec: Spec): Option<readonly NodeHost[]> {
  return many(spec, {
    placeholder: 'NAME=HOST',
    allowed: `NAME=HOST, NAME ${nodeNameAllowed}`,
    inConfig: 'never',
    parse: parseNodeHost,
  })
}

/** @returns the node as it would be typed. */
export function nodeAddressText({ name, address }: NodeAddress): string {
  return `${name}=${addressText(address)}`
}

const nodeNameAllowed = '1 to 32 of a-z, 0-9 and -'

function addressAllowed(portMin: 0 | 1): string {
  return `HOST:PORT or [v6]:PORT, PORT from ${portMin} to 65535`
}

function parseNodeAddress(text: string): NodeAddress | null {
  const at = text.indexOf('=')
  const name = at < 0 ? null : parseNodeName(text.slice(0, at))
  const address = parseAddress(text.slice(at + 1), { portMin: 1 })
  return name === null || address === null ? null : { name, address }
}

function parseNodeHost(text: string): NodeHost | null {
  const at = text.indexOf('=')
  const name = at < 0 ? null : parseNodeName(text.slice(0, at))
  const host = parseHost(text.slice(at + 1))
  return name === null || host === null ? null : { name, host }
}

/** No name on a disk holds 0x00, and no text that is asked for does. */
function nonEmptyText(text: string): string | null {
  return text === '' || text.includes('\0') ? null : text
}

function within(value: number | null, min: number, max: number): number | null {
  return value !== null && value >= min && value <= max ? value : null
}
