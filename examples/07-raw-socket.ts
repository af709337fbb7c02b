// Stage 7: underneath. bind, listen, accept, receive, send: an HTTP answer on a plain socket, with our own parser.
import { RequestParser } from '@plainwire/http-parser'
import { encodeResponseHead } from '@plainwire/http-parser/encode'
import { listen } from '@plainwire/socket-server'

const listener = await listen({ port: Number(process.argv[2] ?? 8080), backlog: 5 })
console.log(listener.url)

for await (const connection of listener) {
  let target: string | undefined
  const parser = new RequestParser({
    head(head) {
      target = head.target
    },
  })
  for await (const chunk of connection) {
    parser.push(chunk)
    if (target !== undefined) break
  }
  const content = `You asked for ${target}\n`
  const fields: [string, string][] = [
    ['Content-Type', 'text/plain'],
    ['Content-Length', String(content.length)],
    ['Connection', 'close'],
  ]
  connection.write(encodeResponseHead({ status: 200, fields }))
  connection.write(content)
  connection.close()
}
