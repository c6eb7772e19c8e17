/** Where the objects of the demo are on an API server. */
export const paths = {
  web: {
    deployment: "/apis/apps/v1/namespaces/web/deployments/web",
    service: "/api/v1/namespaces/web/services/web",
    config: "/api/v1/namespaces/web/configmaps/web",
  },
  shop: {
    cart: "/apis/apps/v1/namespaces/shop/deployments/cart",
    service: "/api/v1/namespaces/shop/services/cart",
    prices: "/api/v1/namespaces/shop/configmaps/prices",
  },
} as const;

/** The App object: the agent's own word. */
export function appPath(app: string): string {
  return `/apis/holdfast.dev/v1alpha1/namespaces/holdfast-system/apps/${app}`;
}

export const eventsPath = "/api/v1/namespaces/holdfast-system/events";
