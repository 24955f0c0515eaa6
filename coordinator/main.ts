/** concur-coordinator: the process around a coordinator, or `init`. */
import { parseClusterId } from '../protocol/ids.ts'
import { randomId } from '../protocol/random-id.ts'
import { openKeys } from '../replica/program/open-keys.ts'
import { securedWorld } from '../replica/program/secured-world.ts'
import { tlsFiles } from '../replica/program/server-options.ts'
import { runServer, type ServerProgram } from '../replica/program/server-process.ts'
import { openLocalCopy } from '../replica/store/local-copy.ts'
import { coordinatorConfig, coordinatorOptions } from './config.ts'
import { Coordinator } from './coordinator.ts'

const packageFile = new URL('../package.json', import.meta.url)

const server: ServerProgram<typeof coordinatorOptions> = {
  program: 'concur-coordinator',
  summary: 'Answers clients, holds a copy, and compares it with the replicas at every read.',
  packageFile,
  options: coordinatorOptions,
  async start(values, plainWorld, log, version) {
    const config = coordinatorConfig(values)
    const world = securedWorld(plainWorld, tlsFiles(values))
    const onFault = (error: unknown): void => log.error({ err: error }, 'store')
    const keys = openKeys(values['token-file'], { ...world, log }, config.replicas.length > 0)
    if (config.acceptJournal !== null) keys?.assertAdmin('--accept-journal')
    const copy = await openLocalCopy({
      root: config.root,
      ...world,
      mainUrl: import.meta.url,
      onFault,
      onNews: ({ level, message, fields }) => log[level](fields, message),
      recheck: config.recheck,
    })
    const { store } = copy
    if (store.clusterId === null) store.setClusterId(parseClusterId(randomId(world.random))!)
    const coordinator = new Coordinator({ config, keys, ...copy, ...world, log, version })
    const close = async (): Promise<void> => {
      await coordinator.close()
      await copy.close()
    }
    try {
      return { address: await coordinator.start(), close }
    } catch (error) {
      await close()
      throw error
    }
  },
}

if (process.argv[2] === 'init') await (await import('./init/main.ts')).runInit(process, packageFile)
else await runServer(server, process)
