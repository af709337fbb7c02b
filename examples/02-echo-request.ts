// Stage 2: what the client sent, in a table. What came from outside is escaped before it goes into a page.
import { serve } from '@plainwire/web-server'
import { BaseRequestHandler, handlerOf } from '@plainwire/web-server/handler'
import { giveUp, portOr } from './command-line.js'

const escapeHtml = (text: string): string => text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`)

class RequestHandler extends BaseRequestHandler {
  doGET(): void {
    const { method, path, query, remote, fields } = this.request
    const rows = [
      ['Date and time', new Date().toUTCString()],
      ['Client', 'host' in remote ? `${remote.host} port ${remote.port}` : 'a Unix socket'],
      ['Command', method],
      ['Path', path],
      ['Query', query],
      ...fields,
    ]
    const table = rows.map(([name, value]) => `<tr><th>${escapeHtml(name!)}</th><td>${escapeHtml(value!)}</td></tr>`)
    this.sendResponse(200)
    this.sendHeader('Content-Type', 'text/html; charset=utf-8')
    this.endHeaders()
    this.write(`<html><body><table>${table.join('\n')}</table></body></html>\n`)
  }
}

const server = await serve({ port: portOr(8080), handler: handlerOf(RequestHandler) }).catch(giveUp)
console.log(server.url)
