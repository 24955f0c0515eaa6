/** `doctor`: what is wrong with the cluster, looked at from here, and what to do about each thing. */
import { addressText, parseAddress } from '../../protocol/addresses.ts'
import { ConcurError } from '../../protocol/errors.ts'
import type { Status } from '../../protocol/messages.ts'
import type { Address } from '../../protocol/world.ts'
import { NoServerError } from '../connecting.ts'
import { versionText } from '../help.ts'
import { ReaderGoneError } from '../terminal/output.ts'
import { type Check, checksOf, type Reached } from '../words/checks.ts'
import { inColumns } from '../words/columns.ts'
import { tellable } from '../words/tellable.ts'
import type { CommandContext, ExitStatus } from './context.ts'
import { printDocument, printLines, reportFailure } from './report.ts'

/** 0: all is well. 2: something is not, or it cannot be told. @throws NoServerError; ReaderGoneError. */
export async function doctor(context: CommandContext): Promise<ExitStatus> {
  let checks: Check[]
  try {
    checks = await examine(context)
  } catch (error) {
    if (error instanceof NoServerError || error instanceof ReaderGoneError) throw error
    await reportFailure(context, tellable(error), null)
    return 2
  }
  await print(context, checks)
  return checks.every(({ isWell }) => isWell) ? 0 : 2
}

async function examine({ client, clock }: CommandContext): Promise<Check[]> {
  const status = await client.status()
  const askedMs = clock.nowMs()
  const { nodes } = await client.examine()
  const answeredMs = clock.nowMs()
  const addresses = addressesOf(client.servers, status)
  const reached = await Promise.all(addresses.map(address => reach(address, { client, clock })))
  return checksOf({ reached, status, nodes, askedMs, answeredMs, version: versionText() })
}

/** Those that the client was told, and those at which the nodes are known, each once. */
function addressesOf(told: readonly Address[], { coordinator, replicas }: Status): Address[] {
  const known = [coordinator, ...replicas].flatMap(
    ({ address }) => parseAddress(address, { portMin: 1 }) ?? [],
  )
  return [...new Map([...told, ...known].map(address => [addressText(address), address])).values()]
}

async function reach(
  address: Address,
  { client, clock }: Pick<CommandContext, 'client' | 'clock'>,
): Promise<Reached> {
  const begunMs = clock.monotonicMs()
  const of = (reason: string | null): Reached => ({
    address: addressText(address),
    ms: clock.monotonicMs() - begunMs,
    reason,
  })
  try {
    await client.reach(address)
    return of(null)
  } catch (error) {
    if (!(error instanceof ConcurError)) throw error
    return of(error.message)
  }
}

async function print(context: CommandContext, checks: readonly Check[]): Promise<void> {
  if (context.json) {
    for (const { subject, check, isWell, says, fix } of checks)
      await printDocument(context, { subject, check, ok: isWell, says, fix })
    return
  }
  const shown = context.quiet ? checks.filter(({ isWell }) => !isWell) : checks
  const { paintOut: paint } = context
  const lines = inColumns(shown.map(({ subject, check, says }) => [subject, check, says]))
  await printLines(
    context,
    shown.flatMap(({ isWell, fix }, place) => [
      `${isWell ? paint('good', 'ok ') : paint('bad', 'BAD')}  ${lines[place]}`,
      ...(fix === null ? [] : [`     fix: ${fix}`]),
    ]),
    context.out,
  )
}
