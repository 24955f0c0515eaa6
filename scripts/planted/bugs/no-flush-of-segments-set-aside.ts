import type { PlantedBug } from '../planted-bug.ts'

export const bug: PlantedBug = {
  what: 'Segments that were set aside may have their old names after a loss of power.',
  edits: [
    {
      file: 'replica/store/journal/set-aside.ts',
      find: `    }
  }
  yield folder
}

export function* throwAway`,
      put: `    }
  }
}

export function* throwAway`,
    },
  ],
  caughtBy: [
    {
      file: 'replica/store/journal/flush-order.test.ts',
      name: 'what an opening makes of a journal with a damaged record',
    },
  ],
}
