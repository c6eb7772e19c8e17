/** What every way of printing a secret shows. */
export const mask = "***";

/** A value that must not leave (P7): however it is printed, logged or serialized, it shows as `***` (NEG-23). */
export class Secret {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  toString(): string {
    return mask;
  }

  toJSON(): string {
    return mask;
  }

  [Symbol.toPrimitive](): string {
    return mask;
  }

  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return mask;
  }

  /** The only way to the value; reading it is meant to be easy to find: search for `reveal`. */
  static reveal(secret: Secret): string {
    return secret.#value;
  }
}

/** Wraps a value at the edge where it is read. */
export function secretOf(value: string): Secret {
  return new Secret(value);
}

/** The value itself, for the one call that sends it. */
export function reveal(secret: Secret): string {
  return Secret.reveal(secret);
}
