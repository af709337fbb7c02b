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

/** True when the text has the form that {@link hashPassword} gives. */
export function isPasswordHash(text: string): boolean {
  return readHash(text) !== undefined
}

/**
 * Checks a password against a hash, or against a password in the clear, without telling by its time how much of it was
 * right. Hashes are checked in the thread pool, never on the loop.
 */
export async function verifyPassword(password: string, expected: string): Promise<boolean> {
  const hash = readHash(expected)
  if (hash === undefined) return timingSafeEqual(digest(password), digest(expected))
  const key = await derive(password, hash.salt, hash.key.length, hash.cost)
  return timingSafeEqual(key, hash.key)
}

function readHash(text: string): { cost: typeof COST; salt: Buffer; key: Buffer } | undefined {
  const [name, N, r, p, salt, key] = text.split('$')
  if (name !== 'scrypt' || key === undefined) return undefined
  return {
    cost: { N: Number(N), r: Number(r), p: Number(p) },
    salt: Buffer.from(salt!, 'base64url'),
    key: Buffer.from(key, 'base64url'),
  }
}

function derive(password: string, salt: Buffer, length: number, cost: ScryptOptions): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    scrypt(password, salt, length, cost, (error, key) => (error === null ? resolve(key) : reject(error)))
  })
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
