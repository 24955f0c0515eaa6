import type { PlantedBug } from '../planted-bug.ts'

export const bug: PlantedBug = {
  what: 'A file is overwritten where it lies: a crash or a reader in the middle finds half of it.',
  edits: [
    {
      file: 'replica/store/install/put-file.ts',
      find: 'ground.disk.exchange(exchange.folder, exchange.name, site.folder, site.name)',
      put: `const stat = newStat()
      ground.disk.stat(file.fd, stat)
      const bytes = Buffer.alloc(stat.size)
      ground.disk.read(file.fd, bytes, 0)
      const over = ground.disk.openOwn(site.folder, site.name)
      ground.disk.truncate(over, 0)
      ground.disk.write(over, bytes, 0)
      ground.disk.close(over)
      ground.disk.remove(exchange.folder, exchange.name)`,
    },
  ],
  caughtBy: [
    {
      file: 'replica/store/crash.test.ts',
      name: 'the process ends and all of the index survives a put over a file',
    },
  ],
}
