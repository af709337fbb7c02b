import polka from 'polka'

polka()
  .get('/', (_request, response) => {
    response.writeHead(200, { 'Content-Type': 'text/plain', 'Content-Length': 14 })
    response.end('Hello, World!\n')
  })
  .post('/echo', (request, response) => {
    const pieces = []
    request.on('data', (piece) => pieces.push(piece))
    request.on('end', () => {
      const content = Buffer.concat(pieces)
      response.writeHead(200, { 'Content-Type': 'application/octet-stream', 'Content-Length': content.length })
      response.end(content)
    })
  })
  .post('/upload', (request, response) => {
    let length = 0
    request.on('data', (piece) => {
      length += piece.length
    })
    request.on('end', () => {
      const content = `${length}\n`
      response.writeHead(200, { 'Content-Type': 'text/plain', 'Content-Length': content.length })
      response.end(content)
    })
  })
  .listen({ port: 0, host: '127.0.0.1', backlog: 4096 }, function () {
    console.log(`PORT ${this.address().port}`)
  })
