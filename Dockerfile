# syntax=docker/dockerfile:1
# The current Node LTS.
ARG NODE=26

FROM node:${NODE}-bookworm AS build
WORKDIR /app
COPY package.json package-lock.json tsconfig.json tsconfig.build.json ./
COPY bin bin
COPY src src
COPY sql sql
COPY config config
# Builds dist/ (prepare), then leaves behind what only building needed. The compiler here makes hnswlib-node.
RUN npm ci --no-audit --no-fund && npm prune --omit=dev --ignore-scripts --no-audit --no-fund

FROM node:${NODE}-bookworm-slim
ENV NODE_ENV=production
WORKDIR /app
COPY --from=build /app/package.json ./
COPY --from=build /app/node_modules node_modules
COPY --from=build /app/bin bin
COPY --from=build /app/dist dist
COPY --from=build /app/sql sql
COPY --from=build /app/config config
RUN mkdir /data && chown node:node /data && chmod 700 /data
USER node
VOLUME /data
EXPOSE 5433
# Without a password of the operator's own nobody outside the container could know it.
ENTRYPOINT ["/bin/sh", "-c", ": \"${LAKEWIRE_ADMIN_PASSWORD:?must be set: the admin password}\"; exec node bin/lakewire.cjs \"$@\"", "lakewire"]
CMD ["serve", "--host", "0.0.0.0", "--port", "5433", "--data", "/data"]
# An SSLRequest is answered with one byte, before any log-in.
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s --retries=3 \
  CMD ["node", "-e", "const s = require('node:net').connect(5433, '127.0.0.1', () => s.write(Buffer.from('0000000804d2162f', 'hex'))); s.on('data', (b) => process.exit('SN'.includes(b.toString()) ? 0 : 1)); s.on('error', () => process.exit(1)); s.setTimeout(2500, () => process.exit(1));"]
