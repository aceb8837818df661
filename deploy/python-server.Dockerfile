# MLflow or Label Studio at the version the local stack installs.
FROM python:3.12-slim-bookworm
ARG SERVER
ARG EXTRA_PACKAGES=""
COPY stack/requirements/${SERVER}.txt /tmp/requirements.txt
RUN pip install --no-cache-dir --requirement /tmp/requirements.txt ${EXTRA_PACKAGES} \
  && useradd --create-home server \
  && mkdir /data \
  && chown server /data
COPY deploy/http-health.py /deploy/
USER server
WORKDIR /data
