import type { PlantedBug } from '../planted-bug.ts'

export const bug: PlantedBug = {
  what: 'Whatever an append finds behind its base is cut off, an edit as well.',
  edits: [
    {
      file: 'replica/store/install/append.ts',
      find: `    if (found.copy.digest === digest) return false
`,
      put: `    if (found.copy.digest === digest) return false
    const place = found.copy.size > change.offset ? ground.tree.openPlace(path, newStat()) : null
    if (typeof place === 'number') {
      const file = ground.disk.openToAppend(place)
      ground.disk.truncate(file, change.offset)
      ground.disk.close(file)
      ground.disk.close(place)
      return 'again'
    }
`,
    },
  ],
  caughtBy: [
    {
      file: 'replica/store/crash.test.ts',
      name: 'the process ends and all of the index survives an append to an edit',
    },
  ],
}
