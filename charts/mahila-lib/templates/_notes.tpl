{{/* What was installed, in a few lines. */}}
{{- define "mahila-lib.notes" -}}
{{- $g := .Values.global -}}
{{ .Chart.Name }} {{ .Chart.AppVersion }} is in namespace {{ .Release.Namespace }}.

  inside the cluster   {{ ternary "http" "https" (eq $g.tls.mode "none") }}://{{ .Chart.Name }}.{{ .Release.Namespace }}.svc:7100
  how it is            kubectl -n {{ .Release.Namespace }} get pods -l app.kubernetes.io/name={{ .Chart.Name }}
{{- with include "mahila-lib.warnings" . }}
{{ . }}
{{- end }}
{{- end }}

{{/* What may surprise. */}}
{{- define "mahila-lib.warnings" -}}
{{- $g := .Values.global }}
{{- if eq $g.tls.mode "none" }}
Calls are in plain text (global.tls.mode: none): only a mesh that encrypts by itself makes that right.
{{- end }}
{{- if and $g.networkPolicy.enabled (not $g.networkPolicy.clients) }}
Only the services themselves may call (global.networkPolicy.clients is empty).
{{- end }}
{{- if and $g.cnpg.enabled (eq $g.migrations.mode "hook") }}
Migrations run as a Job beside the rest, for the database comes with this install; pods restart until it is done.
{{- end }}
{{- if eq $g.migrations.mode "none" }}
No migrations run (global.migrations.mode: none): run `mahila migrate` before the pods can start.
{{- end }}
{{- if and $g.cnpg.enabled (not $g.cnpg.backup.enabled) }}
No backup is kept (global.cnpg.backup.enabled: false).
{{- end }}
{{- end }}
