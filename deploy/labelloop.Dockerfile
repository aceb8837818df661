FROM node:22-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --no-audit --no-fund
COPY . .
RUN npm run build && npm prune --omit=dev --no-audit --no-fund

FROM node:22-bookworm-slim
ENV NODE_ENV=production
WORKDIR /app
# Temporal's native core and Label Studio's images are fetched over TLS.
RUN apt-get update \
  && apt-get install --yes --no-install-recommends ca-certificates fontconfig-config fonts-dejavu-core \
  && rm -rf /var/lib/apt/lists/* \
  && mkdir --parents /data /work \
  && chown node:node /data /work
COPY --from=build /app/package.json ./
COPY --from=build /app/node_modules ./node_modules
COPY --from=build /app/dist ./dist
USER node
ENTRYPOINT ["node", "dist/bin/labelloop.js"]
