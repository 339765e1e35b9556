# docker build -t gateway . && docker run -p 8000:8000 -v gateway:/data gateway
# Works with --read-only --tmpfs /tmp --cap-drop ALL --security-opt no-new-privileges.
ARG PYTHON_IMAGE=python:3.13-slim

# --- builder: pip, its index and its caches stay behind here
FROM ${PYTHON_IMAGE} AS builder
RUN apt-get update && apt-get install --yes --no-install-recommends binutils
WORKDIR /app
RUN python -m venv --without-pip /opt/venv
COPY requirements.txt .
# A pip.conf of one's own (docker build --secret id=pip_conf,src=...) is seen by this step only.
RUN --mount=type=secret,id=pip_conf,target=/etc/pip.conf,required=false \
    pip --python /opt/venv/bin/python install --no-cache-dir --no-compile \
        --disable-pip-version-check --require-hashes --requirement requirements.txt
# A quarter of what was installed is debugging symbols of compiled modules.
RUN find /opt/venv/lib -name '*.so' -not -path '*.libs/*' -exec strip --strip-debug {} +
COPY . .
# Compiled here, as a read-only root cannot keep bytecode; trusted by content, whatever happens to
# the times of files on the way into the next stage.
RUN python -m compileall -q -j 0 --invalidation-mode unchecked-hash /opt/venv/lib /app

# --- the image
FROM ${PYTHON_IMAGE}
LABEL org.opencontainers.image.title="plugin-gateway" \
      org.opencontainers.image.licenses="MIT"
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    MALLOC_ARENA_MAX=2 \
    MALLOC_MMAP_THRESHOLD_=4194304 \
    HOST=0.0.0.0 \
    PORT=8000 \
    DATA_DIR=/data \
    PLUGINS_DIR=/plugins
RUN groupadd --gid 10001 gateway \
 && useradd --uid 10001 --gid gateway --home-dir /data --no-create-home --no-log-init \
        --shell /usr/sbin/nologin gateway \
 && install -d -o gateway -g gateway /data \
 && install -d /plugins
WORKDIR /app
COPY --from=builder /opt/venv /opt/venv
COPY --from=builder /app /app
# A number, so that an orchestrator can see that it is not root.
USER 10001:10001
VOLUME /data
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s --retries=3 \
    CMD ["python", "-I", "-S", "-c", "import os, sys, http.client as http; connection = http.HTTPConnection('127.0.0.1', int(os.environ['PORT']), timeout=3); connection.request('GET', '/healthz'); sys.exit(connection.getresponse().status != 200)"]
# gunicorn.conf.py says the same; here too, so that no other configuration can undo it.
CMD ["gunicorn", "--no-control-socket", "--http-parser", "python"]
