/** A core for the server and another for its load, so that neither takes time from the other. */
import { readFileSync } from 'node:fs'
import { findProgram } from './server/programs.js'

const taskset = findProgram('taskset')

/** Whose core: the first one that we may use, or the second. */
export type Role = 'server' | 'load'

/** The cores in use; undefined where there is no `taskset`, or where fewer than two cores are ours to use. */
export const cores: Readonly<Record<Role, number>> | undefined = choose()

function choose(): Record<Role, number> | undefined {
  if (taskset === undefined) return undefined
  const [server, load] = allowedCores(readFileSync('/proc/self/status', 'utf8'))
  return server === undefined || load === undefined ? undefined : { server, load }
}

/** The cores that a process may run on, from its `/proc/<pid>/status`: a container has not always those from 0 up. */
export function allowedCores(status: string): number[] {
  const list = /^Cpus_allowed_list:\s*(\S+)$/m.exec(status)?.[1] ?? ''
  return list.split(',').flatMap((range) => {
    if (range === '') return []
    const [first, last = first] = range.split('-').map(Number)
    return Array.from({ length: last! - first! + 1 }, (_, at) => first! + at)
  })
}

/** The command on the core of its role, where the machine lets us choose. */
export function onCore(role: Role, command: readonly string[]): string[] {
  return cores === undefined ? [...command] : [taskset!, '-c', String(cores[role]), ...command]
}
