import { problemReport } from "../output/error.ts";
import type { CommandContext, Repository, RepositoryView } from "./context.ts";
import { type FleetView, readFleet } from "./fleet-view.ts";
import { CliError } from "./result.ts";

/** Opens the config repository for one piece of work and closes it whatever happens. */
export async function withRepository<T>(
  context: CommandContext,
  work: (repository: Repository) => Promise<T>,
): Promise<T> {
  const { options, ports, cwd, signal } = context;
  const repository = await ports.repository({ repo: options.repo, ref: options.ref, cwd }, signal);
  if (repository === undefined) {
    throw new CliError({
      what: "there is no config repository here",
      where: cwd,
      why: "no folder from here upwards is a Git work tree with a fleet.yaml",
      next: "run it in the repository, or name one: --repo URL",
    });
  }
  try {
    return await work(repository);
  } finally {
    await repository.close();
  }
}

/** The state that `--rev` names, else the newest. Throws CliError when there is no such revision. */
export async function viewAt(
  repository: Repository,
  revision: string | undefined,
): Promise<RepositoryView> {
  if (revision === undefined) return await repository.newest();
  const view = await repository.at(revision);
  if (view !== undefined) return view;
  throw new CliError({
    what: `there is no revision ${revision}`,
    where: repository.place,
    next: "name a branch, a tag or a commit that was fetched: git log",
  });
}

/** The fleet at a state of the repository. Throws CliError with all problems when fleet.yaml cannot be read. */
export async function openFleet(
  context: Pick<CommandContext, "ports" | "signal">,
  view: RepositoryView,
): Promise<FleetView> {
  const fleet = await readFleet(context, view);
  if (fleet.ok) return fleet.value;
  throw new CliError(
    fleet.problems.map((problem) => problemReport(problem, "the fleet cannot be read")),
  );
}
