{{/*
How migrations run. CloudNativePG's database does not exist before the install, so that a hook would wait for it for ever: then they are
a Job among the rest, and pods restart until it is done (a service refuses to start on a database that lacks a migration).
*/}}
{{- define "mahila-lib.migrations" -}}
{{- if and .Values.global.cnpg.enabled (eq .Values.global.migrations.mode "hook") -}}
job
{{- else -}}
{{ .Values.global.migrations.mode }}
{{- end }}
{{- end }}

{{/*
Annotations by mode: `dict "context" . "weight" -10`. Helm and Flux run hooks before an install or upgrade; Argo CD takes them for
PreSync hooks. What a hook made is taken away when it has succeeded; a Job that failed stays, with its log.
*/}}
{{- define "mahila-lib.migration-annotations" -}}
{{- if eq (include "mahila-lib.migrations" .context) "hook" -}}
helm.sh/hook: pre-install,pre-upgrade
helm.sh/hook-weight: {{ .weight | quote }}
helm.sh/hook-delete-policy: before-hook-creation,hook-succeeded
{{- else -}}
# Argo CD: after the database, before the service. Nobody else minds.
argocd.argoproj.io/sync-wave: "-1"
{{- end }}
{{- end }}

{{/* The pod that migrates: as the owner, with that one address and nothing else of the service's. */}}
{{- define "mahila-lib.migration-pod" -}}
{{- $v := .Values }}
{{- $service := include "mahila-lib.service" . | fromYaml -}}
serviceAccountName: {{ .Chart.Name }}-migrate
{{- include "mahila-lib.pod-security" . | nindent 0 }}
{{- with include "mahila-lib.placement" . }}
{{- . | nindent 0 }}
{{- end }}
# A new pod each time, so that the log of the one that failed stays.
restartPolicy: Never
containers:
  - name: migrate
    image: {{ include "mahila-lib.image" . | quote }}
    imagePullPolicy: {{ $v.global.image.pullPolicy }}
    args: [migrate, {{ $service.short }}]
    env:
      - {name: MAHILA__DATABASE__{{ upper $service.short }}__OWNER_URL_FILE, value: /run/mahila/database/owner-url}
      {{- include "mahila-lib.database-env" . | nindent 6 }}
    resources: {{- toYaml $v.resources | nindent 6 }}
    securityContext: {{- include "mahila-lib.container-security" . | nindent 6 }}
    volumeMounts:
      - {name: database, mountPath: /run/mahila/database, readOnly: true}
volumes: {{- include "mahila-lib.database-volume" (dict "context" . "role" "owner") | nindent 2 }}
{{- end }}

{{/* Migrations: an account, a way out to the database, and the Job. Two at once agree by a lock in the database. */}}
{{- define "mahila-lib.migrate" -}}
{{- $v := .Values }}
{{- $mode := include "mahila-lib.migrations" . }}
{{- if ne $mode "none" }}
{{- $migrate := dict "context" . "component" "migrate" }}
{{- $pod := include "mahila-lib.migration-pod" . }}
{{- $before := include "mahila-lib.migration-annotations" (dict "context" . "weight" -10) -}}
apiVersion: v1
kind: ServiceAccount
metadata:
  name: {{ .Chart.Name }}-migrate
  labels: {{- include "mahila-lib.labels" $migrate | nindent 4 }}
  annotations: {{- $before | nindent 4 }}
automountServiceAccountToken: false
{{- if $v.global.networkPolicy.enabled }}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: {{ .Chart.Name }}-migrate
  labels: {{- include "mahila-lib.labels" $migrate | nindent 4 }}
  annotations: {{- $before | nindent 4 }}
spec:
  podSelector:
    matchLabels: {{- include "mahila-lib.selector" $migrate | nindent 6 }}
  policyTypes: [Ingress, Egress]
  egress:
    {{- include "mahila-lib.egress-dns" . | nindent 4 }}
    {{- include "mahila-lib.egress-database" . | nindent 4 }}
{{- end }}
---
apiVersion: batch/v1
kind: Job
metadata:
  {{- if eq $mode "hook" }}
  name: {{ .Chart.Name }}-migrate
  {{- else }}
  # A Job cannot be changed: what runs something else has another name.
  name: {{ .Chart.Name }}-migrate-{{ printf "%s%v%v" $pod $v.global.migrations.retries $v.global.migrations.deadlineSeconds | sha256sum | trunc 8 }}
  {{- end }}
  labels: {{- include "mahila-lib.labels" $migrate | nindent 4 }}
  annotations: {{- include "mahila-lib.migration-annotations" (dict "context" . "weight" 0) | nindent 4 }}
spec:
  backoffLimit: {{ int $v.global.migrations.retries }}
  activeDeadlineSeconds: {{ int $v.global.migrations.deadlineSeconds }}
  template:
    metadata:
      labels: {{- include "mahila-lib.selector" $migrate | nindent 8 }}
        app.kubernetes.io/part-of: mahila
    spec: {{- $pod | nindent 6 }}
{{- end }}
{{- end }}
