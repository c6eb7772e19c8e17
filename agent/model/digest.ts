/** Hashing is a parameter: pure folders may not load node:crypto, and tests may want it readable. */
export interface Hasher {
  /** Lower-case hex SHA-256 of the UTF-8 bytes. */
  sha256(data: string | Uint8Array): string;
  /** Lower-case hex HMAC-SHA-256 with the install key: for everything derived from Secret values (NEG-32). */
  keyed(data: string): string;
}
