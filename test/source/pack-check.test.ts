import { createHash, randomBytes } from "node:crypto";
import { deflateSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { objectId } from "../../agent/source/pack.ts";
import { checkPack, packLimits, readPack } from "../../agent/source/pack-check.ts";
import { writePack } from "../../agent/source/write-pack.ts";

const blob = (text: string | Uint8Array) => ({ type: "blob", content: Buffer.from(text) }) as const;

function sealed(count: number, ...parts: readonly Uint8Array[]): Buffer {
  const head = Buffer.from("PACK\0\0\0\x02\0\0\0\0", "latin1");
  head.writeUInt32BE(count, 8);
  const body = Buffer.concat([head, ...parts]);
  return Buffer.concat([body, createHash("sha1").update(body).digest()]);
}

function sizeBytes(size: number, first: number, shift: number): Buffer {
  const bytes: number[] = [];
  let byte = first | (size % 2 ** shift);
  let rest = Math.floor(size / 2 ** shift);
  while (rest > 0) {
    bytes.push(byte | 128);
    byte = rest % 128;
    rest = Math.floor(rest / 128);
  }
  return Buffer.from([...bytes, byte]);
}

/** An entry whose header says whatever it likes. */
function entry(
  type: number,
  content: Uint8Array,
  options: { size?: number; base?: Uint8Array } = {},
): Buffer {
  const head = sizeBytes(options.size ?? content.length, type << 4, 4);
  return Buffer.concat([head, options.base ?? Buffer.alloc(0), deflateSync(content)]);
}

/** Only distances below 128. */
const back = (distance: number) => Buffer.from([distance]);

function delta(base: number, result: number, ...instructions: readonly Uint8Array[]): Buffer {
  return Buffer.concat([sizeBytes(base, 0, 7), sizeBytes(result, 0, 7), ...instructions]);
}

const insert = (text: string) => Buffer.concat([Buffer.from([text.length]), Buffer.from(text)]);
const copy = (offset: number, size: number) => Buffer.from([0x80 | 0x01 | 0x10, offset, size]);
const check = (pack: Uint8Array) => () => checkPack(pack, packLimits);

test("every object of a pack comes back with its id", () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 3000 }), { maxLength: 20 }), (contents) => {
      const objects = contents.map(blob);
      const found = [...readPack(writePack(objects), { limits: packLimits })];
      expect(found.map(({ id }) => id)).toEqual(objects.map(objectId));
      expect(found.map(({ content }) => Buffer.from(content))).toEqual(
        objects.map(({ content }) => content),
      );
    }),
    { numRuns: 50 },
  );
});

test("deltas are resolved, by distance and by id", () => {
  const base = entry(3, Buffer.from("hello world"));
  const byDistance = entry(6, delta(11, 12, copy(0, 6), insert("holder")), {
    base: back(base.length),
  });
  const id = Buffer.from(objectId(blob("hello holder")), "hex");
  const byId = entry(7, delta(12, 5, copy(0, 5)), { base: id });
  const found = [...readPack(sealed(3, base, byDistance, byId), { limits: packLimits })];
  expect(found.map(({ content }) => Buffer.from(content).toString())).toEqual([
    "hello world",
    "hello holder",
    "hello",
  ]);
});

test("one bit flipped anywhere is found", () => {
  const pack = writePack([blob("a".repeat(500)), blob(randomBytes(200))]);
  for (let at = 0; at < pack.length; at++) {
    const copy = Buffer.from(pack);
    copy[at]! ^= 1 << (at % 8);
    expect(check(copy), `byte ${at}`).toThrow();
  }
});

test("cut anywhere is found", () => {
  const pack = writePack([blob("a".repeat(500)), blob(randomBytes(200))]);
  for (let length = 0; length < pack.length; length++) {
    expect(check(pack.subarray(0, length)), `${length} bytes`).toThrow();
  }
});

describe("a pack whose checksum is right and that lies otherwise (NEG-15, G15)", () => {
  const base = entry(3, Buffer.from("hello world"));
  const huge = 65 * 2 ** 20;
  const lies: readonly [string, Buffer, string][] = [
    ["more objects than it has", sealed(3, base), "ends inside an entry"],
    ["fewer objects than it has", sealed(1, base, base), "belong to no object"],
    ["10^6 objects", sealed(1_000_000, base), "declares 1000000 objects"],
    [
      "an entry smaller than it says",
      sealed(1, entry(3, Buffer.from("abc"), { size: 5 })),
      "not 5",
    ],
    ["an entry larger than it says", sealed(1, entry(3, Buffer.from("abc"), { size: 2 })), "not 2"],
    [
      "a bomb 1:1000",
      sealed(1, entry(3, Buffer.alloc(5 * 2 ** 20), { size: 10 })),
      "declared 10 bytes",
    ],
    ["an object above the limit", sealed(1, entry(3, Buffer.alloc(huge))), "above the limit"],
    [
      "a declared size of 2^63",
      sealed(1, Buffer.from("bfffffffffffffffff7f", "hex")),
      "absurd size",
    ],
    ["an unknown type", sealed(1, entry(5, Buffer.from("abc"))), "unknown type 5"],
    [
      "a delta onto itself",
      sealed(1, entry(6, delta(3, 3, copy(0, 3)), { base: back(0) })),
      "not before it",
    ],
    [
      "a delta into the header",
      sealed(1, entry(6, delta(3, 3, copy(0, 3)), { base: back(9) })),
      "neither earlier",
    ],
    [
      "a delta onto what comes later",
      sealed(
        2,
        entry(7, delta(11, 1, insert("x")), {
          base: Buffer.from(objectId(blob("hello world")), "hex"),
        }),
        base,
      ),
      "neither earlier",
    ],
    [
      "a delta with another base size",
      sealed(2, base, entry(6, delta(10, 1, insert("x")), { base: back(base.length) })),
      "does not fit",
    ],
    [
      "a copy beyond the base",
      sealed(2, base, entry(6, delta(11, 20, copy(0, 20)), { base: back(base.length) })),
      "beyond its base",
    ],
    [
      "a delta that makes less",
      sealed(2, base, entry(6, delta(11, 20, copy(0, 5)), { base: back(base.length) })),
      "shorter",
    ],
    [
      "a delta that makes more",
      sealed(2, base, entry(6, delta(11, 3, copy(0, 5)), { base: back(base.length) })),
      "longer",
    ],
    [
      "a delta bomb",
      sealed(2, base, entry(6, delta(11, huge, copy(0, 5)), { base: back(base.length) })),
      "above the limit",
    ],
    [
      "a reserved instruction",
      sealed(2, base, entry(6, delta(11, 3, Buffer.from([0])), { base: back(base.length) })),
      "reserved",
    ],
  ];
  test.each(lies)("%s: refused", (_what, pack, words) => {
    expect(check(pack)).toThrow(new RegExp(words));
    expect(check(pack)).toThrow(expect.objectContaining({ reason: "SourceInvalid" }));
  });

  test("a chain longer than the limit", () => {
    const links: Buffer[] = [base];
    for (let n = 0; n < 251; n++) {
      links.push(entry(6, delta(11, 11, copy(0, 11)), { base: back(links.at(-1)!.length) }));
    }
    expect(check(sealed(252, ...links))).toThrow("chain is too long");
    expect(checkPack(sealed(251, ...links.slice(0, 251)), packLimits)).toBe(251);
  });

  test("more in total than the limit", () => {
    const pack = writePack([blob("a".repeat(600)), blob("b".repeat(600))]);
    expect(() => checkPack(pack, { ...packLimits, totalBytes: 1000 })).toThrow(
      "more than its limit",
    );
  });

  test("version 3", () => {
    const pack = sealed(1, base);
    pack.writeUInt32BE(3, 4);
    expect(check(pack)).toThrow("version 3");
  });
});

test("random bytes behind a right checksum never do anything but fail", () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 1, maxLength: 200 }), (bytes) => {
      expect(check(sealed(2, bytes))).toThrow(expect.objectContaining({ reason: "SourceInvalid" }));
    }),
    { numRuns: 500 },
  );
});
