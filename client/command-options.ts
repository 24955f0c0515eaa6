/** The options of each command, but for those that read a file. Pure. */
import { parseDigest } from '../protocol/digest.ts'
import {
  choiceOption,
  durationOption,
  flagOption,
  integerOption,
  parsedOption,
} from '../protocol/option-kinds.ts'

export const lsOptions = {
  long: flagOption({ describe: 'size, time and holders as well' }),
  recursive: flagOption({ describe: 'all that is below' }),
  differing: flagOption({ describe: 'only what is not the same everywhere (=)' }),
}

export const verifyOptions = {
  deep: flagOption({ describe: 'every byte of every copy is read now' }),
}

export const statusOptions = {
  watch: flagOption({ describe: 'again each second, until Ctrl-C' }),
}

/** Of every change. */
const conditions = {
  'if-match': parsedOption(
    {
      describe: 'only if this is what every copy is now',
      placeholder: 'DIGEST',
      allowed: 'b3: and 64 lower-case hex digits',
    },
    parseDigest,
  ),
  'if-absent': flagOption({ describe: 'only if no copy is there' }),
  ack: choiceOption(['available', 'quorum', 'all'], {
    describe: 'the nodes that must be there for it; what the coordinator is configured with unless stated',
  }),
}

export const putOptions = {
  recursive: flagOption({ describe: 'folders as well, with all that is below' }),
  ...conditions,
}

export const writeOptions = conditions

export const appendOptions = {
  create: flagOption({ describe: 'make the file where there is none' }),
  ...conditions,
}

export const mvOptions = {
  force: flagOption({ describe: 'what is at NEW gives way' }),
  ...conditions,
}

export const rmOptions = {
  recursive: flagOption({ describe: 'a folder, with all that is below' }),
  force: flagOption({ describe: 'nothing there is fine' }),
  ...conditions,
}

export const mkdirOptions = {
  parents: flagOption({ describe: 'folders above it as well; it may be there' }),
  ...conditions,
}

export const logOptions = {
  since: integerOption({
    describe: 'only what came behind this operation',
    placeholder: 'SEQ',
    min: 0,
    max: Number.MAX_SAFE_INTEGER,
  }),
  last: integerOption({ describe: 'only the last N', min: 0, max: 2 ** 32 - 1 }),
  follow: flagOption({ describe: 'the last 10 unless stated, and what comes, until Ctrl-C' }),
}

export const waitOptions = {
  timeout: durationOption({ describe: 'give up after this', default: '30s', min: '0s', max: '30d' }),
}
