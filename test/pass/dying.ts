import type { ClusterClient } from "../../agent/cluster/client.ts";

export class Killed extends Error {}

type Cut = "before" | "after";

/** The agent dies at its nth write: before it is sent, or when the server has done it and the answer is lost. */
export function dyingAt(nth: number, cut: Cut, client: ClusterClient) {
  let count = 0;
  const dying =
    <Call extends readonly unknown[], Answer>(write: (...call: Call) => Promise<Answer>) =>
    async (...call: Call): Promise<Answer> => {
      count += 1;
      if (count > nth) throw new Killed();
      if (count === nth && cut === "before") throw new Killed();
      const answer = await write(...call);
      if (count === nth) throw new Killed();
      return answer;
    };
  const wrapped: ClusterClient = {
    ...client,
    apply: dying(client.apply),
    delete: dying(client.delete),
    patch: dying(client.patch),
    create: dying(client.create),
    replace: dying(client.replace),
  };
  return { wrapped, writes: () => count };
}
