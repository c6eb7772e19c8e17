import type { Dice } from "../contract/random.ts";

type Make = (dice: Dice) => string;

const header = "apiVersion: v1\nkind: X\nmetadata: { name: x }\n";

/** A text that YAML readers are known to disagree about: one scalar as a value, an item or a key, or a whole document. */
export function hardText(dice: Dice): { readonly what: string; readonly text: string } {
  if (dice.chance(0.35)) {
    const make = dice.pick(documents);
    return { what: "document", text: make(dice) };
  }
  const scalar = dice.pick(scalars)(dice);
  const place = dice.pick(places);
  return { what: scalar, text: `${header}${place(scalar)}\n` };
}

const places: readonly ((scalar: string) => string)[] = [
  (scalar) => `d: ${scalar}`,
  (scalar) => `d: ${scalar}`,
  (scalar) => `d:\n  - ${scalar}\n  - ${scalar} # a comment`,
  (scalar) => `d: { a: ${scalar} }`,
  (scalar) => `d: [ ${scalar}, ${scalar} ]`,
  (scalar) => `d:\n  ${scalar}: 1`,
  (scalar) => `d: &a ${scalar}\ne: *a`,
];

function digits(dice: Dice, alphabet: string, most: number): string {
  const length = 1 + Math.floor(dice.next() * most);
  return Array.from({ length }, () => dice.pick([...alphabet])).join("");
}

function sign(dice: Dice): string {
  return dice.pick(["", "", "", "+", "-", "--", "+-"]);
}

const words = ["y", "n", "yes", "no", "on", "off", "true", "false", "null", "nan", "inf", "~", ""];
const marks = [..."!&*?|>-%@`#,[]{}:'\"\\=<~."];
const alphabets = ["0123456789", "01234567", "01", "0123456789_", "0123456789abcdefABCDEF"];

function spelled(dice: Dice): string {
  const word = dice.pick(words);
  const cased = dice.pick([
    (text: string) => text,
    (text: string) => text.toUpperCase(),
    (text: string) => text.slice(0, 1).toUpperCase() + text.slice(1),
    (text: string) => text.slice(0, -1) + text.slice(-1).toUpperCase(),
  ]);
  return dice.pick(["", "", ".", "+.", "-."]) + cased(word);
}

const scalars: readonly Make[] = [
  (dice) => sign(dice) + digits(dice, dice.pick(alphabets), 6),
  (dice) =>
    sign(dice) +
    dice.pick(["0", "0o", "0O", "0x", "0X", "0b", "0B"]) +
    digits(dice, dice.pick(alphabets), 8),
  (dice) => sign(dice) + digits(dice, "0123456789", 22),
  (dice) =>
    sign(dice) +
    digits(dice, "0123456789_", 5) +
    dice.pick([".", "._", ""]) +
    digits(dice, "0123456789_", 5) +
    dice.pick(["", "e3", "E+2", "e-7", "e", "e400", "e+", "e1_0"]),
  (dice) => `${sign(dice)}.${digits(dice, "0123456789_e", 4)}`,
  (dice) =>
    `${digits(dice, "0123456789", 3)}:${digits(dice, "0123456789", 2)}${dice.pick(["", ":30", ":30.5", ":"])}`,
  (dice) =>
    `${digits(dice, "12", 4)}-${dice.pick(["01", "1", "13"])}-${dice.pick(["01", "31", "5"])}${dice.pick(["", "T10:00:00Z", " 10:00:00", "t1:2:3.4+05:00"])}`,
  spelled,
  (dice) => `"${spelled(dice)}"`,
  (dice) => `'${digits(dice, "0123456789'", 4).replaceAll("'", "''")}'`,
  (dice) =>
    `${dice.pick(["!!str", "!!int", "!!float", "!!bool", "!!null", "!", "!!binary", "!own", "!!timestamp"])} ${dice.pick(["12", "0644", "yes", "1.5", "~", '"12"', "'yes'", "abc", "aGk="])}`,
  (dice) =>
    `"${dice.pick(["\\x41", "\\u00e9", "\\U0001F600", "\\ud83d\\ude00", "\\ud83d", "\\e", "\\0", "\\/", "\\_", "\\N", "\\L", "\\P", "\\q", "a\\tb", "\\ \\ x"])}"`,
  (dice) => dice.pick(marks) + digits(dice, "ab1 ", 3).trim(),
  (dice) => `${digits(dice, "ab1", 3)}${dice.pick(marks)}${digits(dice, "ab1", 2)}`,
  (dice) =>
    `${digits(dice, "ab", 3)} ${dice.pick(["#", "# ", " #", ": ", " :", ", ", "- "])}${digits(dice, "ab1", 2)}`,
  (dice) =>
    dice.pick([
      "é",
      "日本語",
      "😀",
      "\u00a0x",
      "a\u2028b",
      "\ufeffx",
      "a\u0085b",
      "a\u007fb",
      "a\u0001b",
    ]),
];

const documents: readonly Make[] = [
  blocks,
  folded,
  merges,
  repeated,
  streams,
  flows,
  keys,
  alone,
  tabs,
];

/** Literal and folded text with every chomping, indentation hint and blank line. */
function blocks(dice: Dice): string {
  const indent = " ".repeat(1 + Math.floor(dice.next() * 4));
  const hint = dice.pick(["", "", "-", "+", "1", "2", "2-", "+1", "9", "0"]);
  const lines = Array.from({ length: 1 + Math.floor(dice.next() * 5) }, () =>
    dice.pick([
      "text",
      "  more",
      "",
      "",
      "# no comment",
      "a: b",
      "- c",
      "\ttab",
      "trailing  ",
      "---x",
    ]),
  );
  const body = lines
    .map((line) => (line === "" ? dice.pick(["", indent]) : indent + line))
    .join("\n");
  return `${header}d: ${dice.pick(["|", ">"])}${hint}${dice.pick(["", " # c", " "])}\n${body}\n${dice.pick(["", "\n", "\n\n"])}e: 1\n`;
}

/** Plain and quoted text over several lines. */
function folded(dice: Dice): string {
  const quote = dice.pick(["", "", '"', "'"]);
  const lines = Array.from({ length: 2 + Math.floor(dice.next() * 3) }, () =>
    dice.pick([
      "one",
      "two  ",
      "",
      "  three",
      "# four",
      "five:",
      "six: 6",
      "\\",
      "- seven",
      "eight # 8",
    ]),
  );
  return `${header}d: ${quote}zero\n${lines.map((line) => `${dice.pick([" ", "  ", ""])}${line}`).join("\n")}${quote}\ne: 1\n`;
}

/** `<<` before, after and between keys that it brings as well. */
function merges(dice: Dice): string {
  const own = dice.some(
    [
      "  a: 3",
      "  b: 2",
      "  <<: *one",
      "  <<: [ *one, *two ]",
      "  << : *two",
      "  '<<': 1",
      "  <<: { c: 9 }",
      "  <<: 4",
    ],
    0.4,
  );
  return `${header}one: &one { a: 1, c: 1 }\ntwo: &two { a: 2, b: 1 }\nd:\n  z: 0\n${own.join("\n")}\n`;
}

/** Keys that are the same to some readers. */
function repeated(dice: Dice): string {
  const pairs = [
    ["a", "b"],
    ["a", "a"],
    ["1", "1.0"],
    ["yes", "true"],
    ["0x1", "1"],
    ['"a"', "a"],
    ["~", "null"],
    ["1", '"1"'],
    ["é", "e\u0301"],
  ] as const;
  const [first, second] = dice.pick(pairs);
  return dice.chance(0.5)
    ? `${header}d:\n  ${first}: 1\n  ${second}: 2\n`
    : `${header}d: { ${first}: 1, ${second}: 2 }\n`;
}

/** Several documents, empty ones, ends, directives and what stands beside a separator. */
function streams(dice: Dice): string {
  const one = (name: string): string => `apiVersion: v1\nkind: X\nmetadata:\n  name: ${name}\n`;
  const between = dice.pick([
    "---\n",
    "--- # c\n",
    "---   \n",
    "...\n---\n",
    "---\n---\n",
    "---\n# only a comment\n---\n",
    "--- |\n",
    "---x\n",
    " ---\n",
    "---\t\n",
    "---\n{}\n---\n",
    "---\nnull\n---\n",
  ]);
  const start = dice.pick([
    "",
    "---\n",
    "# c\n---\n",
    "\n\n---\n",
    "%YAML 1.1\n---\n",
    "\ufeff",
    "...\n",
  ]);
  return `${start}${one("a")}${between}${one("b")}${dice.pick(["", "---\n", "...\n", "--- ", "\n---", "..."])}`;
}

/** Maps and lists in braces. */
function flows(dice: Dice): string {
  const parts = [
    "a: 1",
    "a",
    "[b]",
    "{c: }",
    "? d : 1",
    "'e':1",
    '"f":2',
    "g :3",
    "h:4",
    "[]",
    "{}",
    "",
    "i: [j, k,]",
    "l: m n",
    "- o",
    "<<: {p: 1}",
  ];
  const chosen = dice.some(parts, 0.25).join(dice.pick([", ", ",", " ,", ",\n  "]));
  return dice.chance(0.5) ? `${header}d: [ ${chosen} ]\n` : `${header}d: { ${chosen} }\n`;
}

/** Keys that are not plain text. */
function keys(dice: Dice): string {
  const key = dice.pick([
    "? a",
    "? [a]",
    "? {a: 1}",
    "~",
    "null",
    "''",
    "1.5",
    "1e9",
    "0.1",
    "1_0",
    ".inf",
    "-",
    "a b",
    "a:b",
    "?a",
    "!!str 1",
    "&k a",
    "true",
    "1e-5",
    "123456789012345678901",
    "- a",
    "[a]",
    "{a: 1}",
    "__proto__",
    "constructor",
  ]);
  return key.startsWith("? ") ? `${header}d:\n  ${key}\n  : 1\n` : `${header}d:\n  ${key}: 1\n`;
}

/** What is no object at all, as values files and broken uploads are. */
function alone(dice: Dice): string {
  return dice.pick([
    "a: 1\nb: yes\n",
    "- a\n- 0644\n",
    "12\n",
    "text\n",
    "{}\n",
    "[]\n",
    "",
    "\n\n",
    "# c\n",
    "null\n",
    '"x"\n',
    '{"apiVersion":"v1","kind":"X","metadata":{"name":"x"},"d":[1,2.0,1e3,"\\u00e9"]}\n',
    '{"apiVersion":"v1","kind":"X","metadata":{"name":"x"},"d":12345678901234567}',
    '{"apiVersion":"v1","kind":"X","metadata":{"name":"x"}}{"apiVersion":"v1","kind":"X","metadata":{"name":"y"}}',
    "apiVersion: v1\nkind: XList\nitems:\n- { apiVersion: v1, kind: X, metadata: { name: x }, d: on }\n- apiVersion: v1\n  kind: X\n  metadata: { name: y }\n",
  ]);
}

/** White space where it may or may not stand. */
function tabs(dice: Dice): string {
  const gap = dice.pick(["\t", " \t", "\t ", "  "]);
  return dice.pick([
    `${header}d:${gap}1\n`,
    `${header}d:\n${gap}e: 1\n`,
    `${header}d: 1${gap}\n`,
    `${header}d: 1${gap}# c\n`,
    `${header}d:\n  -${gap}a\n`,
    `${header}d: [${gap}1,${gap}2 ]\n`,
    `${header.replaceAll("\n", "\r\n")}d: |\r\n  a\r\n  b\r\n`,
    `${header}${gap}\nd: 1\n`,
    `${header}d: a${gap}b\n`,
    `${header}d:\n- a\n-\n  b\n- - c\n  - d\n`,
    `${header}d:\n- a: 1\n  b: 2\n-  c: 3\n`,
    `${header}d: 'a\n\n${gap}b'\n`,
    `${header}d:\n  e:\n f: 1\n`,
  ]);
}
