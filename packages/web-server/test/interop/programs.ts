import { spawn, spawnSync } from 'node:child_process'

/** Whether a program can be started here: tests that need one are skipped by its name. */
export function have(program: string): boolean {
  return spawnSync('sh', ['-c', `command -v ${program}`], { stdio: 'ignore' }).status === 0
}

/** Runs a program to its end. @returns what it wrote to standard output, and its exit code */
export function run(
  program: string,
  args: readonly string[],
  input = '',
): Promise<{ output: string; code: number | null }> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'ignore'] })
    const output: Buffer[] = []
    child.stdout.on('data', (chunk: Buffer) => output.push(chunk))
    child.on('error', reject)
    child.on('close', (code) => resolve({ output: Buffer.concat(output).toString('utf8'), code }))
    child.stdin.on('error', () => {})
    child.stdin.end(input)
  })
}
