import { expect, test } from 'vitest'
import { query, runPath } from './api'

test('a run is two segments of a path, whatever its name', () => {
  expect(runPath('karel/0123456789abcdef', '/karel')).toBe('/api/runs/karel/0123456789abcdef/karel')
  expect(runPath('</script><b>/00ff')).toBe('/api/runs/%3C%2Fscript%3E%3Cb%3E/00ff')
})

test('a query leaves out what is empty and repeats lists', () => {
  expect(query('/api/x', { a: null, b: '', c: 0, where: ['arm:main', 'seed:0'] })).toBe('/api/x?c=0&where=arm:main&where=seed:0')
  expect(query('/api/x', { a: undefined })).toBe('/api/x')
})
