/** The options of the client: those of every command, and those of each. Pure. */
import { parseClientId } from '../protocol/ids.ts'
import {
  addressesOption,
  configFileOption,
  flagOption,
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
