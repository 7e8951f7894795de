/** Numbers and verdicts in words: the same signs and digits as the report and the ledger. */

export type Tone = 'good' | 'middling' | 'bad' | 'quiet'

export const VERDICTS: Record<string, { sign: string; tone: Tone }> = {
  reproduced: { sign: '✓', tone: 'good' },
  'partly reproduced': { sign: '◐', tone: 'middling' },
  'not reproduced at this scale': { sign: '✕', tone: 'bad' },
  contradicted: { sign: '⇄', tone: 'bad' },
  undecided: { sign: '?', tone: 'quiet' },
  'kernel tested': { sign: '○', tone: 'quiet' },
  'not testable here': { sign: '–', tone: 'quiet' },
  'no system to build': { sign: '–', tone: 'quiet' },
}

export const STATUSES: Record<string, { sign: string; tone: Tone }> = {
  done: { sign: '✓', tone: 'good' },
  running: { sign: '▶', tone: 'middling' },
  stopped: { sign: '❚❚', tone: 'quiet' },
  failed: { sign: '✕', tone: 'bad' },
  damaged: { sign: '!', tone: 'bad' },
}

const DASH = '–'

/** A number with a true minus and as many digits as its size warrants; a dash where there is none. */
export function number(value: number | null | undefined, digits = 3): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return DASH
  const size = Math.abs(value)
  const small = size !== 0 && size < 10 ** -digits / 2
  const shown = Number.isInteger(value)
    ? value.toLocaleString('en-GB')
    : small || size >= 1e7
      ? value.toExponential(1)
      : value.toFixed(size >= 1000 ? 0 : digits)
  return shown.replace('-', '−')
}

export function percent(value: number): string {
  return `${Math.round(100 * value)} %`
}

export function duration(seconds: number | null | undefined): string {
  if (seconds === null || seconds === undefined || !Number.isFinite(seconds)) return DASH
  if (seconds < 90) return `${Math.round(seconds)} s`
  const minutes = Math.round(seconds / 60)
  return minutes < 90 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`
}

export function bytes(size: number): string {
  const [amount, unit] = size < 1e6 ? [size / 1e3, 'kB'] : size < 1e9 ? [size / 1e6, 'MB'] : [size / 1e9, 'GB']
  return `${amount.toFixed(amount < 10 ? 1 : 0)} ${unit}`
}

export function ago(moment: number, now = Date.now() / 1000): string {
  const seconds = now - moment
  if (seconds < 10) return 'just now'
  return seconds < 86_400 ? `${duration(seconds)} ago` : `${Math.round(seconds / 86_400)} d ago`
}

/** A name as it stands in tables, for a reader: `row_from_start` is “row from start”. */
export function spoken(name: string): string {
  return name.replaceAll('_', ' ')
}

export function plural(count: number, one: string, many = `${one}s`): string {
  return `${count.toLocaleString('en-GB')} ${count === 1 ? one : many}`
}
