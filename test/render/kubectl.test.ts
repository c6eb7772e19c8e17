import { describe, expect, it } from "vitest";
import { parseYaml } from "../../agent/render/yaml.ts";
import { compareYaml } from "../conformance/yaml-compare.ts";
import { hardText } from "../conformance/yaml-hard.ts";
import { Dice } from "../contract/random.ts";
import { findTool } from "../helm.ts";

/** What `kubectl label --local -o json` (1.36) made of each scalar. */
const recorded: readonly (readonly [text: string, json: string])[] = [
  ["0644", "420"],
  ["0o17", "15"],
  ["0O17", "15"],
  ["-0644", "-420"],
  ["+0644", "420"],
  ["00", "0"],
  ["08", "8"],
  ["0908", "908"],
  ["007", "7"],
  ["0_7", "7"],
  ["0o8", '"0o8"'],
  ["0o", '"0o"'],
  ["0x1F", "31"],
  ["-0x1F", "-31"],
  ["0X1F", "31"],
  ["0x_1", "1"],
  ["0x", '"0x"'],
  ["-0xG", '"-0xG"'],
  ["0x1p-2", '"0x1p-2"'],
  ["0x1ffffffffffffffff", '"0x1ffffffffffffffff"'],
  ["0b11", "3"],
  ["0B11", "3"],
  ["-0b11", "-3"],
  ["0b", '"0b"'],
  ["0b1_1", "3"],
  ["1_000", "1000"],
  ["1__0", "10"],
  ["-_1", "-1"],
  ["_1", '"_1"'],
  ["1_", "1"],
  ["0_", "0"],
  ["12345678901234567", "12345678901234567"],
  ["-9223372036854775808", "-9223372036854775808"],
  ["yes", "true"],
  ["on", "true"],
  ["y", "true"],
  ["N", "false"],
  ["Off", "false"],
  ["TRUE", "true"],
  ["tRue", '"tRue"'],
  ["~", "null"],
  ["null", "null"],
  ['""', '""'],
  ['"yes"', '"yes"'],
  ["12:30", '"12:30"'],
  ["190:20:30", '"190:20:30"'],
  ["1:1", '"1:1"'],
  ["2024-01-01", '"2024-01-01"'],
  ["2001-12-14t21:59:43.10-05:00", '"2001-12-14t21:59:43.10-05:00"'],
  ["1.0", "1"],
  ["1.", "1"],
  ["+1.", "1"],
  ["1e3", "1000"],
  ["1E3", "1000"],
  ["1.e3", "1000"],
  ["1_e3", "1000"],
  ["1_0.5", "10.5"],
  ["685.230_15e+03", "685230.15"],
  ["0.1e-2", "0.001"],
  [".5", "0.5"],
  ["+.5", "0.5"],
  ["-.5", "-0.5"],
  [".5_0", "0.5"],
  ["._5", '"._5"'],
  [".5_", '".5_"'],
  [".e1", '".e1"'],
  [".", '"."'],
  ["1e", '"1e"'],
  ["1e400", '"1e400"'],
  ["1e-7", "1e-7"],
  ["-0.0", "0"],
  ["-0", "0"],
  ["09.5", "9.5"],
  ["0644.5", "644.5"],
  ["1.0e10", "10000000000"],
  ["=", '"="'],
  ["+", '"+"'],
  ["nan", '"nan"'],
  ["inf", '"inf"'],
  [".nano", '".nano"'],
  ["1 000", '"1 000"'],
  ["!!str 12", '"12"'],
  ['!!int "12"', "12"],
  ["!!float 3", "3"],
  ['!!bool "yes"', "true"],
  ['!!null ""', "null"],
  ["! 12", '"12"'],
  ["!!int 0644", "420"],
  ["!!str yes", '"yes"'],
  ["!!str ~", '"~"'],
];
const recordedKeys: readonly (readonly [text: string, key: string])[] = [
  ["yes", "true"],
  ["off", "false"],
  ["0644", "420"],
  ["0o17", "15"],
  ["0x10", "16"],
  ["1.5", "1.5"],
  ["1.0", "1"],
  ["1e3", "1000"],
  [".5", "0.5"],
  ["-0", "0"],
  ["2024-01-01", "2024-01-01"],
  ['"on"', "on"],
  ["12345678901234567", "12345678901234567"],
  ["!!str 12", "12"],
];

function ours(text: string): unknown {
  const parsed = parseYaml(text, { file: "f" });
  if (!parsed.ok) throw new Error(parsed.problems[0]?.message);
  return parsed.value[0]?.value;
}

describe("kubectl's dialect (R05), as recorded", () => {
  it.each(recorded)("%s is %s", (text, json) => {
    expect(ours(`d: ${text}`)).toEqual({ d: exact(json) });
  });

  it.each(recordedKeys)("the key %s is %s", (text, key) => {
    expect(Object.keys(ours(`${text}: 1`) as object)).toEqual([key]);
  });
});

function exact(json: string): unknown {
  return /^-?[0-9]{17,}$/.test(json) ? BigInt(json) : JSON.parse(json);
}

const kubectl = findTool("kubectl");

describe.skipIf(kubectl === undefined)(
  "kubectl's dialect, asked live (skipped without kubectl)",
  () => {
    it("agrees on all recorded scalars and keys", async () => {
      const list = recorded.map(([text]) => `  - ${text}`).join("\n");
      const maps = recordedKeys.map(([text]) => `  - { ${text}: 1 }`).join("\n");
      const head = "apiVersion: v1\nkind: X\nmetadata: { name: x, labels: { a: b } }\n";
      const verdict = await compareYaml(kubectl ?? "", `${head}d:\n${list}\nm:\n${maps}\n`);
      expect(verdict).toEqual({ kind: "equal" });
    });

    it("agrees on texts made from a fresh seed; npm run conformance:yaml makes more", async () => {
      const seed = Number(process.env["HOLDFAST_SEED"] ?? Math.floor(Math.random() * 2 ** 31));
      const dice = new Dice(seed);
      for (let round = 0; round < 40; round += 1) {
        const { text } = hardText(dice);
        const verdict = await compareYaml(kubectl ?? "", text);
        expect(verdict.kind, `seed ${seed}: ${JSON.stringify([text, verdict])}`).not.toBe(
          "different",
        );
      }
    });
  },
);
