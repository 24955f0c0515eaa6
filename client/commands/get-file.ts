/** One path of `get`: read, saved and told. */
import type { NodeName } from '../../protocol/ids.ts'
import { lastPart } from '../../protocol/path.ts'
import { type Destination, FileDestination } from '../saving/destination.ts'
import { type Placement, placeFor } from '../saving/placement.ts'
import { OpenedStream, StreamDestination } from '../saving/stream-destination.ts'
import { findTarget, type Place } from '../saving/target.ts'
import type { CommandContext, ExitStatus } from './context.ts'
import type { PathArgument } from './path-argument.ts'
import { reportRead } from './report.ts'
import { exitStatusOf, readVerified } from './verified-read.ts'

/** @throws NoServerError; ReaderGoneError. */
export async function getFile(
  context: CommandContext,
  path: PathArgument,
  placement: Placement,
  { from, deep }: { readonly from: NodeName | null; readonly deep: boolean },
): Promise<ExitStatus> {
  const destination = destinationOf(context, path, placement)
  const outcome = await readVerified(context, { path, from, deep, destination })
  await reportRead(context, outcome, {
    toStderr: placement.is === 'stdout',
    settles: from === null,
  })
  return exitStatusOf(outcome)
}

function destinationOf(context: CommandContext, { path }: PathArgument, placement: Placement): Destination {
  if (placement.is === 'stdout') {
    return new StreamDestination({
      shown: null,
      write: bytes => context.out.write(bytes),
      end: async () => {},
    })
  }
  const place = placeFor(placement, lastPart(path))
  if (!isStream(place)) return new FileDestination({ place, temporaries: context.temporaries })
  return new StreamDestination(new OpenedStream(place, context.streamCalls))
}

/** A name that cannot be saved to may still have free names beside it, for versions that differ. */
function isStream(place: Place): boolean {
  try {
    return findTarget(place).is === 'stream'
  } catch {
    return false
  }
}
