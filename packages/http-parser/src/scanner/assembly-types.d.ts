// AssemblyScript's integer, as TypeScript reads it: a number that stays within 32 bits.
declare type i32 = number
