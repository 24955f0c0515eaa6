import { pageBytesAim } from './limits.ts'
import { inPages } from './pages.ts'

async function* given(pieces: readonly (readonly number[])[]): AsyncGenerator<readonly number[]> {
  yield* pieces
}

async function pagesOf(pieces: readonly (readonly number[])[], bytes: number): Promise<number[][]> {
  const pages: number[][] = []
  for await (const page of inPages(given(pieces), () => bytes)) pages.push([...page])
  return pages
}

test('small pieces come together', async () => {
  expect(await pagesOf([[1], [], [2, 3], [4]], 10)).toEqual([[1, 2, 3, 4]])
})

test('nothing is no page', async () => {
  expect(await pagesOf([[], []], 10)).toEqual([])
})

test('a page is full with the row that reaches its bytes, wherever its piece ends', async () => {
  expect(await pagesOf([[1, 2, 3], [4]], pageBytesAim / 2)).toEqual([
    [1, 2],
    [3, 4],
  ])
  expect(await pagesOf([[1, 2]], pageBytesAim)).toEqual([[1], [2]])
})

test('a page has so many rows at the most, however small', async () => {
  const rows = Array.from({ length: 2_500 }, (_, at) => at)
  expect((await pagesOf([rows], 1)).map(page => page.length)).toEqual([1000, 1000, 500])
})
