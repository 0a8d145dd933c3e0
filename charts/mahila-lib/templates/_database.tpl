{{/* The secret with the address for the role that serves. */}}
{{- define "mahila-lib.database-secret" -}}
{{- .Values.database.existingSecret | default (printf "%s-database" .Chart.Name) }}
{{- end }}

{{/* The CloudNativePG cluster. */}}
{{- define "mahila-lib.cluster" -}}
{{ .Chart.Name }}-db
{{- end }}

{{/* The name under which its backups are kept. */}}
{{- define "mahila-lib.backup-name" -}}
{{- .Values.database.cluster.backupName | default (include "mahila-lib.cluster" .) }}
{{- end }}

{{/* The role that serves. */}}
{{- define "mahila-lib.app-role" -}}
{{- $service := include "mahila-lib.service" . | fromYaml }}
{{- .Values.database.appRole | default (printf "%s_app" $service.short) }}
{{- end }}

{{/* What a connection is told beside its address, and the roles whose rights are looked after. */}}
{{- define "mahila-lib.database-env" -}}
{{- $service := include "mahila-lib.service" . | fromYaml }}
{{- $database := printf "MAHILA__DATABASE__%s" (upper $service.short) -}}
- {name: {{ $database }}__APP_ROLE, value: {{ include "mahila-lib.app-role" . }}}
{{- if and $service.vault .Values.vault.role }}
- {name: {{ $database }}__VAULT_ROLE, value: {{ .Values.vault.role }}}
{{- end }}
- {name: PGSSLMODE, value: {{ .Values.database.sslMode }}}
{{- if or .Values.global.cnpg.enabled .Values.database.caKey }}
- {name: PGSSLROOTCERT, value: /run/mahila/database/ca.crt}
{{- end }}
{{- end }}

{{/*
Address and authority of the database, for one role: `dict "context" . "role" "app"`, or `owner`. Each sees its own address alone.
*/}}
{{- define "mahila-lib.database-volume" -}}
{{- $v := .context.Values }}
{{- $cnpg := $v.global.cnpg.enabled }}
{{- $cluster := include "mahila-lib.cluster" .context -}}
- name: database
  projected:
    defaultMode: 0440
    sources:
      {{- if eq .role "app" }}
      - secret:
          name: {{ include "mahila-lib.database-secret" .context }}
          items:
            - {key: {{ $v.database.urlKey }}, path: url}
      {{- else if $cnpg }}
      # CloudNativePG calls the owner of the database its "app" user.
      - secret:
          name: {{ $cluster }}-app
          items:
            - {key: uri, path: owner-url}
      {{- else }}
      - secret:
          name: {{ include "mahila-lib.database-secret" .context }}
          items:
            - {key: {{ $v.database.ownerUrlKey }}, path: owner-url}
      {{- end }}
      {{- if $cnpg }}
      - secret:
          name: {{ $cluster }}-ca
          items:
            - {key: ca.crt, path: ca.crt}
      {{- else if $v.database.caKey }}
      - secret:
          name: {{ include "mahila-lib.database-secret" .context }}
          items:
            - {key: {{ $v.database.caKey }}, path: ca.crt}
      {{- end }}
{{- end }}

{{/*
The service's own PostgreSQL, run by CloudNativePG. Three roles: the owner, which migrates and whose password the operator makes; the
role that serves, which inherits nothing; and for the vault a role without login, which the other takes on for one transaction.
*/}}
{{- define "mahila-lib.cnpg" -}}
{{- $v := .Values }}
{{- $cnpg := $v.global.cnpg }}
{{- if $cnpg.enabled }}
{{- $service := include "mahila-lib.service" . | fromYaml }}
{{- $labels := include "mahila-lib.labels" (dict "context" . "component" "database") }}
{{- $cluster := include "mahila-lib.cluster" . }}
{{- $restore := $v.database.cluster.restore -}}
apiVersion: postgresql.cnpg.io/v1
kind: Cluster
metadata:
  name: {{ $cluster }}
  labels: {{- $labels | nindent 4 }}
  annotations:
    # Argo CD: before the migrations. Nobody else minds. An uninstall takes the service away, never its data.
    argocd.argoproj.io/sync-wave: "-2"
    helm.sh/resource-policy: keep
spec:
  instances: {{ int $cnpg.instances }}
  {{- with $cnpg.image }}
  imageName: {{ . }}
  {{- end }}
  inheritedMetadata:
    labels:
      app.kubernetes.io/part-of: mahila
  storage:
    size: {{ $v.database.cluster.size }}
    {{- with $cnpg.storageClass }}
    storageClass: {{ . }}
    {{- end }}
  resources: {{- toYaml $v.database.cluster.resources | nindent 4 }}
  affinity:
    topologyKey: kubernetes.io/hostname
    podAntiAffinityType: preferred
  bootstrap:
    {{- if $restore.backupName }}
    recovery:
      source: backups
      database: {{ $service.short }}
      owner: {{ $service.short }}_owner
      {{- with $restore.time }}
      recoveryTarget:
        targetTime: {{ . | quote }}
      {{- end }}
    {{- else }}
    initdb:
      database: {{ $service.short }}
      owner: {{ $service.short }}_owner
      encoding: UTF8
      localeCollate: C.UTF-8
      localeCType: C.UTF-8
      dataChecksums: true
    {{- end }}
  managed:
    roles:
      {{- if and $service.vault $v.vault.role }}
      - name: {{ $v.vault.role }}
        ensure: present
        login: false
      {{- end }}
      - name: {{ include "mahila-lib.app-role" . }}
        ensure: present
        login: true
        inherit: false
        passwordSecret:
          name: {{ include "mahila-lib.database-secret" . }}
        {{- if and $service.vault $v.vault.role }}
        inRoles: [{{ $v.vault.role }}]
        {{- end }}
  {{- if $cnpg.backup.enabled }}
  plugins:
    - name: barman-cloud.cloudnative-pg.io
      isWALArchiver: true
      parameters:
        barmanObjectName: {{ $cnpg.backup.objectStore }}
        serverName: {{ include "mahila-lib.backup-name" . }}
  {{- end }}
  {{- with $restore.backupName }}
  externalClusters:
    - name: backups
      plugin:
        name: barman-cloud.cloudnative-pg.io
        parameters:
          barmanObjectName: {{ $cnpg.backup.objectStore }}
          serverName: {{ . }}
  {{- end }}
{{- if $cnpg.backup.enabled }}
---
apiVersion: postgresql.cnpg.io/v1
kind: ScheduledBackup
metadata:
  name: {{ $cluster }}
  labels: {{- $labels | nindent 4 }}
spec:
  cluster:
    name: {{ $cluster }}
  schedule: {{ $cnpg.backup.schedule | quote }}
  immediate: true
  backupOwnerReference: cluster
  method: plugin
  pluginConfiguration:
    name: barman-cloud.cloudnative-pg.io
{{- end }}
{{- if $v.global.networkPolicy.enabled }}
---
{{ include "mahila-lib.cnpg-networkpolicy" . }}
{{- end }}
{{- if $v.global.monitoring.serviceMonitor.enabled }}
---
apiVersion: monitoring.coreos.com/v1
kind: PodMonitor
metadata:
  name: {{ $cluster }}
  labels: {{- merge (fromYaml $labels) $v.global.monitoring.serviceMonitor.labels | toYaml | nindent 4 }}
spec:
  selector:
    matchLabels:
      cnpg.io/cluster: {{ $cluster }}
  podMetricsEndpoints:
    - port: metrics
      interval: {{ $v.global.monitoring.serviceMonitor.interval }}
{{- end }}
{{- end }}
{{- end }}
