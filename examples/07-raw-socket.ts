// Stage 7: underneath. bind, listen, accept, receive, send: an HTTP answer on a plain socket, with our own parser.
import { HttpError, RequestParser } from '@plainwire/http-parser'
import { encodeResponseHead } from '@plainwire/http-parser/encode'
import { type Connection, listen } from '@plainwire/socket-server'
import { giveUp, portOr } from './command-line.js'

async function answer(connection: Connection): Promise<void> {
  let target: string | undefined
  const parser = new RequestParser({
    head(head) {
      target = head.target
    },
  })
  try {
    for await (const chunk of connection) {
      parser.push(chunk)
      if (target !== undefined) return send(connection, 200, `You asked for ${target}\n`)
    }
  } catch (error) {
    // Who sends no HTTP is told so; who was lost hears nothing.
    if (error instanceof HttpError) return send(connection, error.status, `${error.message}\n`)
  }
  connection.close()
}

function send(connection: Connection, status: number, content: string): void {
  const fields = { 'Content-Type': 'text/plain', 'Content-Length': String(content.length), Connection: 'close' }
  connection.write(encodeResponseHead({ status, fields }))
  connection.write(content)
  connection.close()
}

const listener = await listen({ port: portOr(8080), backlog: 5 }).catch(giveUp)
console.log(listener.url.replace('tcp:', 'http:'))

// Not awaited: the next client does not wait until this one is served.
for await (const connection of listener) void answer(connection)
