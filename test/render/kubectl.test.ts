import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parseYaml } from "../../agent/render/yaml.ts";

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

function kubectlPath(): string | undefined {
  const folders = [...(process.env["PATH"] ?? "").split(delimiter), "/tmp/bin"];
  return folders
    .map((folder) => join(folder, "kubectl"))
    .find((path) => spawnSync(path, ["version", "--client"]).status === 0);
}

const kubectl = kubectlPath();

describe.skipIf(kubectl === undefined)(
  "kubectl's dialect, asked live (skipped without kubectl)",
  () => {
    let folder = "";
    beforeAll(() => {
      folder = mkdtempSync(join(tmpdir(), "holdfast-yaml-"));
    });
    afterAll(() => rmSync(folder, { recursive: true }));

    it("agrees on all recorded scalars and keys", () => {
      const list = recorded.map(([text]) => `  - ${text}`).join("\n");
      const maps = recordedKeys.map(([text]) => `  - { ${text}: 1 }`).join("\n");
      const head = "apiVersion: v1\nkind: X\nmetadata: { name: x, labels: { a: b } }\n";
      const text = `${head}d:\n${list}\nm:\n${maps}\n`;
      const file = join(folder, "all.yaml");
      writeFileSync(file, text);
      const answer = execFileSync(kubectl ?? "", [
        "label",
        "--local",
        "-o",
        "json",
        "-f",
        file,
        "x=y",
      ]);
      const { d, m } = JSON.parse(answer.toString());
      expect(plain(ours(text))).toMatchObject({ d, m });
    });
  },
);

/** As JSON.parse of the answer sees it: beyond 2^53 it rounds, which is the test's loss and not ours. */
function plain(value: unknown): unknown {
  return JSON.parse(
    JSON.stringify(value, (_key, item) => (typeof item === "bigint" ? Number(item) : item)),
  );
}
