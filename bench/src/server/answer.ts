import { connect } from 'node:net'
import { requestText, type Workload } from './workloads.js'

/**
 * Asserts on a raw socket that a server answers a workload as it must: the status, the media type and every octet of the
 * content, as often as it was asked. Frameworks add fields of their own; those are let pass.
 *
 * @throws Error that shows what came instead
 */
export async function checkAnswer(name: string, workload: Workload, port: number): Promise<void> {
  const asked = requestText(workload, port).repeat(workload.pipelining)
  const octets = await exchange(port, asked, workload)
  const { status, type, content } = workload.answer
  let rest = octets
  for (let answer = 1; answer <= workload.pipelining; answer++) {
    const end = rest.indexOf('\r\n\r\n')
    const head = rest.slice(0, end)
    const given = contentOf(head, rest.slice(end + 4))
    const typeLine = /^content-type:[ \t]*([^;\r\n]*)/im.exec(head)?.[1]?.trim()
    if (!head.startsWith(`HTTP/1.1 ${status} `) || typeLine !== type || given?.content !== content)
      throw new Error(`${name} answers ${workload.id} with ${JSON.stringify(octets.slice(0, 400))}`)
    rest = given.rest
  }
  if (rest !== '') throw new Error(`${name} says more than asked: ${JSON.stringify(rest.slice(0, 200))}`)
}

/** The content by its framing; `undefined` while incomplete. */
function contentOf(head: string, after: string): { content: string; rest: string } | undefined {
  const length = /^content-length:[ \t]*(\d+)/im.exec(head)?.[1]
  if (length !== undefined) {
    const size = Number(length)
    return after.length < size ? undefined : { content: after.slice(0, size), rest: after.slice(size) }
  }
  if (!/^transfer-encoding:[ \t]*chunked/im.test(head)) return { content: '', rest: after }
  let content = ''
  for (let rest = after; ; ) {
    const line = rest.indexOf('\r\n')
    const size = Number.parseInt(rest, 16)
    if (line === -1 || rest.length < line + 2 + size + 2) return undefined
    content += rest.slice(line + 2, line + 2 + size)
    rest = rest.slice(line + 4 + size)
    if (size === 0) return { content, rest }
  }
}

/** Sends the octets and reads until as many answers as were asked for are complete. */
function exchange(port: number, asked: string, workload: Workload): Promise<string> {
  return new Promise((resolve, reject) => {
    let octets = ''
    const socket = connect(port, '127.0.0.1', () => socket.write(asked, 'latin1'))
    const finish = (): void => {
      clearTimeout(late)
      socket.destroy()
      resolve(octets)
    }
    const late = setTimeout(() => {
      socket.destroy()
      reject(new Error(`no complete answer to ${workload.id}: ${JSON.stringify(octets.slice(0, 400))}`))
    }, 5000)
    socket.on('data', (piece: Buffer) => {
      octets += piece.toString('latin1')
      let rest: string | undefined = octets
      let answers = 0
      while (answers < workload.pipelining && rest !== undefined) {
        const end: number = rest.indexOf('\r\n\r\n')
        if (end === -1) return
        rest = contentOf(rest.slice(0, end), rest.slice(end + 4))?.rest
        if (rest !== undefined) answers++
      }
      if (answers === workload.pipelining) finish()
    })
    socket.on('end', finish)
    socket.on('error', reject)
  })
}
