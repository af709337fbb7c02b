import { createHash, randomBytes, type ScryptOptions, scrypt, timingSafeEqual } from 'node:crypto'

/** Cost of new hashes: about 30 ms and 16 MiB, in the thread pool. */
const COST = { N: 2 ** 14, r: 8, p: 1 }
const KEY_LENGTH = 32

/**
 * Hashes a password for a configuration file: `scrypt$N$r$p$salt$key`, base64url. Runs in the thread pool.
 */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(16)
  const key = await derive(password, salt, KEY_LENGTH, COST)
  return ['scrypt', COST.N, COST.r, COST.p, salt.toString('base64url'), key.toString('base64url')].join('$')
}

/**
 * True for what a password can be checked against: a hash, or a password in the clear. A text that begins as a hash does
 * and is none, because its end was lost for example, is neither.
 */
export function isExpectable(text: string): boolean {
  return !text.startsWith('scrypt$') || readHash(text) !== undefined
}

/**
 * Checks a password against a hash, or against a password in the clear, without telling by its time how much of it was
 * right. Hashes are checked in the thread pool, never on the loop.
 */
export async function verifyPassword(password: string, expected: string): Promise<boolean> {
  const hash = readHash(expected)
  if (hash === undefined) return isExpectable(expected) && timingSafeEqual(digest(password), digest(expected))
  const key = await derive(password, hash.salt, hash.key.length, hash.cost)
  return timingSafeEqual(key, hash.key)
}

/** Salt and key have the lengths that {@link hashPassword} gives them: of no key at all every password would be the right one. */
const HASH = /^scrypt\$([1-9]\d{0,6})\$([1-9]\d?)\$([1-9])\$([\w-]{22})\$([\w-]{43})$/
/** Octets that checking one hash may take. */
const MAX_MEMORY = 32 * 1024 * 1024

function readHash(text: string): { cost: typeof COST; salt: Buffer; key: Buffer } | undefined {
  const [, N, r, p, salt, key] = HASH.exec(text) ?? []
  if (key === undefined) return undefined
  const cost = { N: Number(N), r: Number(r), p: Number(p) }
  // N is a power of two above one (RFC 7914 §2).
  if (cost.N < 2 || (cost.N & (cost.N - 1)) !== 0 || 128 * cost.N * cost.r > MAX_MEMORY) return undefined
  return { cost, salt: Buffer.from(salt!, 'base64url'), key: Buffer.from(key, 'base64url') }
}

function derive(password: string, salt: Buffer, length: number, cost: ScryptOptions): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    // What the algorithm needs beside its table is small, and counted too.
    scrypt(password, salt, length, { ...cost, maxmem: 2 * MAX_MEMORY }, (error, key) =>
      error === null ? resolve(key) : reject(error),
    )
  })
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
