# syntax=docker/dockerfile:1
# Bases are arguments: pin them by digest in a release, or build where no registry is reached.
#   BUILD_BASE  Node 24 with npm; its node binary is the one that runs
#   BASE        what the agent runs on: glibc and libstdc++, no shell needed
#   GO_BASE     Go, for helm and kustomize
#   TOOLS       an image with /helm and /kustomize instead of building them here
ARG BUILD_BASE=docker.io/library/node:24-bookworm
ARG BASE=gcr.io/distroless/cc-debian12:nonroot
ARG GO_BASE=docker.io/library/golang:1.26-bookworm
ARG TOOLS=tools-built

# The versions and their hashes are those of go.mod and go.sum, which the tests use too.
FROM ${GO_BASE} AS tools-built
WORKDIR /src
COPY test/e2e/tools/go.mod test/e2e/tools/go.sum ./
RUN CGO_ENABLED=0 GOFLAGS=-trimpath go build -ldflags="-s -w" -o /helm helm.sh/helm/v4/cmd/helm \
 && CGO_ENABLED=0 GOFLAGS=-trimpath go build -ldflags="-s -w" -o /kustomize sigs.k8s.io/kustomize/kustomize/v5

FROM ${TOOLS} AS tools

FROM ${BUILD_BASE} AS build
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts
COPY tsconfig.json tsconfig.build.json ./
COPY agent agent
COPY cli cli
# Maps and type declarations are for developers; prebuilds are native code for another runtime than Node. Nothing of them runs.
RUN npm run build \
 && npm prune --omit=dev --ignore-scripts \
 && rm -rf node_modules/.bin node_modules/.package-lock.json \
 && find node_modules -type d -name prebuilds -prune -exec rm -r {} + \
 && find node_modules -type d -empty -delete \
 && find dist -name "*.map" -delete \
 && find dist -name "*.d.ts" -delete
# What the image has: npm's packages, Node, and the renderers with the Go modules they are made of.
COPY image image
COPY --from=tools /helm /kustomize /usr/local/bin/
RUN npm sbom --package-lock-only --sbom-format=spdx > sbom.spdx.json \
 && node image/sbom.ts sbom.spdx.json /usr/local/bin/node /usr/local/bin/helm /usr/local/bin/kustomize

FROM ${BASE}
ARG COMMIT=unknown
LABEL org.opencontainers.image.title="holdfast" \
      org.opencontainers.image.description="A GitOps agent for fleets of Kubernetes clusters that never takes absence for a delete." \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.revision="${COMMIT}"
COPY --from=build /usr/local/bin/node /usr/local/bin/node
COPY --from=tools /helm /kustomize /usr/local/bin/
COPY --from=build /app/package.json /app/sbom.spdx.json /app/
COPY --from=build /app/node_modules /app/node_modules
COPY --from=build /app/dist /app/dist
COPY LICENSE /app/LICENSE
WORKDIR /app
# HOME is where nothing of ours is written; Git objects and renders go to the store, the rest to /tmp.
ENV NODE_ENV=production HOME=/tmp HOLDFAST_COMMIT=${COMMIT} PATH=/usr/local/bin:/usr/bin:/bin
USER 65532:65532
EXPOSE 8080 8081
# Node would open a debug port for whoever may send it SIGUSR1, and let 64 MiB of garbage gather before it looks.
ENTRYPOINT ["/usr/local/bin/node", "--disable-sigusr1", "--max-semi-space-size=8", "/app/dist/agent/main.js"]
