import type { CheckLine } from "../output/checks-text.ts";
import type { Account } from "../output/rbac-manifests.ts";
import { appsLine, leaseLine, sourceLine } from "./check-agent.ts";
import {
  type Checked,
  clockLine,
  crdLine,
  installLine,
  type Line,
  namespaceLine,
  probe,
  versionLine,
} from "./check-probes.ts";
import { ownRightsLine } from "./check-rights.ts";
import type { CommandContext } from "./context.ts";
import { type ClusterStatus, readStatus } from "./read-status.ts";

/** What a cluster must have before an agent is installed on it. */
export async function checkBefore(
  checked: Checked,
  signal: AbortSignal,
): Promise<readonly CheckLine[]> {
  return await Promise.all([
    probe("Kubernetes", () => versionLine(checked, signal)),
    probe("clock", () => clockLine(checked, signal)),
    probe("rights", () => installLine(checked, signal)),
  ]);
}

export interface Installed extends Checked {
  readonly account: Account;
  /** Default: what the agent needs for itself. */
  readonly rights?: (signal: AbortSignal) => Promise<Line>;
}

/** Whether the agent that is installed is well. Status records add their own lines where somebody reads them. */
export async function checkInstalled(
  context: CommandContext,
  installed: Installed,
  signal: AbortSignal,
): Promise<readonly CheckLine[]> {
  const {
    connected,
    account,
    nowMs,
    rights = (end) => ownRightsLine(connected, account, end),
  } = installed;
  let told: Promise<ClusterStatus> | undefined;
  const status = (): Promise<ClusterStatus> => {
    told ??= readStatus(context, connected, signal);
    return told;
  };
  return await Promise.all([
    probe("Kubernetes", () => versionLine(installed, signal)),
    probe("clock", () => clockLine(installed, signal)),
    probe("namespace", () => namespaceLine(installed, signal)),
    probe("kind App", () => crdLine(installed, signal)),
    probe("rights", () => rights(signal)),
    probe("agent", async () => leaseLine(await status(), nowMs)),
    probe("Git", async () => sourceLine(await status())),
    probe("apps", async () => appsLine(await status())),
  ]);
}
