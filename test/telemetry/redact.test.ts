import { inspect } from "node:util";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { reveal, secretOf } from "../../agent/model/secret.ts";
import { createRedactor } from "../../agent/telemetry/redact.ts";

const canary = "cAnArY/+tok~en=7f3a?&x";

describe("a Secret", () => {
  it("shows as *** however it is printed, and gives its value only on purpose", () => {
    const secret = secretOf(canary);
    const printed = [String(secret), `${secret}`, JSON.stringify({ secret }), inspect({ secret })];
    expect(printed.filter((text) => text.includes("cAnArY"))).toEqual([]);
    expect(printed.every((text) => text.includes("***"))).toBe(true);
    expect(Object.keys(secret)).toEqual([]);
    expect(reveal(secret)).toBe(canary);
  });
});

describe("the redactor", () => {
  it("masks a value raw, URL-encoded, in hex and in a JSON string", () => {
    const { add, redact } = createRedactor();
    add(canary);
    add('quo"te\\d secret');
    const said = [
      canary,
      encodeURIComponent(canary),
      Buffer.from(canary).toString("hex"),
      JSON.stringify('quo"te\\d secret'),
    ].map((form) => redact(`before ${form} after`));
    expect(said).toEqual([
      "before *** after",
      "before *** after",
      "before *** after",
      'before "***" after',
    ]);
  });

  it("masks a value wherever it stands in a longer base64 text", () => {
    fc.assert(
      fc.property(
        fc.string({ minLength: 10, maxLength: 60 }),
        fc.string({ maxLength: 9 }),
        fc.string({ maxLength: 9 }),
        (secret, before, after) => {
          const { add, redact } = createRedactor();
          add(secret);
          for (const encoding of ["base64", "base64url"] as const) {
            const text = Buffer.from(before + secret + after).toString(encoding);
            const left = Buffer.from(redact(text).split("***").join(""), encoding).toString(
              "latin1",
            );
            expect(redact(text)).toContain("***");
            expect(left).not.toContain(Buffer.from(secret).toString("latin1"));
          }
        },
      ),
    );
  });

  it("masks a single line of a value of many lines", () => {
    const { add, redact } = createRedactor();
    add("-----BEGIN KEY-----\r\nMIIEpAIBAAKCAQEA7\r\n-----END KEY-----\r\n");
    expect(redact("cannot parse MIIEpAIBAAKCAQEA7")).toBe("cannot parse ***");
  });

  it("masks the longer of two values that begin alike", () => {
    const { add, redact } = createRedactor();
    add("secret-one");
    add("secret-one-and-more");
    expect(redact("secret-one-and-more")).toBe("***");
  });

  it("leaves values alone that are too short to be told from words, and what it was told to forget", () => {
    const { add, redact } = createRedactor();
    add("app");
    const forget = add("replaced-token");
    forget();
    expect(redact("the app uses replaced-token")).toBe("the app uses replaced-token");
  });
});
