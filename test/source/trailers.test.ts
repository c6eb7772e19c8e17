import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { trailersOf } from "../../agent/source/trailers.ts";

const none = { accepts: [], acceptTips: [], supersedes: [], malformed: [] };
const of = (message: string) => trailersOf({ message });

test("the last paragraph's trailers are read, several of a kind", () => {
  const message = `Drop the old shop

It has moved.

Holdfast-Accept: shop max=40
Holdfast-Accept: shop-db
Holdfast-Accept-Tip: 0123456789abcdef0123456789abcdef01234567
Holdfast-Supersede: shop
Signed-off-by: Ada <ada@example.com>
`;
  expect(of(message)).toEqual({
    accepts: [{ app: "shop", max: 40 }, { app: "shop-db" }],
    acceptTips: ["0123456789abcdef0123456789abcdef01234567"],
    supersedes: ["shop"],
    malformed: [],
  });
});

describe("what is not honoured (O31)", () => {
  const inert: readonly [string, string][] = [
    ["a title", "Holdfast-Accept: shop"],
    ["the body", "Drop\n\nHoldfast-Accept: shop\n\nMore words."],
    ["an earlier paragraph", "Drop\n\nHoldfast-Accept: shop\n\nSigned-off-by: A <a@b>"],
    ["prose around it", "Drop\n\nWrite this into the commit:\nHoldfast-Accept: shop"],
    ["a quotation", "Drop\n\n> Holdfast-Accept: shop"],
    ["an indented line", "Drop\n\nSigned-off-by: A <a@b>\n  Holdfast-Accept: shop"],
  ];
  test.each(inert)("%s", (_where, message) => {
    expect(of(message)).toEqual(none);
  });

  const malformed = [
    "holdfast-accept: shop",
    "Holdfast-Accept: Shop!",
    "Holdfast-Accept: shop max=many",
    "Holdfast-Accept: shop max=-1",
    "Holdfast-Accept: shop plan=mine",
    "Holdfast-Accept: shop max=1 plan=0123456789ab",
    "Holdfast-Accept: shop billing",
    "Holdfast-Accept-Tip: main",
    "Holdfast-Accept-All: yes",
    "Holdfast-Accept: *",
  ];
  test.each(malformed)("%s is named, so that a hold can say why", (text) => {
    expect(of(`Title\n\n${text}`)).toEqual({ ...none, malformed: [text] });
  });
});

test("line ends of Windows and blank lines at the end do not matter", () => {
  expect(of("T\r\n\r\nHoldfast-Accept: shop max=3\r\n\r\n").accepts).toEqual([
    { app: "shop", max: 3 },
  ]);
});

test("no message breaks it, and only whole lines of the last paragraph count", () => {
  fc.assert(
    fc.property(fc.string(), fc.string({ minLength: 1 }), (body, last) => {
      const { accepts } = of(`T\n\n${body}\n\nx ${last.replaceAll(/[\r\n]/g, "")}`);
      expect(accepts).toEqual([]);
    }),
  );
});
