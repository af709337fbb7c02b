import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { EngineStage, LiveStage } from './transcripts/stages.js'
import { play, readTranscripts } from './transcripts/transcript.js'

const folder = new URL('./transcripts/', import.meta.url)
const files = readdirSync(folder).filter((name) => name.endsWith('.irc'))
const all = files.map((file) => ({ file, transcripts: readTranscripts(readFileSync(new URL(file, folder), 'utf8')) }))

it('holds at least 120 conversations, each with a sentence of its own', () => {
  const titles = all.flatMap(({ transcripts }) => transcripts.map(({ title }) => title))
  expect(new Set(titles).size).toBe(titles.length)
  expect(titles.length).toBeGreaterThanOrEqual(120)
})

describe.each(all)('$file on the engine', ({ transcripts }) => {
  it.each(transcripts)('$title', async (transcript) => {
    await play(transcript, new EngineStage(transcript.options))
  })
})

describe('with a log that answers later', () => {
  it.each(all.find(({ file }) => file === 'history.irc')!.transcripts)('$title', async (transcript) => {
    await play(transcript, new EngineStage(transcript.options, true))
  })
})

// Where time passes, it must be a number.
const live = all.map(({ file, transcripts }) => ({
  file,
  transcripts: transcripts.filter(({ steps }) => steps.every(({ step }) => step.do !== 'pass')),
}))

describe.each([
  ['over TCP', LiveStage.overTcp],
  ['over WebSocket', LiveStage.overWebSocket],
])('%s', (_how, open) => {
  describe.each(live)('$file', ({ transcripts }) => {
    it.each(transcripts)('$title', async (transcript) => {
      const stage = await open(transcript.options)
      try {
        await play(transcript, stage)
      } finally {
        await stage.close()
      }
    })
  })
})
