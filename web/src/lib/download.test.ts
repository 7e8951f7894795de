import { expect, test } from 'vitest'
import { csv, harmless } from './download'

test('CSV quotes what would break it', () => {
  expect(csv(['a', 'b'], [['x,y', 'say "so"'], [null, 1.5]])).toBe('a,b\r\n"x,y","say ""so"""\r\n,1.5\r\n')
})

test('a drawing keeps its shapes and loses whatever could run or reach out', () => {
  const svg = harmless(`<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" onload="x()">
    <script>x()</script><style>svg{background:url(http://a.example)}</style><foreignObject><p/></foreignObject>
    <defs><path id="m" d="M0 0"/></defs><use xlink:href="#m"/><use href="http://a.example/#m"/>
    <rect style="fill: var(--ink, #000)" onclick="x()"/><rect fill="url(http://a.example)"/><rect clip-path="url(#m)"/><rect mask="url('#m')"/></svg>`)
  const text = svg?.outerHTML ?? ''
  for (const bad of ['script', 'style>', 'foreignObject', 'onload', 'onclick', 'a.example']) expect(text).not.toContain(bad)
  for (const good of ['xlink:href="#m"', 'var(--ink, #000)', 'url(#m)', `url('#m')`]) expect(text).toContain(good)
})

test('what is no drawing is none', () => {
  expect(harmless('<html><body/></html>')).toBeNull()
  expect(harmless('not xml <')).toBeNull()
})
