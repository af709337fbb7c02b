// Stage 1: the same page for everybody. A class with a method per HTTP method, as in the chapter.
import { serve } from '@plainwire/web-server'
import { BaseRequestHandler, handlerOf } from '@plainwire/web-server/handler'
import { giveUp, portOr } from './command-line.js'

const page = '<html><body><p>Hello, web!</p></body></html>\n'

class RequestHandler extends BaseRequestHandler {
  doGET(): void {
    this.sendResponse(200)
    this.sendHeader('Content-Type', 'text/html; charset=utf-8')
    this.sendHeader('Content-Length', page.length)
    this.endHeaders()
    this.write(page)
  }
}

const server = await serve({ port: portOr(8080), handler: handlerOf(RequestHandler) }).catch(giveUp)
console.log(server.url)
