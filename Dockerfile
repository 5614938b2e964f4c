# montage-recipe in an image, and the test host that enlarges clips for it (target gpu-host).
#
# The bases are Debian 13.7 and 12.15, pinned by digest. The digests are those that independent public Dockerfiles give for these
# tags (looked up in November 2026); where they were written down there was no registry to pull from. A wrong one stops the build.
FROM debian:trixie-20261005-slim@sha256:a29215f6a35e51e22adffa17f89e9d2ef06214e64a2bad10d765c46aea49f11f AS base
# hadolint ignore=DL3008 # Debian keeps only the newest version of a package: a pinned one fails after its next fix
RUN apt-get update \
    && apt-get install --yes --no-install-recommends python3 \
    && rm -rf /var/lib/apt/lists/* /var/cache/apt/*.bin /var/cache/debconf/*-old /var/log/apt /var/log/dpkg.log


FROM base AS wheel
# hadolint ignore=DL3008 # as above
RUN apt-get update \
    && apt-get install --yes --no-install-recommends python3-venv \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /source
COPY pyproject.toml README.md LICENSE ./
COPY montage_recipe montage_recipe
COPY schemas schemas
COPY recipes recipes
COPY templates templates
RUN python3 -m venv /pip \
    && /pip/bin/pip wheel --no-cache-dir --no-deps --wheel-dir /wheel .


# What the wheel needs comes as wheels too; an ffmpeg is inside that of imageio-ffmpeg.
FROM wheel AS installed
# [upscale] adds what enlarges clips in this container itself: EXTRAS="[upscale]"
ARG EXTRAS=""
RUN python3 -m venv --without-pip /opt/montage-recipe \
    && /pip/bin/pip --python /opt/montage-recipe/bin/python install --no-cache-dir --only-binary :all: \
        "$(echo /wheel/montage_recipe-*.whl)${EXTRAS}"


# An OpenSSH server with Python and pip, run by a user who is not root. It holds no key: those of the folder that is
# mounted at /keys are used (ssh_host_ed25519_key and authorized_keys), and Debian's own are removed. Debian 12, for its
# Python 3.11: the package with the models' weights has no wheel for 3.13.
FROM debian:bookworm-20261005-slim@sha256:7c7b2c966bc9ee8cedfeef67e0e279108992c77681fa595db4a9d65c06ccc587 AS gpu-host
ARG MONTAGE_UID=1000
# hadolint ignore=DL3008 # as above
RUN apt-get update \
    && apt-get install --yes --no-install-recommends ca-certificates openssh-server python3 python3-pip \
    && rm -rf /var/lib/apt/lists/* /var/cache/apt/*.bin /var/cache/debconf/*-old /var/log/apt /var/log/dpkg.log \
        /etc/ssh/ssh_host_* \
    && useradd --uid "${MONTAGE_UID}" --user-group --create-home --shell /bin/bash worker
COPY --chmod=644 containers/sshd_config /etc/ssh/sshd_config
LABEL org.opencontainers.image.title="montage-recipe gpu-host" \
      org.opencontainers.image.description="A test host that enlarges clips on its CPU, reached by SSH" \
      org.opencontainers.image.licenses="MIT"
USER ${MONTAGE_UID}:${MONTAGE_UID}
WORKDIR /home/worker
VOLUME ["/home/worker"]
EXPOSE 2222
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=10s --start-period=5s --retries=3 \
    CMD ["sh", "-c", "ssh-keyscan -T 5 -p 2222 127.0.0.1 2> /dev/null | grep -q ssh-ed25519"]
ENTRYPOINT ["/usr/sbin/sshd", "-D", "-e"]


FROM base AS montage-recipe
ARG MONTAGE_UID=1000
ARG REVISION=unknown
RUN useradd --uid "${MONTAGE_UID}" --user-group --create-home --shell /usr/sbin/nologin montage \
    && install --directory --owner=montage --group=montage /project /store
COPY --from=installed /opt/montage-recipe /opt/montage-recipe
ENV PATH=/opt/montage-recipe/bin:$PATH \
    HOME=/home/montage \
    LANG=C.UTF-8 \
    PYTHONDONTWRITEBYTECODE=1 \
    MONTAGE_CACHE_DIR=/store
LABEL org.opencontainers.image.title="montage-recipe" \
      org.opencontainers.image.description="A compiler from a YAML recipe to a finished video" \
      org.opencontainers.image.version="0.1.0" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.licenses="MIT" \
      org.opencontainers.image.base.name="docker.io/library/debian:trixie-20261005-slim" \
      org.opencontainers.image.base.digest="sha256:a29215f6a35e51e22adffa17f89e9d2ef06214e64a2bad10d765c46aea49f11f"
USER ${MONTAGE_UID}:${MONTAGE_UID}
WORKDIR /project
# The root file system is never written to: only these two, and /tmp, which may be a tmpfs.
VOLUME ["/project", "/store"]
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=60s --timeout=30s --start-period=5s --retries=3 CMD ["montage-recipe", "doctor"]
ENTRYPOINT ["montage-recipe"]
CMD ["--help"]
