# syntax=docker/dockerfile:1
# One image, three roles: the command says which (see docker-compose.yml).
FROM node:24-slim AS dependencies
WORKDIR /app
COPY package.json package-lock.json ./
# Optional packages stay: the platform builds of some dependencies are among them. Only the pinned Node, which is
# there for machines with an older one, is dropped again.
RUN npm ci --omit=dev --no-audit --no-fund \
 && rm -rf node_modules/node-linux-* node_modules/node-win-* node_modules/.bin/node \
 && npm cache clean --force

FROM node:24-slim
ENV NODE_ENV=production \
    NODE_OPTIONS="--disable-warning=ExperimentalWarning --max-semi-space-size=16"
WORKDIR /app
# Owned by root and so read-only for the process; /app/data is the one folder it may write.
COPY --from=dependencies /app/node_modules ./node_modules
COPY package.json config*.json ./
COPY prompts ./prompts
COPY src ./src
RUN mkdir data && chown node:node data
USER node
VOLUME /app/data
EXPOSE 8083
# Plain Node, as the slim image has no curl. The token is sent because one may be demanded.
HEALTHCHECK --interval=15s --timeout=5s --start-period=30s --retries=4 \
  CMD ["node", "-e", "fetch('http://127.0.0.1:8083/health',{headers:{authorization:'Bearer '+(process.env.BONGSU_TOKEN??'')}}).then(r=>process.exit(r.ok?0:1),()=>process.exit(1))"]
# Exec form: signals reach Node itself, which drains and stops.
ENTRYPOINT ["node", "src/main.ts"]
CMD ["start", "--role", "all"]
