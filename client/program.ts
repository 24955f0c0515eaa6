/** From argv to exit status. Everything outside comes in as an argument. */
import type { ConcurError } from '../protocol/errors.ts'
import type { ClientId } from '../protocol/ids.ts'
import type { DialerKey } from '../protocol/proof.ts'
import type { Clock, Dialer, Random, Timers } from '../protocol/world.ts'
import { invocationOf, splitArguments } from './arguments.ts'
import type { CommandTable } from './command.ts'
import type { CommandContext, RunCommand } from './commands/context.ts'
import { ConcurClient } from './concur-client.ts'
import { type Environment, readGlobals } from './config.ts'
import type { GlobalValues } from './global-options.ts'
import type { Temporaries } from './saving/temporaries.ts'
import type { Pieces } from './sending/stream-source.ts'
import type { SplitArgv } from './split-argv.ts'
import { type Output, ReaderGoneError } from './terminal/output.ts'
import { noProgress, type ProgressBar, ProgressLine } from './terminal/progress.ts'
import type { StreamCalls } from './terminal/stream-calls.ts'
import { failureDocument } from './words/documents.ts'
import { colours, type Paint, plain } from './words/paint.ts'
import { jsonText } from './words/printable.ts'
import { tellable } from './words/tellable.ts'
import { errorLine } from './words/verdict-lines.ts'

export interface Program {
  readonly commands: CommandTable
  readonly argv: readonly string[]
  /** argv, where it has been split already. */
  readonly split: SplitArgv | null
  readonly environment: Environment
  readonly machineConfig: string
  /** `user@host`. */
  readonly defaultClientId: ClientId
  readonly out: Output
  readonly err: Output
  /** Standard input. */
  readonly openInput: () => Promise<Pieces>
  /** A line that a person types at the terminal, '' at its end; null: nobody sits at one. */
  readonly readLine: (() => Promise<string>) | null
  readonly runCommand: RunCommand
  readonly loadBar: () => Promise<ProgressBar>
  readonly dialer: Dialer
  readonly clock: Clock
  readonly timers: Timers
  readonly random: Pick<Random, 'bytes'>
  readonly temporaries: Temporaries
  readonly streamCalls: StreamCalls
  /** What relative names of files belong to. */
  readonly folder: string
}

/** As a shell shows a program that ended because nobody read its output any more. */
const readerGoneStatus = 141

/** How the completion script of `yargs` asks. */
const completionRequest = '--get-yargs-completions'

/** How a failure is to be told, as far as is known when it happens. */
interface Failing {
  json: boolean
  /** Standard output is taken by a file's own bytes. */
  toStderr: boolean
}

/** @returns the exit status. The connection is left open: it ends with the process. */
export async function runProgram(program: Program): Promise<number> {
  const failing: Failing = { json: asksForJson(program), toStderr: false }
  try {
    return await run(program, failing)
  } catch (error) {
    if (error instanceof ReaderGoneError) return readerGoneStatus
    await reportFailing(program, failing, tellable(error)).catch(() => {})
    return 2
  }
}

async function run(program: Program, failing: Failing): Promise<number> {
  const { argv, commands, environment, machineConfig } = program
  if (argv[0] === completionRequest)
    return print(program, await (await import('./help.ts')).completions(commands, argv))
  const split = program.split ?? splitArguments(argv, commands)
  const answer = await answerWithoutCommand(split, commands)
  if (answer !== null) return print(program, answer)
  failing.toStderr = takesStdout(split, commands)
  const globals = readGlobals({ given: split.given, environment, machineConfig })
  failing.json = globals.json
  const { command, words, given } = invocationOf(split, commands)
  const runCommand = command.prepare(words, given)
  const { timers, random, defaultClientId } = program
  const dialer = await openDialer(globals, program)
  const clientId = globals['client-id'] ?? defaultClientId
  const key = await openKey(globals['token-file'], random)
  const client = new ConcurClient({ servers: globals.server, clientId, key, dialer, timers, random })
  return runCommand(contextOf(program, globals, client, clientId))
}

/** Who speaks no TLS loads nothing for it. */
async function openDialer(globals: GlobalValues, { dialer, timers }: Program): Promise<Dialer> {
  const { 'tls-ca': ca, 'tls-cert': cert, 'tls-key': key } = globals
  if (ca === null && cert === null && key === null) return dialer
  return (await import('./tls-dialer.ts')).tlsDialer({ ca, cert, key }, timers)
}

/** Who has no key loads nothing for it. */
async function openKey(file: string | null, random: Pick<Random, 'bytes'>): Promise<DialerKey | null> {
  return file === null ? null : (await import('./key.ts')).keyOf(file, random)
}

/** Before argv and config file are understood: a refusal of either is JSON as well where somebody asks for it. */
function asksForJson({ argv, environment }: Program): boolean {
  const end = argv.indexOf('--')
  return (end < 0 ? argv : argv.slice(0, end)).includes('--json') || environment.CONCUR_JSON === '1'
}

async function answerWithoutCommand(
  { words, given }: SplitArgv,
  commands: CommandTable,
): Promise<string | null> {
  const asked = given.help || given.version || words[0] === 'completion'
  if (!asked) return null
  const help = await import('./help.ts')
  if (given.help) return help.helpText(commands, words[0])
  return given.version ? help.versionText() : help.completionScript(commands)
}

function takesStdout({ words: [name = '', ...words], given }: SplitArgv, commands: CommandTable): boolean {
  return Object.hasOwn(commands, name) && commands[name]!.takesStdout(given, words)
}

function contextOf(
  program: Program,
  globals: GlobalValues,
  client: ConcurClient,
  clientId: ClientId,
): CommandContext {
  const { out, err, environment, clock, timers, loadBar } = program
  const { json, strict, quiet } = globals
  const canDraw = environment.TERM !== 'dumb'
  const paintFor = (output: Output): Paint =>
    output.isTerminal && canDraw && !json && !environment.NO_COLOR ? colours : plain
  return {
    ...program,
    client,
    // Whatever it asks the servers, it asks as whoever runs it.
    runCommand: (command, more) => program.runCommand(command, { CONCUR_CLIENT_ID: clientId, ...more }),
    json,
    strict,
    quiet,
    paintOut: paintFor(out),
    paintErr: paintFor(err),
    progress: err.isTerminal && canDraw && !quiet ? new ProgressLine({ clock, timers, loadBar }) : noProgress,
  }
}

async function print({ out }: Program, text: string): Promise<number> {
  await out.write(text.endsWith('\n') ? text : `${text}\n`)
  return 0
}

async function reportFailing(
  { out, err }: Program,
  { json, toStderr }: Failing,
  error: ConcurError,
): Promise<void> {
  if (json) await (toStderr ? err : out).write(`${jsonText(failureDocument(error))}\n`)
  else await err.write(`${errorLine(error, null, plain)}\n`)
}
