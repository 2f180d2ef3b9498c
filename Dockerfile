# One image for every role: `automation serve ROLE`, `automation db migrate`, and all other commands.
#
#   tools ──► page ──► wheel ──┐
#     └─────► packages ────────┴──► venv ──► (final)
#   postgres ──────────────────────────────────┘
#
# Nothing in the final stage can build, install or download: no pip, no compiler, no Node. It runs as
# user 10001 on a read-only root; what it writes goes to /var/lib/automation (a volume) and /tmp.
# The same sources and SOURCE_DATE_EPOCH give the same files.
#
#   docker build -t automation-tasks .
#
# Python from another place: --build-arg PYTHON_IMAGE=registry.example/python:3.13-slim@sha256:...
ARG PYTHON_IMAGE=python:3.13-slim

# hadolint ignore=DL3006
FROM ${PYTHON_IMAGE} AS tools
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PIP_ROOT_USER_ACTION=ignore \
    PATH=/tools/bin:$PATH
COPY requirements-image-build.lock /src/
RUN python -m venv /tools \
 && /tools/bin/pip install -q --require-hashes --only-binary :all: -r /src/requirements-image-build.lock

FROM tools AS page
WORKDIR /src/services/web
COPY services/web/package.json services/web/package-lock.json services/web/.npmrc ./
RUN npm ci --no-progress --loglevel=error
COPY services/api/openapi.json ../api/openapi.json
COPY services/web ./
RUN npm run -s build

FROM tools AS wheel
ARG SOURCE_DATE_EPOCH=1767225600
WORKDIR /src
COPY pyproject.toml README.md LICENSE ./
COPY shared shared
COPY services services
COPY deploy deploy
COPY --from=page /src/services/web/dist services/web/dist
RUN SOURCE_DATE_EPOCH=$SOURCE_DATE_EPOCH pip wheel -q --no-deps --no-build-isolation -w /dist .

FROM tools AS venv
ARG SOURCE_DATE_EPOCH=1767225600
COPY requirements-image.lock /src/
# Byte code that is never compared with its source: a start reads no times, and a build gives the
# same bytes whenever it is made.
ENV COMPILE="python -m compileall -q -j 0 --invalidation-mode unchecked-hash"
RUN python -m venv --without-pip /opt/automation \
 && pip --python /opt/automation/bin/python install -q --require-hashes --only-binary :all: \
      --no-compile -r /src/requirements-image.lock \
 && rm -f /opt/automation/bin/activate* /opt/automation/bin/Activate* \
 && $COMPILE /opt/automation/lib
COPY --from=wheel /dist /dist
RUN pip --python /opt/automation/bin/python install -q --no-deps --no-index --no-compile /dist/*.whl \
 && find /opt/automation -name direct_url.json -delete \
 && $COMPILE /opt/automation/lib/python*/site-packages/deploy \
      /opt/automation/lib/python*/site-packages/services /opt/automation/lib/python*/site-packages/shared \
 && find /opt/automation -exec touch -h -d "@$SOURCE_DATE_EPOCH" {} +

# The package of the client brings Perl along, for a wrapper that nobody here calls.
# hadolint ignore=DL3006
FROM ${PYTHON_IMAGE} AS postgres
ARG SOURCE_DATE_EPOCH=1767225600
# Any newer patch of Debian's stable release is welcome, so no version is pinned.
# hadolint ignore=DL3008
RUN apt-get update -qq \
 && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends postgresql-client >/dev/null \
 && mkdir /programs \
 && cp -L /usr/lib/postgresql/*/bin/pg_dump /usr/lib/postgresql/*/bin/pg_restore \
      /usr/lib/postgresql/*/bin/psql /programs/ \
 && find /programs -exec touch -d "@$SOURCE_DATE_EPOCH" {} +

# hadolint ignore=DL3006
FROM ${PYTHON_IMAGE}
ARG SOURCE_DATE_EPOCH=1767225600
# What pg_dump, pg_restore and psql are linked with. Whatever installs software goes: the interpreter
# stays, for it is what we run on.
# hadolint ignore=DL3008
RUN apt-get update -qq \
 && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
      ca-certificates liblz4-1 libpq5 libreadline8t64 libzstd1 >/dev/null \
 && rm -rf /var/lib/apt/lists/* /var/cache/apt /var/log/* /var/cache/ldconfig/aux-cache \
 && find / -xdev \( -path '*/ensurepip' -o -path '*-packages/pip' -o -path '*-packages/pip-*' \
      -o -path '*-packages/setuptools*' -o -path '*-packages/wheel*' \
      -o -path '*/bin/pip*' -o -path '*/share/python-wheels' \) -prune -exec rm -rf {} + \
 && find / -xdev -type f -perm /6000 -exec chmod a-s {} + \
 && groupadd --system --gid 10001 automation \
 && useradd --system --uid 10001 --gid 10001 --home-dir /var/lib/automation --no-log-init \
      --shell /usr/sbin/nologin automation \
 && install -d -o 10001 -g 10001 -m 0711 /var/lib/automation \
 && rm -f /etc/passwd- /etc/group- /etc/shadow- /etc/gshadow-
COPY --from=postgres /programs/ /usr/local/bin/
COPY --from=venv /opt/automation /opt/automation
COPY deploy/ready.py /opt/automation/ready.py
RUN pg_dump --version && pg_restore --version && psql --version && /opt/automation/bin/automation version

ENV PATH=/opt/automation/bin:$PATH \
    LANG=C.UTF-8 \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    AUTOMATION_HOME=/var/lib/automation \
    AUTOMATION_HOST=0.0.0.0 \
    AUTOMATION_PORT=8080 \
    AUTOMATION_HEALTH_HOST=0.0.0.0 \
    AUTOMATION_HEALTH_PORT=8081 \
    AUTOMATION_LOG_FORMAT=json \
    AUTOMATION_RUNTIME_ON_STOP=stop

# Below everything that takes long, because they change with every build.
ARG VERSION=0.1.0
ARG REVISION=unknown
ARG CREATED=2026-01-01T00:00:00Z
LABEL org.opencontainers.image.title="automation-tasks" \
      org.opencontainers.image.description="Runs tasks on time, exactly as often as it should." \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.created="${CREATED}"

USER 10001:10001
WORKDIR /var/lib/automation
EXPOSE 8080 8081
HEALTHCHECK --interval=5s --timeout=4s --start-period=90s --retries=3 \
    CMD ["/opt/automation/bin/python", "-IS", "/opt/automation/ready.py"]
ENTRYPOINT ["automation"]
