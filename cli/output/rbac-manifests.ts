import type { Rule } from "../../agent/model/rule.ts";
import type { AppRules, ClusterRules } from "../commands/rbac-rules.ts";

const apiVersion = "rbac.authorization.k8s.io/v1";
const apiGroup = "rbac.authorization.k8s.io";

/** Whom the roles are bound to. */
export interface Account {
  readonly namespace: string;
  readonly name: string;
}

/** The same as objects for kubectl: for each app a Role per namespace, a ClusterRole where it needs one, and their bindings. */
export function rbacManifests({ apps }: ClusterRules, account: Account): readonly object[] {
  return apps.flatMap((app) => rolesOf(app, account));
}

function rolesOf({ app, rules }: AppRules, account: Account): readonly object[] {
  const places = Map.groupBy(rules, ({ namespace }) => namespace);
  return [...places].flatMap(([namespace, own]) => {
    const kind = namespace === undefined ? "ClusterRole" : "Role";
    const metadata = {
      name: `holdfast-${app}`,
      ...(namespace === undefined ? {} : { namespace }),
    };
    return [
      { apiVersion, kind, metadata, rules: own.map(plain) },
      {
        apiVersion,
        kind: `${kind}Binding`,
        metadata,
        roleRef: { apiGroup, kind, name: metadata.name },
        subjects: [{ kind: "ServiceAccount", ...account }],
      },
    ];
  });
}

function plain({ namespace: _where, ...rule }: Rule): object {
  return rule;
}
