#!/usr/bin/env bash
# Brings what the checks of the charts need into a folder: helm and helm-unittest (built by Go), the CRDs that the charts use (from their projects'
# Go modules), and Python packages. What is there already is left alone.
set -euo pipefail
tools=$(mkdir -p "$1" && cd "$1" && pwd)

HELM=v4.3.1
HELM_UNITTEST=v1.1.2
GATEWAY_API=v1.4.1
CERT_MANAGER=v1.21.2
PROMETHEUS_OPERATOR=v0.85.0

if ! command -v go > /dev/null; then
  echo "Go is missing, and with it helm; to mend it: install Go from https://go.dev/dl (1.24 or later)" >&2
  exit 1
fi
export GOBIN=$tools/bin GOFLAGS=${GOFLAGS:--p=2}

# The folder of a module's source, downloaded when it is not there.
module() { go mod download -json "$1@$2" | python3 -c 'import json, sys; print(json.load(sys.stdin)["Dir"])'; }

if [ ! -x "$tools/bin/helm" ]; then
  echo "building helm $HELM"
  go install "helm.sh/helm/v4/cmd/helm@$HELM"
fi
if [ ! -x "$tools/bin/helm-unittest" ]; then
  echo "building helm-unittest $HELM_UNITTEST"
  # Its go.mod replaces a module, which `go install NAME@VERSION` refuses; in its own folder it builds.
  (cd "$(module github.com/helm-unittest/helm-unittest $HELM_UNITTEST)" && go build -o "$tools/bin/helm-unittest" ./cmd/helm-unittest)
fi

mkdir -p "$tools/crds"
gateway=$(module sigs.k8s.io/gateway-api $GATEWAY_API)/config/crd/standard
certificates=$(module github.com/cert-manager/cert-manager $CERT_MANAGER)/deploy/crds
prometheus=$(module github.com/prometheus-operator/prometheus-operator $PROMETHEUS_OPERATOR)/example/prometheus-operator-crd
install -m 0644 -t "$tools/crds" \
  "$gateway"/gateway.networking.k8s.io_{grpcroutes,backendtlspolicies}.yaml \
  "$certificates"/cert-manager.io_certificates.yaml \
  "$prometheus"/monitoring.coreos.com_{servicemonitors,podmonitors,prometheusrules}.yaml

[ -x "$tools/venv/bin/python" ] || python3 -m venv "$tools/venv"
"$tools/venv/bin/pip" install --quiet --disable-pip-version-check pyyaml==6.0.3 pytest==8.4.2 kubernetes-validate==1.37.0
