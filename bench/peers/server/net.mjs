// The ceiling: a bare socket that answers every read with the same octets. It parses nothing.
import { createServer } from 'node:net'

let date = new Date().toUTCString()
setInterval(() => {
  date = new Date().toUTCString()
}, 1000).unref()

createServer({ noDelay: true }, (socket) => {
  socket.on('error', () => {})
  socket.on('data', (chunk) => {
    const closes = chunk.includes('Connection: close')
    const head = `HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 14\r\nDate: ${date}\r\n`
    if (closes) socket.end(`${head}Connection: close\r\n\r\nHello, World!\n`, 'latin1')
    else socket.write(`${head}\r\nHello, World!\n`, 'latin1')
  })
}).listen({ port: 0, host: '127.0.0.1' }, function () {
  console.log(`PORT ${this.address().port}`)
})
