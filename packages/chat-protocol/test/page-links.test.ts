import { describe, expect, it } from 'vitest'
import { hueOf, splitLinks } from '../src/page/links.js'

describe('addresses in a message', () => {
  const rows: [sentence: string, text: string, links: string[]][] = [
    ['plain text has none', 'hello, world', []],
    ['an address alone', 'https://a.example/b', ['https://a.example/b']],
    ['the full stop of a sentence stays outside', 'See https://a.example/b.', ['https://a.example/b']],
    ['brackets around it stay outside', '(https://a.example/b), and', ['https://a.example/b']],
    ['brackets that belong to it stay inside', 'https://a.example/A_(b)', ['https://a.example/A_(b)']],
    ['several', 'http://a.example and http://b.example/?q=1&r=2!', ['http://a.example', 'http://b.example/?q=1&r=2']],
    ['no scheme that could carry a script', 'javascript:alert(1) data:text/html,x vbscript:x', []],
    ['a scheme without a host is none', 'https:// nothing', []],
    ['markup ends it', 'http://a.example/<b>', ['http://a.example/']],
    ['quotes end it', 'http://a.example/"onclick="x', ['http://a.example/']],
  ]
  it.each(rows)('%s', (_, text, links) => {
    const pieces = splitLinks(text)
    expect(pieces.flatMap(({ href }) => href ?? [])).toEqual(links)
    expect(pieces.map((piece) => piece.text).join('')).toBe(text)
  })

  it('takes linear time however many brackets and dots follow', () => {
    const text = `http://a.example/${').'.repeat(2_000)}`
    expect(splitLinks(text)[0]).toEqual({ text: 'http://a.example/', href: 'http://a.example/' })
  })
})

it('a nick has one colour, whatever its case', () => {
  expect(hueOf('Ada')).toBe(hueOf('aDA'))
  expect(hueOf('ada')).not.toBe(hueOf('bob'))
})
