import { expect, test } from 'vitest'
import { ago, bytes, duration, number, percent, plural } from './words'

test('numbers have a true minus, fitting digits, and a dash where there is none', () => {
  expect(number(-0.0421, 2)).toBe('−0.04')
  expect(number(4500)).toBe('4,500')
  expect(number(0.00001)).toBe('1.0e−5')
  expect(number(null)).toBe('–')
  expect(number(Number.NaN)).toBe('–')
})

test('times and sizes are told as people tell them', () => {
  expect([duration(42), duration(300), duration(8000), duration(null)]).toEqual(['42 s', '5 min', '2 h 13 min', '–'])
  expect([bytes(3_400_000), bytes(900)]).toEqual(['3.4 MB', '0.9 kB'])
  expect([ago(95, 100), ago(0, 7200)]).toEqual(['just now', '2 h 0 min ago'])
  expect([percent(0.924), plural(1, 'seed'), plural(3, 'study', 'studies')]).toEqual(['92 %', '1 seed', '3 studies'])
})
