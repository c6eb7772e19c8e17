import { isoTime } from "../agent/schedule/clock.ts";
import type { GlobalOptions } from "./commands/globals.ts";
import type { CommandResult, Output } from "./commands/result.ts";
import type { Host, Stream } from "./host.ts";
import { cliApiVersion, toJson } from "./output/document.ts";
import { errorText, groupReports, type Report } from "./output/error.ts";
import { arrow, chooseStyle, type Style } from "./output/style.ts";

export type JsonForm = "indented" | "line";

/** Data to stdout; errors, warnings and hints to stderr (cli.md §1). */
export async function printResult(
  host: Host,
  options: GlobalOptions,
  result: CommandResult & { readonly json: JsonForm },
): Promise<void> {
  const { output, reports = [], warnings = [], hints = [], json } = result;
  const isDrawing = options.form === "table" || options.form === "wide";
  if (result.redraws === true && host.stdout.isTty && isDrawing) host.stdout.write("\x1b[2J\x1b[H");
  const drawing = { options, style: styleOf(host, host.stdout, options), json };
  host.stdout.write(await outputText(output, drawing));
  printReports(host, options, reports);
  const style = styleOf(host, host.stderr, options);
  if (options.form === "json") return;
  host.stderr.write(errorText(warnings, style, "warning"));
  if (!options.quiet) for (const hint of hints) host.stderr.write(`${arrow(style)} ${hint}\n`);
}

interface Drawing {
  readonly options: GlobalOptions;
  readonly style: Style;
  readonly json: JsonForm;
}

async function outputText(output: Output, { options, style, json }: Drawing): Promise<string> {
  if (output.form === "text") return output.text;
  switch (options.form) {
    case "json":
      return toJson(output.document, json);
    case "yaml": {
      const { toYaml } = await import("./output/yaml.ts");
      return (json === "line" ? "---\n" : "") + toYaml(output.document);
    }
    case "markdown":
      return output.markdown?.() ?? `\`\`\`\n${output.draw(style)}\`\`\`\n`;
    case "table":
    case "wide":
      return output.draw(style);
  }
}

/** Errors on stderr: in four parts each, or with `-o json` as one object. */
export function printReports(
  host: Host,
  options: Pick<GlobalOptions, "form"> & Partial<GlobalOptions>,
  reports: readonly Report[],
): void {
  if (reports.length === 0) return;
  if (options.form !== "json") {
    host.stderr.write(errorText(reports, styleOf(host, host.stderr, options)));
    return;
  }
  host.stderr.write(
    toJson({
      apiVersion: cliApiVersion,
      kind: "ErrorReport",
      generatedAt: isoTime(host.ports.clock.now()),
      complete: false,
      problems: groupReports(reports),
    }),
  );
}

function styleOf({ env }: Host, stream: Stream, options: Partial<GlobalOptions>): Style {
  return chooseStyle({
    colour: options.colour ?? "auto",
    isTty: stream.isTty,
    columns: stream.columns,
    noColor: env.NO_COLOR,
    forceColor: env.FORCE_COLOR,
    term: env.TERM,
    ascii: options.ascii ?? false,
    headers: options.headers ?? true,
    wide: options.form === "wide",
  });
}
