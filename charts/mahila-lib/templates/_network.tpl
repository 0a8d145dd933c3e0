{{/* Names are looked up. */}}
{{- define "mahila-lib.egress-dns" -}}
- to: {{- toYaml .Values.global.networkPolicy.dns | nindent 4 }}
  ports:
    - {port: 53, protocol: UDP}
    - {port: 53, protocol: TCP}
{{- end }}

{{/* The service's own database. */}}
{{- define "mahila-lib.egress-database" -}}
{{- if .Values.global.cnpg.enabled -}}
- to:
    - podSelector:
        matchLabels:
          cnpg.io/cluster: {{ include "mahila-lib.cluster" . }}
  ports:
    - {port: 5432, protocol: TCP}
{{- else -}}
- ports:
    - {port: {{ int .Values.database.port }}, protocol: TCP}
  {{- with .Values.global.networkPolicy.database }}
  to: {{- toYaml . | nindent 4 }}
  {{- end }}
{{- end }}
{{- end }}

{{/* To the port of an address, and to these peers or anywhere: `dict "url" … "to" …`. */}}
{{- define "mahila-lib.egress-url" }}
{{- $host := (urlParse .url).host }}
{{- $given := regexFind ":[0-9]+$" $host | trimPrefix ":" -}}
- ports:
    - {port: {{ $given | default (ternary 443 80 (hasPrefix "https:" .url)) | int }}, protocol: TCP}
  {{- with .to }}
  to: {{- toYaml . | nindent 4 }}
  {{- end }}
{{- end }}

{{/* What the service may hear and say; whatever is not here is denied. The kubelet's probes come from the pod's own node, which no
policy shuts out. */}}
{{- define "mahila-lib.networkpolicy" -}}
{{- $v := .Values }}
{{- $g := $v.global }}
{{- $service := include "mahila-lib.service" . | fromYaml }}
{{- $server := dict "context" . "component" "server" }}
{{- if $g.networkPolicy.enabled -}}
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: {{ .Chart.Name }}
  labels: {{- include "mahila-lib.labels" $server | nindent 4 }}
spec:
  podSelector:
    matchLabels: {{- include "mahila-lib.selector" $server | nindent 6 }}
  policyTypes: [Ingress, Egress]
  ingress:
    {{- /* A rule without peers would let in everybody. */}}
    {{- if or $service.followers $g.networkPolicy.clients }}
    - from:
        {{- with $service.followers }}
        - {{ include "mahila-lib.pods-of" . | nindent 10 | trim }}
        {{- end }}
        {{- with $g.networkPolicy.clients }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
      ports:
        - {port: grpc, protocol: TCP}
    {{- end }}
    {{- if ($v.test).enabled }}
    - from:
        - podSelector:
            matchLabels:
              app.kubernetes.io/part-of: mahila
              app.kubernetes.io/component: test
      ports:
        - {port: grpc, protocol: TCP}
    {{- end }}
    {{- with $g.networkPolicy.monitoring }}
    - from: {{- toYaml . | nindent 8 }}
      ports:
        - {port: health, protocol: TCP}
    {{- end }}
  egress:
    {{- include "mahila-lib.egress-dns" . | nindent 4 }}
    {{- include "mahila-lib.egress-database" . | nindent 4 }}
    {{- with $service.follows }}
    - to:
        - {{ include "mahila-lib.pods-of" . | nindent 10 | trim }}
      ports:
        - {port: 7100, protocol: TCP}
    {{- end }}
    {{- with $g.auth.jwks.url }}
    {{- include "mahila-lib.egress-url" (dict "url" . "to" $g.networkPolicy.issuer) | nindent 4 }}
    {{- end }}
    {{- with $g.telemetry.otlpEndpoint }}
    {{- include "mahila-lib.egress-url" (dict "url" . "to" $g.networkPolicy.collector) | nindent 4 }}
    {{- end }}
{{- end }}
{{- end }}

{{/* Who reaches the database's pods: the service and its migrations, the instances each other, the operator, the monitoring. What they say
themselves (the cluster's API, an object store) is the operator's business. */}}
{{- define "mahila-lib.cnpg-networkpolicy" -}}
{{- $cluster := include "mahila-lib.cluster" . -}}
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: {{ $cluster }}
  labels: {{- include "mahila-lib.labels" (dict "context" . "component" "database") | nindent 4 }}
spec:
  podSelector:
    matchLabels:
      cnpg.io/cluster: {{ $cluster }}
  policyTypes: [Ingress]
  ingress:
    - from:
        - podSelector:
            matchLabels:
              app.kubernetes.io/name: {{ .Chart.Name }}
              app.kubernetes.io/part-of: mahila
            matchExpressions:
              - {key: app.kubernetes.io/component, operator: In, values: [server, migrate]}
      ports:
        - {port: 5432, protocol: TCP}
    - from:
        - podSelector:
            matchLabels:
              cnpg.io/cluster: {{ $cluster }}
        - namespaceSelector:
            matchLabels:
              kubernetes.io/metadata.name: {{ .Values.global.cnpg.operatorNamespace }}
      ports:
        - {port: 5432, protocol: TCP}
        - {port: 8000, protocol: TCP}
    {{- with .Values.global.networkPolicy.monitoring }}
    - from: {{- toYaml . | nindent 8 }}
      ports:
        - {port: 9187, protocol: TCP}
    {{- end }}
{{- end }}
