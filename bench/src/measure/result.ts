import { mkdirSync, renameSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Environment } from './environment.js'
import type { Summary } from './statistics.js'

/** One run of one suite, as kept in `bench/results/<suite>.json`; every report is made from these files alone. */
export interface Result {
  suite: 'parser' | 'server' | 'sockets' | 'chat'
  /** The command that made it, `quick` among its words when the run was a short one. */
  command: string
  /** ISO 8601. */
  date: string
  environment: Environment
  tables: Table[]
  ratios: Ratio[]
  figures: Figure[]
  /** What was not measured, by name and with the reason: `nginx: not installed`. */
  skipped: string[]
}

/** One workload: a figure for each implementation, all measured in the same interleaved rounds. */
export interface Table {
  id: string
  title: string
  unit: string
  better: 'lower' | 'higher'
  rows: Row[]
}

/** One implementation in a table. */
export interface Row extends Summary {
  name: string
  ours?: boolean
  /** Second figures, by name with unit: `req/s`, `p99 ms`. */
  extra?: Record<string, number | string>
}

/**
 * Paired ratio of two rows, with the bar it is held against: `at least` says how many times as well `of` does as `over` (the
 * figure of `over` by that of `of` when lower is better, else the other way), `at most` how many times as much it takes.
 */
export interface Ratio {
  table: string
  of: string
  over: string
  median: number
  min: number
  max: number
  bar?: number
  sense: 'at least' | 'at most'
  met?: boolean
}

/** A figure that stands alone: octets, KiB, milliseconds. */
export interface Figure {
  id: string
  title: string
  value: number
  unit: string
  bar?: number
  sense?: 'at least' | 'at most'
  met?: boolean
}

/** The folder that holds the results, `bench/results`, wherever the compiled program lies below `bench`. */
export function resultsFolder(): string {
  const here = fileURLToPath(import.meta.url)
  return `${here.slice(0, here.lastIndexOf('/bench/') + '/bench'.length)}/results`
}

/** Where a result of that suite and kind is kept: a quick one beside the full one. */
export function resultPath({ suite, command }: Pick<Result, 'suite' | 'command'>): string {
  return `${resultsFolder()}/${suite}${/\bquick\b/.test(command) ? '-quick' : ''}.json`
}

/** Writes the result whole or not at all; returns the path. */
export function writeResult(result: Result): string {
  mkdirSync(resultsFolder(), { recursive: true })
  const path = resultPath(result)
  writeFileSync(`${path}.part`, `${JSON.stringify(result, null, 1)}\n`)
  renameSync(`${path}.part`, path)
  return path
}

/** Whether a figure keeps its bar. */
export function keepsBar(value: number, bar: number, sense: 'at least' | 'at most'): boolean {
  return sense === 'at least' ? value >= bar : value <= bar
}
