import { expect } from 'vitest'
import type { Duty, Sending } from './duty.js'
import { type ReadResponse, readResponses, valuesOf } from './read-responses.js'
import { Wire } from './wire.js'

const PROBE = 'GET /probe HTTP/1.1\r\nHost: a.example\r\n\r\n'

/** Sends what the duty says to a server and looks whether what comes back is what is due. */
export async function check(port: number, duty: Duty, sending: Sending): Promise<void> {
  const { statuses, informational = [], connection } = duty.expect
  const wire = new Wire(port)
  const shown = JSON.stringify(typeof sending === 'string' ? sending.slice(0, 300) : sending).slice(0, 400)
  try {
    await transmit(wire, sending, duty.methods)
    const responses = connection === 'closed' ? await allToEnd(wire, duty) : await asMany(wire, duty)
    const final = responses.filter(({ status }) => status >= 200)
    expect(
      final.map(({ status }) => status),
      shown,
    ).toEqual(
      statuses.map((wanted, index) =>
        typeof wanted === 'number'
          ? wanted
          : wanted.includes(final[index]?.status ?? 0)
            ? final[index]!.status
            : wanted,
      ),
    )
    expect(
      responses.filter(({ status }) => status < 200).map(({ status }) => status),
      shown,
    ).toEqual(informational)
    for (const response of final) checkAnswer(response)
    expect(wire.received.includes('SMUGGLED'), shown).toBe(false)
    duty.expect.check?.(final, wire.received)
    if (connection === 'open') await expectInStep(wire, duty, final.length)
  } catch (error) {
    if (error instanceof Error) error.message = `${shown}: ${error.message}`
    throw error
  } finally {
    wire.close()
  }
}

async function transmit(wire: Wire, sending: Sending, methods: readonly string[]): Promise<void> {
  if (typeof sending === 'string' || sending instanceof Uint8Array) return wire.send(sending)
  for (const step of sending) {
    if ('send' in step) wire.send(step.send)
    else if ('finish' in step) wire.finish()
    else if ('await' in step) {
      await wire.until(
        () => readResponses(wire.received, methods, false).responses.some(({ status }) => status === step.await),
        `a ${step.await}`,
      )
    } else {
      for (const octet of step.drip) {
        wire.send(octet)
        await new Promise(setImmediate)
      }
    }
  }
}

/** As many final answers as are due, with the informational ones between them. */
async function asMany(wire: Wire, { expect: { statuses }, methods }: Duty): Promise<ReadResponse[]> {
  await wire.responses(statuses.length, methods)
  return readResponses(wire.received, methods, wire.ended).responses
}

/** Answers up to the end of the connection; a broken one may be cut in the middle of an answer that was to be cut. */
async function allToEnd(wire: Wire, duty: Duty): Promise<ReadResponse[]> {
  await wire.until(() => wire.ended, 'the connection to be closed')
  expect(wire.reset, 'the connection was reset').toBe(false)
  const { responses, incomplete } = readResponses(wire.received, duty.methods, true)
  if (duty.expect.statuses.length > 0) expect(incomplete, 'an incomplete answer').toBe(false)
  return responses
}

/** What holds for every answer, whatever was asked. */
function checkAnswer(response: ReadResponse): void {
  expect(valuesOf(response, 'date'), 'Date (RFC 9110 §6.6.1)').toHaveLength(1)
  for (const [name, value] of response.fields) {
    expect(/[\0\r\n]/.test(name + value), 'a control character in a field').toBe(false)
  }
  if (response.status === 405) expect(valuesOf(response, 'allow'), 'Allow (RFC 9110 §15.5.6)').toHaveLength(1)
}

async function expectInStep(wire: Wire, duty: Duty, before: number): Promise<void> {
  wire.send(PROBE)
  const methods = [
    ...Array.from({ length: before }, (_, index) => duty.methods[Math.min(index, duty.methods.length - 1)]!),
    'GET',
  ]
  const answers = await wire.responses(before + 1, methods)
  const probe = answers[before]
  expect(probe && valuesOf(probe, 'x-probe'), 'the connection is in step').toEqual(['in-step'])
  expect(answers).toHaveLength(before + 1)
}
