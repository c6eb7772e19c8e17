import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { inTurn } from "../../agent/model/in-turn.ts";

const turns = (count: number) =>
  Array.from({ length: count }).reduce<Promise<void>>((all) => all.then(), Promise.resolve());

describe("inTurn", () => {
  it("gives results in the order of the items, never more than `width` at a time", async () => {
    const given = fc.tuple(fc.array(fc.nat(5)), fc.integer({ min: 1, max: 8 }));
    await fc.assert(
      fc.asyncProperty(given, async ([items, width]) => {
        let active = 0;
        let most = 0;
        const results = await inTurn(items, width, async (item) => {
          active += 1;
          most = Math.max(most, active);
          await turns(item);
          active -= 1;
          return item * 2;
        });
        expect(results).toEqual(items.map((item) => item * 2));
        expect(most).toBe(Math.min(width, items.length));
      }),
    );
  });

  it("starts nothing more after a failure, and throws it", async () => {
    const started: number[] = [];
    const done = inTurn([1, 2, 3, 4, 5, 6], 2, async (item) => {
      started.push(item);
      await turns(item);
      if (item === 2) throw new Error("two");
    });
    await expect(done).rejects.toThrow("two");
    await turns(20);
    expect(started).toEqual([1, 2, 3]);
  });
});
