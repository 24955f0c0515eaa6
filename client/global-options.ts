/** The options of every command of the client. Pure. */
import { parseClientId } from '../protocol/ids.ts'
import {
  addressesOption,
  configFileOption,
  fileOption,
  flagOption,
  parsedOption,
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
  'token-file': fileOption({ describe: 'the secret to prove oneself with, a line of ROLE SECRET' }),
  'tls-ca': fileOption({
    describe: 'the authority of the servers’ certificates, PEM; with it TLS is spoken',
  }),
  'tls-cert': fileOption({ describe: 'a certificate to show, PEM' }),
  'tls-key': fileOption({ describe: 'its key, PEM' }),
  strict: flagOption({ describe: 'exit 2 when a node could not be compared' }),
  quiet: flagOption({ describe: 'no verdict lines and no progress; errors stay' }),
  config: configFileOption({
    describe:
      'a JSON object of option names; $XDG_CONFIG_HOME/concur/config.json or /etc/concur/client.json unless stated',
  }),
}
export type GlobalValues = ValuesOf<typeof globalOptions>
