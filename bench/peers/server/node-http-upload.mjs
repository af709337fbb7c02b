import { createServer } from 'node:http'

createServer((request, response) => {
  let length = 0
  request.on('data', (piece) => {
    length += piece.length
  })
  request.on('end', () => {
    const content = `${length}\n`
    response.writeHead(200, { 'Content-Type': 'text/plain', 'Content-Length': content.length })
    response.end(content)
  })
}).listen({ port: 0, host: '127.0.0.1', backlog: 4096 }, function () {
  console.log(`PORT ${this.address().port}`)
})
