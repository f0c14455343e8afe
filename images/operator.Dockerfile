# The operator's image, for those who have a container runtime; `make images` builds the same content without one.
#
#   docker build -f images/operator.Dockerfile -t sallyport-operator .
#
# BASE may be any glibc distribution with apt that Node 24 runs on.
ARG BASE=debian:bookworm-slim
ARG BUILDER=node:24-bookworm-slim

FROM ${BUILDER} AS builder
WORKDIR /source
COPY package.json package-lock.json ./
RUN npm ci --no-audit --no-fund
COPY . .
RUN node_modules/.bin/node images/bundle-program.ts operator/main.ts /app \
 && cp "$(readlink -f node_modules/node/bin/node)" /usr/local/bin/sallyport-node

FROM ${BASE}
RUN apt-get update \
 && apt-get install -y --no-install-recommends ca-certificates libstdc++6 \
 && rm -rf /var/lib/apt/lists/*
COPY --from=builder /usr/local/bin/sallyport-node /usr/local/bin/node
COPY --from=builder /app /app
ENV NODE_ENV=production MALLOC_ARENA_MAX=1 MALLOC_TRIM_THRESHOLD_=262144 MALLOC_MMAP_THRESHOLD_=16384
USER 65532
WORKDIR /
ENTRYPOINT ["/usr/local/bin/node", "--disable-sigusr1", "--disable-warning=ExperimentalWarning", "--max-semi-space-size=2", "/app/operator/main.js"]
