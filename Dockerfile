# syntax=docker/dockerfile:1
# The same steps as `make run`, in two stages. `make bare-root` follows them without an engine.

FROM debian:12-slim AS build
RUN apt-get update \
    && apt-get install -y --no-install-recommends make nodejs npm python3 python3-venv \
       libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 ca-certificates \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /srv/grids
COPY .ci .ci
COPY Makefile pyproject.toml uv.lock package.json package-lock.json README.md LICENSE ./
COPY app app
COPY collaborate_survey collaborate_survey
COPY grids grids
COPY static static
COPY templates templates
# No paper is printed in this stage.
RUN FONTS=no make setup

FROM debian:12-slim
RUN apt-get update \
    && apt-get install -y --no-install-recommends python3 libpango-1.0-0 libpangoft2-1.0-0 \
       libharfbuzz-subset0 fonts-dejavu-core fonts-noto-core fonts-wqy-microhei \
       fonts-droid-fallback postgresql-client ca-certificates \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --home-dir /srv/grids --shell /usr/sbin/nologin grids
WORKDIR /srv/grids
COPY --from=build --chown=root:root /srv/grids /srv/grids
RUN rm -rf node_modules && mkdir -p /var/lib/grids && chown grids:grids /var/lib/grids
USER 10001
ENV HOST=0.0.0.0 PORT=8000 VAR_DIR=/var/lib/grids TEMPLATE_CACHE_DIR=/var/lib/grids/templates \
    PYTHONUNBUFFERED=1
VOLUME ["/var/lib/grids"]
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s \
    CMD ["/srv/grids/.venv/bin/python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:8000/healthz', timeout=4)"]
CMD [".venv/bin/grids", "serve"]
