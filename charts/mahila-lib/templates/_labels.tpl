{{/* What pods of this component are found by; never changes. Names are those of the charts: one suite a namespace. */}}
{{- define "mahila-lib.selector" -}}
app.kubernetes.io/name: {{ .context.Chart.Name }}
app.kubernetes.io/instance: {{ .context.Release.Name }}
app.kubernetes.io/component: {{ .component }}
{{- end }}

{{/* Labels of every object: `dict "context" . "component" "server"`. */}}
{{- define "mahila-lib.labels" -}}
{{ include "mahila-lib.selector" . }}
app.kubernetes.io/part-of: mahila
app.kubernetes.io/version: {{ .context.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .context.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .context.Chart.Name .context.Chart.Version | replace "+" "_" }}
{{- end }}

{{/* Pods of the named services, whichever release installed them. */}}
{{- define "mahila-lib.pods-of" -}}
podSelector:
  matchLabels:
    app.kubernetes.io/part-of: mahila
    app.kubernetes.io/component: server
  matchExpressions:
    - key: app.kubernetes.io/name
      operator: In
      values: {{- toYaml . | nindent 8 }}
{{- end }}
