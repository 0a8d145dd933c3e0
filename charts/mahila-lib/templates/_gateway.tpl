{{/* The way in for apps: each service's own methods. Its journal (FeedService) is the other services' business and has no route. */}}
{{- define "mahila-lib.grpcroute" -}}
{{- $g := .Values.global }}
{{- $service := include "mahila-lib.service" . | fromYaml }}
{{- $labels := include "mahila-lib.labels" (dict "context" . "component" "server") }}
{{- if $g.gateway.enabled -}}
apiVersion: gateway.networking.k8s.io/v1
kind: GRPCRoute
metadata:
  name: {{ .Chart.Name }}
  labels: {{- $labels | nindent 4 }}
spec:
  parentRefs: {{- toYaml $g.gateway.parentRefs | nindent 4 }}
  {{- with $g.gateway.hostnames }}
  hostnames: {{- toYaml . | nindent 4 }}
  {{- end }}
  rules:
    - matches:
        {{- range $service.grpc }}
        - method: {service: {{ . }}}
        {{- end }}
      backendRefs:
        - name: {{ .Chart.Name }}
          port: 7100
{{- if and (ne $g.tls.mode "none") $g.gateway.backendTLSPolicy }}
---
apiVersion: gateway.networking.k8s.io/v1
kind: BackendTLSPolicy
metadata:
  name: {{ .Chart.Name }}
  labels: {{- $labels | nindent 4 }}
spec:
  targetRefs:
    - group: ""
      kind: Service
      name: {{ .Chart.Name }}
  validation:
    hostname: {{ .Chart.Name }}.{{ .Release.Namespace }}.svc
    caCertificateRefs:
      - group: ""
        kind: ConfigMap
        name: {{ $g.tls.caConfigMap.name }}
{{- end }}
{{- end }}
{{- end }}
