# Parley on a machine of one's own: docs/own-machine.md says how to run it.
FROM node:26-slim
WORKDIR /opt/parley
COPY . .
# No script of a package runs: the one of `node` brings a Node, which is here already.
RUN npm ci --omit=dev --ignore-scripts --no-audit --no-fund --cache /tmp/npm \
  && node scripts/start.ts --build \
  && rm -rf /tmp/* \
  && install -d -o node -g node -m 700 /data
ENV NODE_ENV=production DATA_DIR=/data HOST=0.0.0.0
USER node
VOLUME /data
EXPOSE 8787
HEALTHCHECK --start-period=2m CMD ["node", "-e", "fetch('http://127.0.0.1:8787/healthz').then(({ ok }) => process.exit(ok ? 0 : 1))"]
CMD ["node", "scripts/start.ts"]
