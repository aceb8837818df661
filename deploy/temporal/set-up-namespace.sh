#!/bin/sh
# Repeatable. The address and the namespace come from TEMPORAL_ADDRESS and TEMPORAL_NAMESPACE.
set -eu
attempts=30
until temporal operator cluster health >/dev/null 2>&1; do
  attempts=$((attempts - 1))
  [ "$attempts" -gt 0 ] || { echo "Temporal at $TEMPORAL_ADDRESS does not become healthy." >&2; exit 1; }
  sleep 2
done
temporal operator namespace describe --namespace "$TEMPORAL_NAMESPACE" >/dev/null 2>&1 ||
  temporal operator namespace create --namespace "$TEMPORAL_NAMESPACE" --retention 30d
# The server takes some seconds to know a new namespace.
attempts=30
until temporal operator search-attribute create --namespace "$TEMPORAL_NAMESPACE" \
  --name LabelloopLoop --type Keyword --name LabelloopPhase --type Keyword \
  --name LabelloopCycle --type Int --name LabelloopBestMetric --type Double; do
  attempts=$((attempts - 1))
  [ "$attempts" -gt 0 ] || exit 1
  sleep 2
done
