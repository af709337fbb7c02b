import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Member, Members } from '../src/members.js'

describe('the members of a server', () => {
  it('are those who came and have not left, in whatever order they come and leave', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(), { maxLength: 200 }), (steps) => {
        const members = new Members<Member>()
        const expected: Member[] = []
        for (const step of steps) {
          if (step % 3 !== 0 || expected.length === 0) {
            const member = { place: -1 }
            members.add(member)
            expected.push(member)
          } else members.delete(expected.splice(step % expected.length, 1)[0]!)
          expect(members.size).toBe(expected.length)
          expect(new Set(members.all())).toEqual(new Set(expected))
        }
      }),
    )
  })

  it('may leave while all are being visited', () => {
    const members = new Members<Member>()
    for (let count = 0; count < 10; count++) members.add({ place: -1 })
    for (const member of members.all()) members.delete(member)
    expect(members.size).toBe(0)
  })
})
