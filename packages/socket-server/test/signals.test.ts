import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { constants } from 'node:os'
import { createInterface } from 'node:readline'
import { beforeAll, describe, expect, it } from 'vitest'
import { untilSignal } from '../src/index.js'
import { compile } from './programs.js'

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'] as const

describe.skipIf(process.platform === 'win32')('a program that waits for a signal', () => {
  let program: string
  beforeAll(async () => {
    const text = `
      import { untilSignal } from '@plainwire/socket-server'
      const kept = setInterval(() => {}, 1000)
      process.on('exit', () => console.log('exit'))
      const controller = new AbortController()
      process.stdin.once('data', () => controller.abort(new Error('enough')))
      process.stdin.unref()
      const asked = untilSignal({ signal: controller.signal })
      console.log('ready')
      console.log(await asked.catch((error) => error.code))
      if (process.argv[2] === 'end') clearInterval(kept)
      if (process.argv[2] === 'abort') controller.abort()
      console.log('finishing')`
    program = await compile({ text }, 'signals.mjs')
  })

  interface Running {
    child: ChildProcess
    line(): Promise<string | undefined>
    ended: Promise<unknown[]>
  }

  function start(...args: string[]): Running {
    const child = spawn(process.execPath, [program, ...args], { stdio: ['pipe', 'pipe', 'inherit'] })
    const lines = createInterface(child.stdout!)[Symbol.asyncIterator]()
    return { child, line: async () => (await lines.next()).value, ended: once(child, 'exit') }
  }

  it.each(signals)('is told the name of %s, and ends by itself when it has finished', async (signal) => {
    const { child, line, ended } = start('end')
    expect(await line()).toBe('ready')
    child.kill(signal)
    expect([await line(), await line(), await line()]).toEqual([signal, 'finishing', 'exit'])
    expect(await ended).toEqual([0, null])
  })

  it.each(signals)(
    'ends at once at %s as the second one, whatever the first was, and what hangs on exit runs',
    async (signal) => {
      const { child, line, ended } = start()
      expect(await line()).toBe('ready')
      child.kill(signal === 'SIGINT' ? 'SIGTERM' : 'SIGINT')
      await line()
      expect(await line()).toBe('finishing')
      child.kill(signal)
      expect(await line()).toBe('exit')
      expect(await ended).toEqual([128 + constants.signals[signal], null])
    },
  )

  it('may give it up: then signals end it as they do by default', async () => {
    const { child, line, ended } = start()
    expect(await line()).toBe('ready')
    child.stdin!.write('.')
    expect([await line(), await line()]).toEqual(['SOCKET_ERR_ABORTED', 'finishing'])
    child.kill('SIGTERM')
    expect(await ended).toEqual([null, 'SIGTERM'])
  })

  it('may give the watch for a second one up', async () => {
    const { child, line, ended } = start('abort')
    expect(await line()).toBe('ready')
    child.kill('SIGINT')
    expect([await line(), await line()]).toEqual(['SIGINT', 'finishing'])
    child.kill('SIGHUP')
    expect(await ended).toEqual([null, 'SIGHUP'])
  })
})

it('leaves no listener behind when it is given up, before or after it began', async () => {
  const names = [...signals, 'SIGBREAK'] as const
  const listeners = (): number[] => names.map((name) => process.listenerCount(name))
  const before = listeners()
  const reason = new Error('enough')
  await expect(untilSignal({ signal: AbortSignal.abort(reason) })).rejects.toMatchObject({ cause: reason })
  expect(listeners()).toEqual(before)
  const controller = new AbortController()
  const waiting = untilSignal({ signal: controller.signal })
  expect(listeners()).toEqual(before.map((count) => count + 1))
  controller.abort(reason)
  await expect(waiting).rejects.toMatchObject({ code: 'SOCKET_ERR_ABORTED', cause: reason })
  expect(listeners()).toEqual(before)
})
