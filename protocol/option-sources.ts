/**
 * Where an option's value may stand: command line, environment, config file. Each source is brought to texts here, and
 * remembers how a person would call the place, for the sentence of a refusal.
 */
import { ConcurError } from './errors.ts'
import type { Option } from './option-kinds.ts'

/** The texts of one option from one source. */
export interface Given {
  /** How a refusal names the place. */
  readonly where: string
  readonly texts: readonly string[]
  /** What may stand there, where the source has words of its own for it. */
  readonly allowed: string
}

/** A config file that was read: an object of option names. */
export interface ConfigFile {
  readonly file: string
  readonly values: Readonly<Record<string, unknown>>
}

type AnyOption = Option<unknown>

/** @throws ConcurError USAGE: one sentence with the place, what is allowed and the value. */
export function refuseValue(where: string, allowed: string, value: unknown): never {
  const text = JSON.stringify(value) ?? String(value)
  throw new ConcurError(
    'USAGE',
    `${where} must be ${allowed}, not ${text.length > 100 ? `${text.slice(0, 100)}…` : text}`,
  )
}

/** The name of an option's environment variable. */
export function environmentName(name: string): string {
  return `CONCUR_${name.toUpperCase().replaceAll('-', '_')}`
}

/**
 * @param value a text, texts where the option was given more than once, or a boolean for a flag.
 * @returns null where the option was not given.
 */
export function givenOnCommandLine(name: string, option: AnyOption, value: unknown): Given | null {
  if (value === undefined) return null
  const where = `--${name}`
  const { allowed } = option
  if (option.takes === 'flag') {
    const last = Array.isArray(value) ? value.at(-1) : value
    return { where, allowed: `given without a value (--no-${name} switches it off)`, texts: [flagText(last)] }
  }
  if (value === false)
    throw new ConcurError('USAGE', `${where} must be ${allowed}, and --no-${name} is not an option`)
  const texts = (Array.isArray(value) ? value : [value]).map(text =>
    text === true ? '' : assertText(name, text),
  )
  if (option.takes === 'one') return { where, allowed, texts: texts.slice(-1) }
  return { where, allowed, texts: texts.length === 0 ? [''] : texts.flatMap(splitList) }
}

/** A variable that is set to nothing counts as not set: that is how unit files and compose files leave one out. */
export function givenInEnvironment(
  name: string,
  option: AnyOption,
  environment: Readonly<Record<string, string | undefined>>,
): Given | null {
  const where = environmentName(name)
  const text = environment[where]
  if (text === undefined || text === '') return null
  return { where, allowed: option.allowed, texts: option.takes === 'many' ? splitList(text) : [text] }
}

/** @throws ConcurError USAGE when the value is not of the shape that a config file holds for the option. */
export function givenInConfig(name: string, option: AnyOption, config: ConfigFile | null): Given | null {
  if (config === null || !Object.hasOwn(config.values, name)) return null
  const value = config.values[name]
  const where = `"${name}" in ${config.file}`
  const { allowed } = option
  switch (option.inConfig) {
    case 'boolean':
      if (typeof value !== 'boolean') refuseValue(where, 'true or false', value)
      return { where, allowed, texts: [flagText(value)] }
    case 'number':
      if (typeof value !== 'number' && typeof value !== 'string') refuseValue(where, allowed, value)
      return { where, allowed, texts: [String(value)] }
    case 'text':
      if (typeof value !== 'string') refuseValue(where, allowed, value)
      return { where, allowed, texts: [value] }
    case 'list': {
      const texts = typeof value === 'string' ? splitList(value) : value
      if (!isTexts(texts)) refuseValue(where, `a list of ${allowed}`, value)
      return { where, allowed, texts }
    }
    case 'object':
      if (!isObjectOfTexts(value)) refuseValue(where, 'an object of name and address', value)
      return { where, allowed, texts: entriesBesideComments(value).map(([key, text]) => `${key}=${text}`) }
    case 'never':
      throw new ConcurError('USAGE', `${where} must be left out: it cannot stand in a config file`)
  }
}

/**
 * @param text the content of `file`.
 * @throws ConcurError USAGE when it is not one JSON object.
 */
export function parseConfig(file: string, text: string): ConfigFile {
  let values: unknown
  try {
    values = JSON.parse(text.replace(/^\ufeff/, ''))
  } catch (error) {
    const reason = (error as Error).message.replace(/\s+/g, ' ')
    throw new ConcurError('USAGE', `--config must be a file of JSON, not ${JSON.stringify(file)}: ${reason}`)
  }
  if (!isObject(values))
    throw new ConcurError(
      'USAGE',
      `--config must hold one JSON object of option names, not ${JSON.stringify(file)}`,
    )
  return { file, values }
}

/** @returns the names that a config file gives values to. */
export function namesInConfig(config: ConfigFile): string[] {
  return entriesBesideComments(config.values).map(([key]) => key)
}

const commentKey = '//'

function entriesBesideComments<T>(values: Readonly<Record<string, T>>): [string, T][] {
  return Object.entries(values).filter(([key]) => key !== commentKey)
}

function flagText(value: unknown): string {
  if (typeof value === 'boolean') return value ? '1' : '0'
  return String(value)
}

function splitList(text: string): string[] {
  return text.split(',').map(piece => piece.trim())
}

/** Splitting argv must not convert: a number that was once `007` or `1e3` cannot be read any more. */
function assertText(name: string, value: unknown): string {
  if (typeof value !== 'string')
    throw new Error(`--${name} was converted to ${typeof value} while argv was split`)
  return value
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every(text => typeof text === 'string')
}

function isObjectOfTexts(value: unknown): value is Record<string, string> {
  return isObject(value) && entriesBesideComments(value).every(([, text]) => typeof text === 'string')
}
