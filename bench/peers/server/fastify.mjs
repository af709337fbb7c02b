import fastify from 'fastify'

const app = fastify()
app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, content, done) => done(null, content))
app.get('/', (_request, reply) => reply.header('Content-Type', 'text/plain').send('Hello, World!\n'))
app.post('/echo', (request, reply) => reply.header('Content-Type', 'application/octet-stream').send(request.body))
app.register(async (uploads) => {
  uploads.addContentTypeParser('application/octet-stream', (_request, content, done) => done(null, content))
  uploads.post('/upload', (request, reply) => {
    let length = 0
    request.body.on('data', (piece) => {
      length += piece.length
    })
    request.body.on('end', () => reply.header('Content-Type', 'text/plain').send(`${length}\n`))
  })
})
await app.listen({ port: 0, host: '127.0.0.1', backlog: 4096 })
console.log(`PORT ${app.server.address().port}`)
