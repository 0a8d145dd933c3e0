{{/* Metrics of every pod, ready or not: the headless service alone has their port. */}}
{{- define "mahila-lib.servicemonitor" -}}
{{- $monitor := .Values.global.monitoring.serviceMonitor }}
{{- $server := dict "context" . "component" "server" }}
{{- if $monitor.enabled -}}
apiVersion: monitoring.coreos.com/v1
kind: ServiceMonitor
metadata:
  name: {{ .Chart.Name }}
  labels: {{- merge (include "mahila-lib.labels" $server | fromYaml) $monitor.labels | toYaml | nindent 4 }}
spec:
  selector:
    matchLabels: {{- include "mahila-lib.selector" $server | nindent 6 }}
  endpoints:
    - port: health
      path: /metrics
      interval: {{ $monitor.interval }}
      # The series say themselves which service they are of.
      honorLabels: true
{{- end }}
{{- end }}
