import type { Exchange } from '../message.js'
import { visible } from '../visible.js'
import { paint } from './terminal.js'

/** Styles that make a status readable at a glance. */
const styles = { 1: 'gray', 2: 'green', 3: 'cyan', 4: 'yellow', 5: 'red' } as const

/**
 * One answer as a line for a person: time, status, method, target, size, duration.
 *
 * @param color plain words without, for pipes and files
 */
export function requestLine(exchange: Exchange, color: boolean): string {
  const { request, status, contentSize, duration, startTime, aborted } = exchange
  const time = new Date(startTime).toTimeString().slice(0, 8)
  const shownStatus = status === 0 ? '---' : String(status)
  const style = styles[Math.trunc(status / 100) as keyof typeof styles] ?? 'gray'
  const what = request ? `${visible(request.method)} ${visible(request.target)}` : refusal(exchange.error)
  const tail = `${size(contentSize)}, ${duration < 10 ? duration.toFixed(1) : Math.round(duration)} ms${aborted ? ', cut off' : ''}`
  if (!color) return `${time} ${shownStatus} ${what} (${tail})`
  return `${paint('gray', time)} ${paint(style, shownStatus)} ${what} ${paint('gray', tail)}`
}

function refusal(error: unknown): string {
  const { code, message } = (error ?? {}) as { code?: unknown; message?: unknown }
  return visible(
    `refused: ${typeof message === 'string' ? message : ''}${typeof code === 'string' ? ` (${code})` : ''}`,
  )
}

/** Octets in the unit that keeps them readable. */
export function size(octets: number): string {
  if (octets < 1024) return `${octets} B`
  const units = ['KiB', 'MiB', 'GiB', 'TiB']
  let value = octets
  let unit = -1
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024
    unit++
  }
  return `${value < 10 ? value.toFixed(1) : Math.round(value)} ${units[unit]}`
}
