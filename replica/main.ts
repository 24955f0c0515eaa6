/** concur-replica: the process around a replica. */
import { replicaConfig, replicaOptions } from './config.ts'
import { openKeys } from './program/open-keys.ts'
import { securedWorld } from './program/secured-world.ts'
import { tlsFiles } from './program/server-options.ts'
import { runServer } from './program/server-process.ts'
import { Replica } from './replica.ts'
import { openLocalCopy } from './store/local-copy.ts'

await runServer(
  {
    program: 'concur-replica',
    summary: 'Holds a copy, answers its coordinator, and relays clients to it.',
    packageFile: new URL('../package.json', import.meta.url),
    options: replicaOptions,
    async start(values, plainWorld, log, version) {
      const config = replicaConfig(values)
      const world = securedWorld(plainWorld, tlsFiles(values))
      const onFault = (error: unknown): void => log.error({ err: error }, 'store')
      const keys = openKeys(values['token-file'], { ...world, log }, true)
      const copy = await openLocalCopy({
        root: config.root,
        ...world,
        mainUrl: import.meta.url,
        onFault,
        onNews: ({ level, message, fields }) => log[level](fields, message),
        recheck: values.recheck,
      })
      const replica = new Replica({ config, keys, ...copy, ...world, log, version })
      const close = async (): Promise<void> => {
        await replica.close()
        await copy.close()
      }
      try {
        return { address: await replica.start(), close }
      } catch (error) {
        await close()
        throw error
      }
    },
  },
  process,
)
