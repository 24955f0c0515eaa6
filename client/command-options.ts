/** The options of the client: those of every command, and those of each. Pure. */
import { parseDigest } from '../protocol/digest.ts'
import { parseClientId } from '../protocol/ids.ts'
import {
  addressesOption,
  choiceOption,
  configFileOption,
  durationOption,
  flagOption,
  integerOption,
  nodeNameOption,
  parsedOption,
  textOption,
} from '../protocol/option-kinds.ts'
import type { ValuesOf } from '../protocol/options.ts'

export const globalOptions = {
  server: addressesOption({
    describe: 'the servers, tried in this order, 2 s each',
    placeholder: 'HOST:PORT[,HOST:PORT…]',
    default: '127.0.0.1:6001',
  }),
  json: flagOption({ describe: 'print JSON, for programs' }),
  'client-id': parsedOption(
    {
      describe: 'who asks; user@host unless stated',
      placeholder: 'ID',
      allowed: '1 to 255 bytes without control characters',
    },
    parseClientId,
  ),
  strict: flagOption({ describe: 'exit 2 when a node could not be compared' }),
  quiet: flagOption({ describe: 'no verdict lines and no progress; errors stay' }),
  config: configFileOption({
    describe:
      'a JSON object of option names; $XDG_CONFIG_HOME/concur/config.json or /etc/concur/client.json unless stated',
  }),
}
export type GlobalValues = ValuesOf<typeof globalOptions>

const from = nodeNameOption({ describe: 'take the version that this node holds', placeholder: 'NODE' })

export const getOptions = {
  output: textOption({
    describe: 'save as FILE, inside the folder FILE, or - for standard output',
    placeholder: 'FILE',
  }),
  recursive: flagOption({ describe: 'a folder, with all that is below' }),
  from,
  deep: flagOption({ describe: 'have every byte of every copy read now' }),
}

export const catOptions = { from }

export const lsOptions = {
  long: flagOption({ describe: 'size, time and holders as well' }),
  recursive: flagOption({ describe: 'all that is below' }),
  differing: flagOption({ describe: 'only what differs (*)' }),
}

export const statOptions = {
  sha256: flagOption({ describe: 'the SHA-256 of each version, to hold against sha256sum' }),
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
