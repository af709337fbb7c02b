import { cpus, release, type } from 'node:os'

/** Where a result was measured: without it a figure means nothing. */
export interface Environment {
  node: string
  cpu: string
  cores: number
  os: string
  /** Versions of the peers, by name. */
  versions: Record<string, string>
  /** What a reader should know of this run, such as a load generator at its own ceiling. */
  notes: string[]
}

/** The environment of this process. */
export function environment(versions: Record<string, string> = {}, notes: string[] = []): Environment {
  const processors = cpus()
  return {
    node: process.version,
    cpu: processors[0]?.model.trim() ?? 'unknown',
    cores: processors.length,
    os: `${type()} ${release()}`,
    versions,
    notes,
  }
}
