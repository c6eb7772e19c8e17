import type { Stage, State } from "./state.ts";

/**
 * When a failure is tried again: `input`: only a new commit, accept or cluster change helps; `slow`: that, or
 * `holdfast sync`, else the slow ladder; `backoff`: transient; `wait`: a known event or time, no timer; `none`: nothing to retry.
 */
export type Retry = "input" | "slow" | "backoff" | "wait" | "none";

interface ReasonInfo {
  readonly stage: Stage;
  /** Absent for an answer about a commit, which is never a unit's state. */
  readonly state?: State;
  readonly retry: Retry;
  readonly summary: string;
  readonly next: string;
}

/** The closed list of observability §2: drives conditions, metric labels, retries, messages and the docs pages. */
// biome-ignore format: a table is read row by row
export const reasons = {
  NotOnBranch: { stage: "merged", retry: "none", summary: "The commit is not in the history of the tracked branch.", next: "Merge it; the message says which branch has it." },
  NotSelected: { stage: "targeted", retry: "none", summary: "The app does not select this cluster.", next: "Compare the selector term named with the labels in the cluster file." },
  NoEffect: { stage: "targeted", retry: "none", summary: "The commit renders to the same objects here.", next: "Look at the override that is named; it hides the value." },
  Superseded: { stage: "targeted", retry: "none", summary: "The commit was skipped because a newer one came.", next: "Look at the newer commit." },
  ConfigInvalid: { stage: "targeted", state: "Failed", retry: "input", summary: "A document of the config repository is invalid; the last accepted configuration stays in force.", next: "Fix the file and line named; `holdfast validate` shows all problems." },
  AgentOutdated: { stage: "targeted", state: "Failed", retry: "input", summary: "A document needs a newer agent.", next: "Upgrade the agent to the version named." },
  AppRemoved: { stage: "targeted", state: "Held", retry: "input", summary: "The app file is gone; its objects stay.", next: "Bring it back, or let the objects go: holdfast accept." },
  Unselected: { stage: "targeted", state: "Held", retry: "input", summary: "The app no longer selects this cluster; its objects stay.", next: "Select it again, or let the objects go: holdfast accept." },
  ClusterReplaced: { stage: "targeted", state: "Held", retry: "input", summary: "The inventory names another cluster or installation.", next: "Check that this is the right cluster, then holdfast accept." },
  MassRemoval: { stage: "targeted", state: "Held", retry: "input", summary: "Too many apps of this cluster would go at once.", next: "Revert the commit, or accept each app." },
  SourceUnreachable: { stage: "fetched", state: "Held", retry: "backoff", summary: "The Git host does not answer; what runs stays enforced.", next: "Check the network and the Git host; the last error is in the message." },
  SourceAuthFailed: { stage: "fetched", state: "Held", retry: "backoff", summary: "The Git host refuses the credential.", next: "Renew the credential that the agent's settings name." },
  SourceUntrusted: { stage: "fetched", state: "Held", retry: "backoff", summary: "The certificate or host key of the Git host does not match.", next: "Check the host, then give the agent its CA or host key." },
  SourceInvalid: { stage: "fetched", state: "Held", retry: "backoff", summary: "The answer is not Git, is corrupt, or is above the size limits.", next: "Check the URL; the message says what came." },
  RefMissing: { stage: "fetched", state: "Held", retry: "backoff", summary: "The branch or tag is gone; nothing is deleted.", next: "Bring the branch back, or point the agent's settings at another." },
  NonFastForward: { stage: "fetched", state: "Held", retry: "input", summary: "The new tip does not contain the applied commit.", next: "Commit with the trailer Holdfast-Accept-Tip, or holdfast accept --tip." },
  Unverified: { stage: "fetched", state: "Held", retry: "input", summary: "The commit is not signed as the policy requires.", next: "Sign the commit, or merge through someone who can." },
  EmptyRender: { stage: "rendered", state: "Held", retry: "input", summary: "The app renders to nothing while objects of it are running.", next: "Bring the manifests back, or let the objects go: holdfast accept." },
  PathMissing: { stage: "rendered", state: "Held", retry: "input", summary: "The app's path vanished from the commit.", next: "Bring the path back, or correct it in app.yaml." },
  RenderFailed: { stage: "rendered", state: "Failed", retry: "input", summary: "The manifests cannot be rendered.", next: "Fix the file and line named; holdfast render shows the same." },
  ValueUndefined: { stage: "rendered", state: "Failed", retry: "input", summary: "An expression reads a value that is not defined.", next: "Define the value in the file named." },
  ObjectInvalid: { stage: "rendered", state: "Failed", retry: "input", summary: "A rendered object is not valid.", next: "Fix the object at the file and line named." },
  InventoryTooLarge: { stage: "rendered", state: "Failed", retry: "input", summary: "The app has too many objects for one inventory.", next: "Split the app." },
  DecryptFailed: { stage: "rendered", state: "Failed", retry: "input", summary: "An encrypted file cannot be decrypted; nothing was applied.", next: "Check the key that the agent's settings name." },
  RemoteRefused: { stage: "rendered", state: "Failed", retry: "input", summary: "A remote chart or base is not on the agent's allow-list.", next: "Operator: add the entry printed to the remotes setting." },
  RemoteUnavailable: { stage: "rendered", state: "Failed", retry: "backoff", summary: "A remote chart or base cannot be had.", next: "Check the address named; vendor it to be independent of it." },
  RenderLimit: { stage: "rendered", state: "Failed", retry: "backoff", summary: "Rendering went over its time, memory or output limit.", next: "Make the chart or kustomization smaller." },
  ToolMissing: { stage: "rendered", state: "Failed", retry: "backoff", summary: "helm or kustomize is missing or not the pinned build.", next: "Install the tool, or set its path." },
  Quarantined: { stage: "rendered", state: "Failed", retry: "input", summary: "This app ended the agent three times; the others go on.", next: "Change the app; holdfast bugreport helps us." },
  AppSuspended: { stage: "gated", state: "Suspended", retry: "wait", summary: "The app is suspended.", next: "Wait until the time named, or holdfast resume." },
  ClusterSuspended: { stage: "gated", state: "Suspended", retry: "wait", summary: "The cluster is suspended.", next: "Wait until the time named, or remove spec.suspend." },
  WindowClosed: { stage: "gated", state: "Progressing", retry: "wait", summary: "The change window is closed.", next: "Wait until it opens." },
  WaveWaiting: { stage: "gated", state: "Progressing", retry: "wait", summary: "An earlier wave is not done.", next: "Look at the clusters named." },
  CheckFailing: { stage: "gated", state: "Progressing", retry: "wait", summary: "A check of the wave before does not pass.", next: "Look at the query or URL named." },
  DependencyNotReady: { stage: "gated", state: "Progressing", retry: "wait", summary: "An app that this one depends on is not Synced.", next: "Look at the app named first." },
  RolledBack: { stage: "gated", state: "Held", retry: "input", summary: "The change failed and the last healthy render runs.", next: "Fix or revert the change; holdfast sync tries it again." },
  Applying: { stage: "applied", state: "Progressing", retry: "none", summary: "Changes are queued or under way.", next: "Wait; holdfast status -w follows." },
  PruneGuard: { stage: "applied", state: "Held", retry: "input", summary: "The commit would delete more than is allowed unasked.", next: "Check the list; then holdfast accept, or revert the commit." },
  ProtectedKind: { stage: "applied", state: "Held", retry: "input", summary: "A protected object would be deleted.", next: "Check the list; then holdfast accept, or revert the commit." },
  InventoryLost: { stage: "applied", state: "Held", retry: "input", summary: "The inventory was rebuilt from marks; what was found that way is not deleted unasked.", next: "Check the list; then holdfast accept." },
  OwnedElsewhere: { stage: "applied", state: "Held", retry: "input", summary: "An object bears the marks of another tool or installation.", next: "Remove it from the other tool, then holdfast accept." },
  ObjectConflict: { stage: "applied", state: "Failed", retry: "input", summary: "Another app of this cluster declares the object too.", next: "Remove it from one of the two places named." },
  FieldConflict: { stage: "applied", state: "Failed", retry: "slow", summary: "Another manager owns a field that would change.", next: "Add an ignore rule, drop the field, or accept." },
  ImmutableField: { stage: "applied", state: "Failed", retry: "slow", summary: "A field cannot be changed in place.", next: "Undo the change, or delete the live object by hand: it is created anew." },
  Rejected: { stage: "applied", state: "Failed", retry: "slow", summary: "The API server calls the object invalid.", next: "Fix the field named." },
  AdmissionDenied: { stage: "applied", state: "Failed", retry: "slow", summary: "A webhook or policy of the cluster refuses the object.", next: "Change the object as the policy asks." },
  Forbidden: { stage: "applied", state: "Failed", retry: "slow", summary: "The agent lacks a right.", next: "Grant the rule printed: holdfast rbac." },
  QuotaExceeded: { stage: "applied", state: "Failed", retry: "backoff", summary: "A quota of the namespace is used up.", next: "Raise the quota or ask for less." },
  KindMissing: { stage: "applied", state: "Failed", retry: "wait", summary: "The object's kind is not served by this cluster.", next: "Install its CRD, or drop the object." },
  ApiRemoved: { stage: "applied", state: "Failed", retry: "wait", summary: "The object's version is no longer served.", next: "Move to the version named." },
  NamespaceUnavailable: { stage: "applied", state: "Failed", retry: "backoff", summary: "The object's namespace is missing or terminating.", next: "Declare the namespace, or wait until it is gone." },
  HookFailed: { stage: "applied", state: "Failed", retry: "input", summary: "A hook failed.", next: "Look at the hook's pods; holdfast sync runs it again." },
  ApiError: { stage: "applied", state: "Failed", retry: "backoff", summary: "The API server answers with errors or throttles.", next: "Look at the API server; the agent retries." },
  WriteRaced: { stage: "applied", state: "Failed", retry: "backoff", summary: "Others changed the object five times in one pass.", next: "Find who writes: holdfast drift show." },
  DriftReported: { stage: "applied", state: "Drifted", retry: "wait", summary: "Live differs from Git and is not healed by setting.", next: "holdfast drift list --live shows it." },
  BreakGlass: { stage: "applied", state: "Drifted", retry: "wait", summary: "A person holds the live object for now.", next: "Wait until the time named, or remove holdfast.dev/hold-until." },
  Fight: { stage: "applied", state: "Drifted", retry: "backoff", summary: "A field is rewritten again and again.", next: "Settle with the manager named, or ignore the field." },
  InSync: { stage: "healthy", state: "Synced", retry: "none", summary: "Runs the newest accepted commit.", next: "Nothing to do." },
  RollingOut: { stage: "healthy", state: "Progressing", retry: "wait", summary: "Applied; not everything is ready yet.", next: "Wait." },
  Deleting: { stage: "healthy", state: "Progressing", retry: "wait", summary: "A pruned object is not gone yet.", next: "Wait; the message says for what." },
  HealthTimeout: { stage: "healthy", state: "Degraded", retry: "wait", summary: "Not healthy within health.timeout.", next: "Look at the objects named." },
  ObjectDegraded: { stage: "healthy", state: "Degraded", retry: "wait", summary: "An object is broken by its own account.", next: "Look at the object named." },
  ImagePullFailed: { stage: "healthy", state: "Degraded", retry: "wait", summary: "An image cannot be pulled.", next: "Check image name and pull secret." },
  CrashLoop: { stage: "healthy", state: "Degraded", retry: "wait", summary: "A container keeps crashing.", next: "Look at its logs." },
  Unschedulable: { stage: "healthy", state: "Degraded", retry: "wait", summary: "A pod cannot be placed.", next: "Look at the scheduler's message." },
  JobFailed: { stage: "healthy", state: "Degraded", retry: "wait", summary: "A job failed.", next: "Look at its pods." },
  DeletionStuck: { stage: "healthy", state: "Degraded", retry: "wait", summary: "Finalizers keep a pruned object.", next: "Ask the controller that owns the finalizer named." },
  ClusterUnreachable: { stage: "applied", state: "Unknown", retry: "backoff", summary: "The API server does not answer.", next: "Check the API server and the network." },
  ClusterRestored: { stage: "applied", state: "Unknown", retry: "backoff", summary: "The cluster is older than it was: etcd was restored from a backup.", next: "Wait; everything is compared anew. What others wrote since the backup is theirs to bring back." },
  DiscoveryFailed: { stage: "applied", state: "Unknown", retry: "backoff", summary: "Some API groups cannot be listed; nothing of theirs counts as missing.", next: "Look at the APIService named." },
  WatchStale: { stage: "applied", state: "Unknown", retry: "backoff", summary: "A watch is not proven alive; nothing of its kind counts as missing.", next: "Look at the API server." },
  HealthUnknown: { stage: "healthy", state: "Unknown", retry: "wait", summary: "A health rule cannot be evaluated.", next: "Fix the rule named." },
  AgentSilent: { stage: "fetched", state: "Unknown", retry: "none", summary: "No status record has come for too long.", next: "holdfast clusters doctor." },
} as const satisfies Record<string, ReasonInfo>;

export type Reason = keyof typeof reasons;

/** What the table says of a reason, with the optional fields visible. */
export function reasonInfo(reason: Reason): ReasonInfo {
  return reasons[reason];
}

/** A stage that cannot go on. Caught once, in agent.ts. */
export class ReconcileError extends Error {
  override readonly name = "ReconcileError";
  readonly reason: Reason;

  constructor(reason: Reason, message: string, options?: ErrorOptions) {
    super(message, options);
    this.reason = reason;
  }
}
