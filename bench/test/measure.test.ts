import { describe, expect, it } from 'vitest'
import { allowedCores } from '../src/cores.js'
import { drawPlot } from '../src/measure/plot.js'
import { keepsBar, type Result, type Row, resultPath } from '../src/measure/result.js'
import { geometricMean, median, pairedRatio, shuffled, spread, summarise } from '../src/measure/statistics.js'
import { show } from '../src/measure/terminal.js'
import { compareResults } from '../src/report/compare.js'
import { markdownMatrix } from '../src/report/matrix.js'
import { markdownBars, replaceBetweenMarkers, resultsPage } from '../src/report/tables.js'

const row = (name: string, samples: number[], ours = false): Row => ({ name, ours, ...summarise(samples) })

const result = (rows: Row[]): Result => ({
  suite: 'server',
  command: 'npm run bench:server',
  date: '2026-01-02T03:04:05.000Z',
  environment: { node: 'v20.19.0', cpu: 'a processor', cores: 2, os: 'Linux', versions: {}, notes: [] },
  tables: [{ id: 'hello', title: 'hello', unit: 'µs', better: 'lower', rows }],
  ratios: [
    {
      table: 'hello',
      of: 'ours',
      over: 'theirs',
      median: 2,
      min: 1.5,
      max: 2.5,
      bar: 1.8,
      sense: 'at least',
      met: true,
    },
    {
      table: 'hello',
      of: 'ours',
      over: 'ceiling',
      median: 1.3,
      min: 1.2,
      max: 1.4,
      bar: 1.1,
      sense: 'at most',
      met: false,
    },
  ],
  figures: [{ id: 'size', title: 'size', value: 11, unit: 'KiB', bar: 12, sense: 'at most', met: true }],
  skipped: [],
})

describe('what is said of a sample', () => {
  it('the median is the middle one, or the mean of two', () => {
    expect([median([3, 1, 2]), median([4, 1, 2, 3])]).toEqual([2, 2.5])
  })
  it('a summary keeps the samples in their order and leaves the caller’s array alone', () => {
    const samples = [3, 1, 2]
    expect(summarise(samples)).toEqual({ median: 2, min: 1, max: 3, samples: [3, 1, 2] })
    expect(samples).toEqual([3, 1, 2])
    expect(() => summarise([])).toThrow(RangeError)
  })
  it('ratios are paired by round, so that a machine that slows down cancels out', () => {
    expect(pairedRatio([20, 40, 80], [10, 20, 40])).toEqual({ median: 2, min: 2, max: 2, samples: [2, 2, 2] })
  })
  it('the geometric mean is the one for ratios', () => {
    expect(geometricMean([2, 8])).toBeCloseTo(4)
  })
  it('the spread is the distance of the quartiles over the median', () => {
    expect([spread([5, 5, 5, 5, 5]), spread([1, 2, 3, 4, 5])]).toEqual([0, 2 / 3])
  })
  it('a shuffle loses and repeats nothing', () => {
    expect(shuffled([1, 2, 3, 4, 5]).sort()).toEqual([1, 2, 3, 4, 5])
    expect(shuffled([1, 2, 3], () => 0)).toEqual([2, 3, 1])
  })
  it('a bar is kept from its own side', () => {
    expect([keepsBar(2, 2, 'at least'), keepsBar(1.9, 2, 'at least'), keepsBar(2.1, 2, 'at most')]).toEqual([
      true,
      false,
      false,
    ])
  })
  it('figures have three digits', () => {
    expect([1234.5, 12.345, 0.01234, Number.NaN, 'n/a', undefined].map(show)).toEqual([
      '1,235',
      '12.3',
      '0.0123',
      '–',
      'n/a',
      '',
    ])
  })
})

it.each<[string, number[]]>([
  ['0-1', [0, 1]],
  ['0', [0]],
  ['2-4,7', [2, 3, 4, 7]],
  ['12,14-15', [12, 14, 15]],
])('of a machine that allows the cores %s those are chosen from', (list, expected) => {
  expect(allowedCores(`Name:\tnode\nCpus_allowed:\tff\nCpus_allowed_list:\t${list}\nMems_allowed:\t1\n`)).toEqual(
    expected,
  )
})

describe('reports', () => {
  const rows = [row('theirs', [20, 21, 22]), row('ours', [10, 11, 12], true)]

  it('show the best first, ours in bold, and missed bars as plainly as met ones', () => {
    const tables = resultsPage([result(rows)])
    expect(tables.indexOf('**ours**')).toBeLessThan(tables.indexOf('theirs'))
    expect(
      markdownBars(result(rows))
        .split('\n')
        .filter((line) => /\| (met|missed) \|$/.test(line)).length,
    ).toBe(3)
    expect(markdownBars(result(rows))).toMatch(/ceiling \| 1.30× .*missed/)
    expect(markdownBars(result(rows))).toMatch(/^2 of 3 bars are met\.\n/)
  })

  it('put the medians of workloads with the same of ours into one table, ours first', () => {
    const one = result(rows)
    const post = { ...one.tables[0]!, id: 'post', title: 'post', rows: rows.slice(1) }
    const site = { ...post, title: 'site', rows: [row('our site', [5], true), row('theirs', [20])] }
    const matrix = markdownMatrix({ ...one, tables: [...one.tables, post, site] })
    expect(matrix.split('\n').slice(2)).toEqual([
      '| µs, lower is better | **ours** | theirs |',
      '|---|--:|--:|',
      '| hello | **11.0** | 21.0 |',
      '| post | **11.0** |  |',
      '',
      '| µs, lower is better | **our site** | theirs |',
      '|---|--:|--:|',
      '| site | **5.00** | 20.0 |',
      '',
    ])
    expect(markdownMatrix(one, (name) => name !== 'theirs')).not.toContain('theirs')
  })

  it('say unit and sense with each workload where they differ', () => {
    const one = result(rows)
    const rate = { ...one.tables[0]!, title: 'rate', unit: 'a second', better: 'higher' as const }
    expect(markdownMatrix({ ...one, tables: [...one.tables, rate] })).toContain(
      '|  | **ours** | theirs |\n|---|--:|--:|\n| hello (µs, lower is better) | **11.0** | 21.0 |\n| rate (a second, higher is better) |',
    )
  })

  it('go where the document has a place for them, and nowhere else', () => {
    const document = 'a\n<!-- bench:server -->\nold\n<!-- /bench:server -->\nb'
    expect(replaceBetweenMarkers(document, 'server', 'new')).toBe(
      'a\n<!-- bench:server -->\nnew\n<!-- /bench:server -->\nb',
    )
    expect(() => replaceBetweenMarkers(document, 'chat', 'new')).toThrow(RangeError)
  })

  it('plots hold names as text, not as markup', () => {
    const plot = drawPlot({ title: '<b>', subtitle: '"', tables: [{ ...result([row('<script>', [1])]).tables[0]! }] })
    expect(plot).toContain('&lt;script&gt;')
    expect(plot).not.toContain('<script>')
  })

  it('a comparison takes out what the machine did, and flags what moved beyond the spread', () => {
    const before = result([row('theirs', [20, 20, 20]), row('ours', [10, 10, 10], true)])
    const slowMachine = result([row('theirs', [40, 40, 40]), row('ours', [20, 20, 20], true)])
    const slowCode = result([row('theirs', [20, 20, 20]), row('ours', [12, 12, 12], true)])
    const ours = (later: Result) => compareResults(before, later).find((change) => change.row === 'ours')
    expect(ours(slowMachine)).toMatchObject({ ratio: 1, moved: false })
    expect(ours(slowCode)).toMatchObject({ ratio: 1.2, moved: true, better: false })
  })

  it('a comparison flags no more than its neighbours can bear witness to', () => {
    const before = result([row('theirs', [10, 20, 30]), row('ours', [10, 10, 10], true)])
    const later = result([row('theirs', [15, 25, 35]), row('ours', [10, 10, 10], true)])
    expect(compareResults(before, later)[1]).toMatchObject({ row: 'ours', ratio: 0.8, moved: false })
  })

  it('a comparison takes the middle of two neighbours, not the slower one', () => {
    const peers = (one: number, two: number): Row[] => [row('one', [one, one, one]), row('two', [two, two, two])]
    const before = result([...peers(10, 10), row('ours', [10, 10, 10], true)])
    const later = result([...peers(9, 13), row('ours', [11, 11, 11], true)])
    expect(compareResults(before, later)[2]).toMatchObject({ row: 'ours', ratio: 1, moved: false })
  })

  it('a quick result lies beside the full one, and is set against a quick one', () => {
    const path = (command: string): string => resultPath({ suite: 'server', command })
    expect(path('npm run bench:server')).toMatch(/results\/server\.json$/)
    expect(path('npm run bench:quick')).toMatch(/results\/server-quick\.json$/)
  })
})
