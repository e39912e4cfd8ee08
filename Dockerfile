# shadowbill as an image: one program for every role, `serve`, `worker`, `migrate up`, `run`, `backup create`.
#   docker build -t shadowbill:0.1.0 .
#   docker build -t shadowbill:0.1.0-pdf --target pdf .    # with Chromium, which prints the PDF of a report
# Versions are pinned; a release pipeline should pin the digests it has tested as well: --build-arg NODE=node:…@sha256:…
ARG NODE=node:24.11.1-bookworm-slim

FROM ${NODE} AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
# Install scripts are not needed by anything we build with.
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY tsconfig.json tsconfig.build.json ./
COPY src src
RUN npm run --silent build

FROM ${NODE} AS packages
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
# Without the optional packages: the embedded Postgres is for trying things out, an image is given a DATABASE_URL.
RUN npm ci --omit=dev --omit=optional --ignore-scripts --no-audit --no-fund && npm cache clean --force

FROM ${NODE} AS program
# pg_dump and pg_restore of the server's version, for `backup`; from the repository of the PostgreSQL project.
RUN apt-get update \
  && apt-get install -y --no-install-recommends ca-certificates postgresql-common \
  && /usr/share/postgresql-common/pgdg/apt.postgresql.org.sh -y \
  && apt-get install -y --no-install-recommends postgresql-client-18 \
  && rm -rf /var/lib/apt/lists/*
WORKDIR /app
COPY --from=packages /app/node_modules node_modules
COPY --from=build /app/dist dist
COPY package.json ./
COPY migrations migrations
ENV NODE_ENV=production
# By number, so that an orchestrator can see that it is not root.
USER 1000:1000
# Node is process 1 and gets SIGTERM itself: a worker ends the jobs in hand and leaves.
ENTRYPOINT ["node", "--enable-source-maps", "/app/dist/cli/main.js", "--config", "/etc/shadowbill/shadowbill.yml"]
CMD ["serve", "--host", "0.0.0.0", "--port", "8080"]
EXPOSE 8080

FROM program AS pdf
USER 0:0
RUN apt-get update && apt-get install -y --no-install-recommends chromium && rm -rf /var/lib/apt/lists/*
ENV CHROMIUM=/usr/bin/chromium
USER 1000:1000

# The last one is what a plain build makes.
FROM program
