import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { keyOf } from '../src/engine/names.js'
import type { Channel, User } from '../src/engine/presence.js'
import type { Session } from '../src/session/session.js'
import { EngineStage } from './transcripts/stages.js'

const SESSIONS = 200
const COMMANDS = 25_000
const RUNS = 4
/** Octets: enough for a welcome, little for a client that reads now and then. */
const MAX_SEND_QUEUE = 5000

/** What one client believes, from the lines it got and nothing else. */
class Witness {
  nick: string
  readonly channels = new Set<string>()
  /** Last place seen in each room's order. */
  readonly places = new Map<string, number>()

  constructor(nick: string) {
    this.nick = nick
  }

  /** Reads one line; the complaint when it should not have come. */
  read(line: string): string | undefined {
    const bare = line.startsWith('@') ? line.slice(line.indexOf(' ') + 1) : line
    if (Buffer.byteLength(bare) > 510) return 'longer than 512 octets'
    const [source = '', command = '', target = '', extra = ''] = bare.split(' ')
    const nick = source.slice(1, source.indexOf('!'))
    const channel = keyOf(target.replace(/^[@%+]/, ''))
    switch (command) {
      case 'JOIN':
        if (nick === this.nick) this.channels.add(channel)
        else if (!this.channels.has(channel)) return 'JOIN in a room it is not in'
        break
      case 'PART':
      case 'KICK':
        if (!this.channels.has(channel)) return `${command} in a room it is not in`
        if ((command === 'PART' ? nick : extra) === this.nick) this.channels.delete(channel)
        break
      case 'PRIVMSG':
      case 'NOTICE':
      case 'TAGMSG':
      case 'TOPIC':
      case 'MODE':
        if (channel.startsWith('#') && !this.channels.has(channel)) {
          // One's own words into an open room come back as an echo.
          if (!(nick === this.nick && /PRIVMSG|NOTICE|TAGMSG/.test(command))) return `${command} of a room it is not in`
        }
        break
      case 'NICK':
        if (nick === this.nick) this.nick = target.replace(/^:/, '')
        break
    }
    return channel.startsWith('#') && !line.includes('batch=') ? this.order(line) : undefined
  }

  private order(line: string): string | undefined {
    const [, room, digits] = /^@(?:[^ ]*;)?msgid=(\w+)-(\w+)[; ]/.exec(line) ?? []
    if (room === undefined) return undefined
    const place = Number.parseInt(digits!, 36)
    const before = this.places.get(room) ?? 0
    this.places.set(room, place)
    return place <= before ? `place ${place} after ${before}` : undefined
  }
}

function randomOf(seed: number): (below: number) => number {
  let state = seed >>> 0
  // mulberry32: small, seeded, good enough to choose commands.
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) % below
  }
}

function command(random: (below: number) => number): string {
  const room = (): string => `#room${random(60)}`
  const nick = (): string => (random(4) === 0 ? `alias${random(20)}` : `user${random(SESSIONS)}`)
  const mode = (): string => ['+', '-'][random(2)]! + 'imnstCbeIklovh'[random(14)]!
  const choices: (() => string)[] = [
    () => `JOIN ${room()}`,
    () => `JOIN ${room()},${room()} key`,
    () => `PART ${room()} :bye`,
    () => `PART ${room()},${room()},${room()}`,
    () => 'JOIN 0',
    () => `PRIVMSG ${room()} :word ${random(1000)}`,
    () => `PRIVMSG ${room()} :word ${random(1000)}`,
    () => `NOTICE @${room()},${nick()} :word`,
    () => `@+typing=active;+x=${random(9)} TAGMSG ${room()}`,
    () => `KICK ${room()} ${nick()}`,
    () => `MODE ${room()} ${mode()} ${random(3) === 0 ? random(5) + 1 : nick()}`,
    () => `MODE ${room()} ${mode()}${mode()} ${nick()} m:${nick()}`,
    () => `TOPIC ${room()} :topic ${random(100)}`,
    () => `INVITE ${nick()} ${room()}`,
    () => `NICK ${nick()}`,
    () => `AWAY ${['', ':gone'][random(2)]}`,
    () => `MONITOR ${['+', '-'][random(2)]} ${nick()},${nick()}`,
    () => `WHO ${room()} %tnf,1`,
    () => `NAMES ${room()}`,
    () => `WHOIS ${nick()}`,
    () => `SETNAME :name ${random(100)}`,
    () => `CHATHISTORY LATEST ${room()} * 5`,
    () => ['LIST >3', 'MONITOR C', 'LUSERS', 'NONSENSE', 'PRIVMSG', 'QUIT :enough'][random(6)]!,
  ]
  return choices[random(choices.length)]!()
}

const CAPS = 'message-tags batch draft/chathistory away-notify invite-notify setname extended-monitor'

describe('200 sessions that do whatever comes to mind', () => {
  it('membership is symmetric, nothing reaches a non-member, and each room has one order for all', {
    timeout: 60_000,
  }, () => {
    fc.assert(
      fc.property(fc.integer(), (seed) => {
        const random = randomOf(seed)
        const stage = new EngineStage({ limits: { maxChannels: 20 }, maxSendQueue: MAX_SEND_QUEUE })
        let overflows = 0
        const witnesses = new Map<Session, Witness>()
        const arrive = (who: string, echoes: boolean): void => {
          stage.connect(who)
          for (const line of [
            `CAP REQ :${CAPS}${echoes ? ' echo-message' : ''}`,
            `NICK ${who}`,
            'USER u 0 * :U',
            'CAP END',
          ]) {
            stage.send(who, line)
          }
          const session = stage.sessions.get(who)!
          // The nick may be somebody's alias now: take the first that is free.
          while (session.user === undefined) stage.send(who, `NICK free${random(1_000_000)}`)
          session.take()
          witnesses.set(session, new Witness(session.nick))
        }
        const listen = (isReading: (nick: string) => boolean): void => {
          for (const session of stage.talking) {
            const witness = witnesses.get(session)
            // Whoever is just arriving is read from its welcome on.
            if (session.queued > 0 && witness !== undefined && !isReading(witness.nick)) continue
            stage.talking.delete(session)
            if (session.queued === 0 || witness === undefined) continue
            if (session.queued > MAX_SEND_QUEUE) overflows++
            for (const line of Buffer.from(session.take(), 'latin1').toString().slice(0, -2).split('\r\n')) {
              const complaint = witness.read(line)
              if (complaint !== undefined) throw new Error(`${witness.nick}: ${complaint}\n${line}`)
            }
            // What is left of a long answer follows, and what is then read may be said in this round as well.
            if (stage.answering.delete(session)) session.resume()
          }
          expect(stage.faults).toEqual([])
        }
        const everybody = (): boolean => true
        // One in ten takes its time.
        const most = (nick: string): boolean => !nick.endsWith('7') || random(3000) === 0
        for (let i = 0; i < SESSIONS; i++) arrive(`user${i}`, i % 3 === 0)
        listen(everybody)
        for (let i = 0; i < COMMANDS; i++) {
          const who = `user${random(SESSIONS)}`
          stage.send(who, command(random))
          listen(most)
          if (random(2000) === 0) {
            stage.vanish(who)
            listen(most)
          }
          if (stage.sessions.get(who)!.ended) arrive(who, random(3) === 0)
          if (i % 500 === 0) check(stage, witnesses)
        }
        listen(everybody)
        check(stage, witnesses)
        expect(overflows).toBeGreaterThan(10)
      }),
      { numRuns: RUNS, seed: 20_261_123, endOnFailure: true },
    )
  })
})

function check({ engine, sessions }: EngineStage, witnesses: Map<Session, Witness>): void {
  const users = new Set<User>(engine.users.values())
  const problems: string[] = []
  const claim = (holds: boolean, sentence: string): void => {
    if (!holds) problems.push(sentence)
  }
  for (const [key, user] of engine.users) {
    claim(user.key === key && keyOf(user.nick) === key && user.present, `${key} is found under its nick`)
    for (const [channel, member] of user.memberships) {
      claim(channel.members.get(user) === member, `${key} in ${channel.name} and not the other way round`)
    }
    for (const channel of user.invitations ?? [])
      claim(channel.invited.has(user), `${key} invited to ${channel.name}, one way`)
    for (const watched of user.watching?.keys() ?? []) claim(engine.watchers.get(watched)?.has(user) === true, 'watch')
  }
  for (const [key, channel] of engine.channels) {
    claim(channel.key === key && channel.members.size > 0, `${key} is there while somebody is in it`)
    for (const [user, member] of channel.members) {
      claim(users.has(user) && user.memberships.get(channel) === member, `${key} has ${user.nick}, one way`)
    }
    for (const user of channel.invited)
      claim(users.has(user) && user.invitations?.has(channel) === true, `${key} invited, one way`)
  }
  for (const watchers of engine.watchers.values())
    for (const user of watchers) claim(users.has(user), 'a watcher is here')
  for (const [who, session] of sessions) {
    const witness = witnesses.get(session)!
    // Who has not read everything yet may be wrong.
    if (session.user === undefined || session.ended || session.queued > 0) continue
    claim(session.nick === witness.nick, `${who} knows its nick`)
    const real = [...session.user.memberships.keys()].map((channel: Channel) => channel.key).sort()
    claim(
      real.join() === [...witness.channels].sort().join(),
      `${who} believes ${[...witness.channels]} and is in ${real}`,
    )
  }
  claim(
    engine.invisibleUsers === [...users].filter((user) => user.modes.has('invisible')).length,
    'invisible are counted',
  )
  claim(engine.operators === [...users].filter((user) => user.operator).length, 'operators are counted')
  expect(problems).toEqual([])
}
