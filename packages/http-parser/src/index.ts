export const name = 'http-parser index'
