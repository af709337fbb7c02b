import fc from 'fast-check'
import { describe, expect, it, vi } from 'vitest'
import { TimerWheel, type WheelTimer } from '../src/index.js'
import { TestClock } from '../src/testing.js'

function wheelOf(resolution = 10): { clock: TestClock; wheel: TimerWheel } {
  const clock = new TestClock()
  return { clock, wheel: new TimerWheel({ clock, resolution }) }
}

describe('the timer wheel', () => {
  it('is never early and less than three ticks late, for any delays set at any time', () =>
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.integer({ min: 0, max: 20_000 }), fc.integer({ min: 0, max: 300 })), { maxLength: 60 }),
        fc.integer({ min: 1, max: 50 }),
        (schedule, resolution) => {
          const { clock, wheel } = wheelOf(resolution)
          const off: number[] = []
          for (const [delay, pause] of schedule) {
            const due = clock.now() + delay
            wheel.schedule(delay, () => void off.push(clock.now() - due))
            clock.advance(pause)
          }
          clock.advance(30_000)
          expect(off).toHaveLength(schedule.length)
          for (const late of off) {
            expect(late).toBeGreaterThanOrEqual(0)
            expect(late).toBeLessThan(3 * resolution)
          }
          expect(wheel.size).toBe(0)
        },
      ),
      { seed: 4 },
    ))

  it.each([-1, Number.NaN, Infinity, '5' as never])(
    'a delay of %s is the mistake of the caller, and changes nothing',
    (delay) => {
      const { clock, wheel } = wheelOf()
      let fired = 0
      const timer = wheel.schedule(50, () => void fired++)
      expect(() => wheel.schedule(delay, () => {})).toThrow(RangeError)
      expect(() => timer.restart(delay)).toThrow(RangeError)
      expect(wheel.size).toBe(1)
      clock.advance(100)
      expect([fired, wheel.size]).toEqual([1, 0])
    },
  )

  it.each([-1, Number.NaN, Infinity, '5' as never])('its test clock cannot be turned by %s', (ms) => {
    const { clock, wheel } = wheelOf()
    wheel.schedule(50, () => {})
    expect(() => clock.advance(ms)).toThrow(RangeError)
    expect(clock.now()).toBe(0)
  })

  it('fires once, passes the argument, and forgets', () => {
    const { clock, wheel } = wheelOf()
    const seen: string[] = []
    const timer = wheel.schedule(50, (word: string) => void seen.push(word), 'now')
    expect(timer.pending).toBe(true)
    clock.advance(1000)
    expect(timer.pending).toBe(false)
    clock.advance(10_000)
    expect(seen).toEqual(['now'])
  })

  it('cancel and restart work before, after and inside the callback', () => {
    const { clock, wheel } = wheelOf()
    let fired = 0
    const never = wheel.schedule(50, () => fired++)
    never.cancel()
    never.cancel()
    clock.advance(1000)
    expect(fired).toBe(0)
    const again: WheelTimer = wheel.schedule(50, () => {
      if (++fired < 3) again.restart(100)
    })
    clock.advance(5000)
    expect(fired).toBe(3)
    again.restart(50)
    again.restart(500)
    clock.advance(400)
    expect(fired).toBe(3)
    clock.advance(200)
    expect(fired).toBe(4)
  })

  it('a callback may cancel others that are due in the same tick, and set new ones', () => {
    const { clock, wheel } = wheelOf()
    const seen: string[] = []
    let victim: WheelTimer
    wheel.schedule(50, () => {
      seen.push('first')
      victim.cancel()
      wheel.schedule(0, () => void seen.push('later'))
    })
    victim = wheel.schedule(50, () => void seen.push('victim'))
    wheel.schedule(50, () => void seen.push('last'))
    clock.advance(60)
    expect(seen).toEqual(['first', 'last'])
    clock.advance(30)
    expect(seen).toEqual(['first', 'last', 'later'])
  })

  it('a throw is an uncaught exception and costs no other deadline', async () => {
    const { clock, wheel } = wheelOf()
    const thrown: unknown[] = []
    const listeners = process.listeners('uncaughtException')
    process.removeAllListeners('uncaughtException')
    process.once('uncaughtException', (error) => thrown.push(error))
    let fired = 0
    wheel.schedule(50, () => {
      throw new Error('of the test')
    })
    wheel.schedule(50, () => fired++)
    clock.advance(100)
    await new Promise(setImmediate)
    for (const listener of listeners) process.on('uncaughtException', listener)
    expect(fired).toBe(1)
    expect(thrown).toEqual([new Error('of the test')])
  })

  it('after the process slept for long, everything that is due fires once', () => {
    let time = 0
    let tick = (): void => {}
    const every = (_: number, turn: () => void): (() => void) => {
      tick = turn
      return () => {}
    }
    const wheel = new TimerWheel({ resolution: 10, clock: { now: () => time, every } })
    let fired = 0
    for (let delay = 0; delay < 100_000; delay += 7) wheel.schedule(delay, () => fired++)
    wheel.schedule(1e9, () => fired++)
    time = 200_000
    tick()
    expect(fired).toBe(Math.ceil(100_000 / 7))
    expect(wheel.size).toBe(1)
  })

  it('stands still while nothing is pending, and tells the time all the same', () => {
    const stop = vi.fn()
    let time = 0
    let tick = (): void => {}
    const every = vi.fn((_: number, turn: () => void) => {
      tick = turn
      return stop
    })
    const wheel = new TimerWheel({ clock: { now: () => time, every } })
    expect(every).not.toHaveBeenCalled()
    wheel.schedule(1000, () => {}).cancel()
    wheel.schedule(1000, () => {}).cancel()
    expect(every).toHaveBeenCalledTimes(1)
    tick()
    expect(stop).toHaveBeenCalledTimes(1)
    time = 5000
    expect(wheel.fresh()).toBe(5000)
    wheel.schedule(1000, () => {})
    expect(every).toHaveBeenCalledTimes(2)
  })

  it('refuses what is no delay', () => {
    const { wheel } = wheelOf()
    for (const delay of [-1, Number.NaN, undefined as never])
      expect(() => wheel.schedule(delay, () => {})).toThrow(RangeError)
    for (const resolution of [0, Number.NaN, Infinity]) expect(() => new TimerWheel({ resolution })).toThrow(RangeError)
    expect(() => new TestClock().every(0, () => {})).toThrow(RangeError)
  })
})
