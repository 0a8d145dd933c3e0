{{/* The secret with certificate, key and authority: one for server and client both. */}}
{{- define "mahila-lib.tls-secret" -}}
{{- ternary .Values.tls.existingSecret (printf "%s-tls" .Chart.Name) (eq .Values.global.tls.mode "existingSecret") }}
{{- end }}

{{/* The file of the authorities of peers and clients. */}}
{{- define "mahila-lib.ca-file" -}}
{{- with .Values.global.tls.caConfigMap -}}
{{ ternary (printf "/run/mahila/ca/%s" .key) "/run/mahila/tls/ca.crt" (ne .name "") }}
{{- end }}
{{- end }}

{{/*
Whose certificates are taken: the followers'. A service that nobody follows takes its own name alone; an empty list would let in
everybody of that authority.
*/}}
{{- define "mahila-lib.client-names" -}}
{{- $service := include "mahila-lib.service" . | fromYaml }}
{{- $names := list }}
{{- range $service.followers | default (list .Chart.Name) }}
{{- $names = append $names (printf "%s.%s.svc" . $.Release.Namespace) }}
{{- end }}
{{- concat $names .Values.global.tls.clientNames | join "," }}
{{- end }}

{{/* Made and made anew by cert-manager. */}}
{{- define "mahila-lib.certificate" -}}
{{- $tls := .Values.global.tls }}
{{- if eq $tls.mode "certManager" -}}
{{- $host := printf "%s.%s.svc" .Chart.Name .Release.Namespace }}
{{- $headless := printf "%s-headless.%s.svc" .Chart.Name .Release.Namespace -}}
apiVersion: cert-manager.io/v1
kind: Certificate
metadata:
  name: {{ .Chart.Name }}
  labels: {{- include "mahila-lib.labels" (dict "context" . "component" "server") | nindent 4 }}
spec:
  secretName: {{ include "mahila-lib.tls-secret" . }}
  secretTemplate:
    labels:
      app.kubernetes.io/part-of: mahila
  dnsNames:
    # The first is also the name that peers know this client by.
    - {{ $host }}
    - {{ $headless }}
    - {{ printf "*.%s" $headless | quote }}
    - {{ .Chart.Name }}
    - {{ .Chart.Name }}.{{ .Release.Namespace }}
    - {{ $host }}.cluster.local
  duration: {{ $tls.duration }}
  renewBefore: {{ $tls.renewBefore }}
  usages: [digital signature, server auth, client auth]
  privateKey:
    algorithm: ECDSA
    size: 256
    encoding: PKCS8
    rotationPolicy: Always
  issuerRef:
    name: {{ $tls.issuerRef.name }}
    kind: {{ $tls.issuerRef.kind }}
    group: {{ $tls.issuerRef.group }}
{{- end }}
{{- end }}
