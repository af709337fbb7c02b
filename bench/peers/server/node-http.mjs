import { createServer } from 'node:http'

createServer((request, response) => {
  if (request.method === 'POST') {
    const pieces = []
    request.on('data', (piece) => pieces.push(piece))
    request.on('end', () => {
      const content = Buffer.concat(pieces)
      response.writeHead(200, { 'Content-Type': 'application/octet-stream', 'Content-Length': content.length })
      response.end(content)
    })
    return
  }
  response.writeHead(200, { 'Content-Type': 'text/plain', 'Content-Length': 14 })
  response.end('Hello, World!\n')
}).listen({ port: 0, host: '127.0.0.1', backlog: 4096 }, function () {
  console.log(`PORT ${this.address().port}`)
})
